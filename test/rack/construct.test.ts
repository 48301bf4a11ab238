// Nothing fits: made on the station (decision 3), on the software rack. By the sample that composes and by a real external program; and
// every way in which that can end badly: a named state, nothing half stored, and it works when it is tried again.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConstructionView } from '../../preload/contract/recipe.ts';
import type { ImageView, JobView, MachineView } from '../../preload/contract/views.ts';
import { filesIn, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

const SAMPLE = join(import.meta.dirname, '../../assets/recipes/cloud-seed');

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

const images = (): Promise<readonly ImageView[]> => need(lab.rehearsal.call('images.list', {}));
const constructions = (): Promise<readonly ConstructionView[]> => need(lab.rehearsal.call('constructions.list', {}));
const jobsOf = ({ id }: MachineView): readonly JobView[] => lab.rehearsal.jobs().filter(({ machineId }) => machineId === id);
const asks = (one: LabMachine): Promise<MachineView> => one.is('asking', ({ question }) => question?.kind === 'erase');
const waits = (one: LabMachine, text: string): Promise<MachineView> =>
  one.is(`waiting: ${text}`, ({ state, says }) => state === 'waiting' && says.includes(text));
const noFolders = async (): Promise<void> =>
  expect((await filesIn(lab.folder)).filter((name) => name.includes('rackside-command-'))).toEqual([]);
const policy = (recipe: string) =>
  need(
    lab.rehearsal.call('policies.add', {
      policy: { name: recipe, rank: 10, when: { all: [] }, outcome: { kind: 'build', recipe }, consent: 'ask' },
    }),
  );
const deployed = async (one: LabMachine, view: MachineView): Promise<void> => {
  await need(lab.rehearsal.approve(view));
  expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
};

describe('compose', () => {
  const base = async (role = 'os', value = 'debian-cloud'): Promise<ImageView> => {
    const path = await lab.imageFile();
    return need(lab.rehearsal.call('images.import', { path, name: 'base', labels: { [role]: value }, notes: '' }));
  };
  const recipe = async (change: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const folder = join(lab.folder, 'recipe');
    await rm(folder, { recursive: true, force: true });
    await cp(SAMPLE, folder, { recursive: true });
    const file = JSON.parse(await readFile(join(folder, 'recipe.json'), 'utf8')) as object;
    await writeFile(join(folder, 'recipe.json'), JSON.stringify({ ...file, ...change }));
    await need(lab.rehearsal.call('recipes.add', { path: folder }));
    await policy('cloud-seed');
  };

  test('the first machine gets what was made for it, a like one the same, and one that is not alike its own; all share the base', async () => {
    const { osoid: baseOsoid } = await base();
    await recipe();
    const first = await lab.machine({ kind: 'dell-m640', number: 1 });
    first.powerOn();
    const view = await asks(first);
    expect(view.says).toContain('write "cloud-seed (');
    const [composed] = (await images()).filter(({ recipe: by }) => by !== undefined);
    expect(composed).toMatchObject({
      trust: 'trusted',
      revision: 1,
      labels: { os: 'debian-cloud-ready' },
      recipe: { id: 'cloud-seed', version: '1' },
    });
    expect(Object.keys(composed?.recipe?.matchOn ?? {}).toSorted()).toEqual(['manufacturer', 'model']);
    expect(view.question).toMatchObject({ osoid: composed?.osoid });
    await deployed(first, view);
    expect(jobsOf(view)).toMatchObject([{ kind: 'deploy', state: 'done', osoid: composed?.osoid }]);
    expect(await constructions()).toMatchObject([{ state: 'done', osoid: composed?.osoid, recipeId: 'cloud-seed', kind: 'compose' }]);

    const second = await lab.machine({ kind: 'dell-m640', number: 2 });
    second.powerOn();
    await deployed(second, await asks(second));
    expect(await constructions()).toHaveLength(1);

    const third = await lab.machine({ kind: 'hp-bl460c', number: 3 });
    third.powerOn();
    await asks(third);
    expect(await constructions()).toHaveLength(2);
    const all = await images();
    expect(all).toHaveLength(3);
    const shown = await need(lab.rehearsal.call('images.show', { osoid: composed?.osoid ?? '' }));
    const own = await need(lab.rehearsal.call('images.show', { osoid: baseOsoid }));
    expect(shown.uniqueBytes).toBeLessThan(own.image.storedBytes / 4);

    // Its own disk says so: no third one is made, nothing is asked.
    first.powerOn();
    expect(await first.ended()).toMatchObject({ endedBy: 'local-disk' });
    await lab.heard('machine.already-installed');
  });

  test('without its base the machine waits by name, and goes on by itself once the base is there', async () => {
    await recipe();
    const one = await lab.machine();
    one.powerOn();
    await waits(one, 'The base image of recipe "cloud-seed" (with os=debian-cloud) is not in the library');
    expect(await constructions()).toMatchObject([{ state: 'failed', failure: { code: 'compose.base-missing' } }]);
    await base();
    await deployed(one, await asks(one));
  });

  test('a fact that the recipe needs and nobody knows is asked for, and nothing is made until it is known', async () => {
    await base();
    await recipe({ matchOn: ['manufacturer', 'model', 'input.site'] });
    const one = await lab.machine();
    one.powerOn();
    const view = await one.is('asking for the fact', ({ question }) => question?.kind === 'fact');
    expect(view.question).toMatchObject({ facts: ['input.site'] });
    expect(await constructions()).toEqual([]);
    await need(lab.rehearsal.call('machines.setFact', { machineId: view.id, fact: 'input.site', value: 'Ulm' }));
    await asks(one);
    expect((await images()).some(({ recipe: by }) => by?.matchOn['input.site'] === 'Ulm')).toBe(true);
  });

  test('what cannot be composed holds the machine with the reason, stores nothing, and works when it can be', async () => {
    await base();
    await recipe({ grow: { partition: 1, sizeMiB: 4096 } });
    const one = await lab.machine();
    one.powerOn();
    await waits(one, 'another one lies behind it');
    expect(await images()).toHaveLength(1);
    const [failedOne] = await constructions();
    expect(failedOne).toMatchObject({ state: 'failed', failure: { code: 'compose.cannot-grow' } });
    await recipe({ version: 2 }).catch(() => undefined);
    await deployed(one, await asks(one));
  });
});

describe.skipIf(process.platform === 'win32')('command', () => {
  /** What `more` prints and does comes before the image is put in place. */
  const recipe = async (more = '', change: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const folder = join(lab.folder, 'recipe');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await cp(await lab.imageFile(), join(folder, 'made.raw'));
    await writeFile(
      join(folder, 'build.sh'),
      `set -eu\necho run >> "${join(lab.folder, 'runs')}"\n${more}\nmv made.raw "$RACKSIDE_OUTPUT"\n`,
    );
    const file = {
      kind: 'command',
      id: 'builder',
      version: 1,
      name: 'A builder',
      matchOn: ['firmware.kind'],
      command: ['/bin/sh', 'build.sh', '$(touch never) "quoted"'],
      files: ['build.sh'],
      payloads: ['made.raw'],
      image: { name: 'built', labels: { made: 'here' } },
      ...change,
    };
    await writeFile(join(folder, 'recipe.json'), JSON.stringify(file));
    const added = await need(lab.rehearsal.call('recipes.add', { path: folder }));
    return added.sha256;
  };
  const runs = async (): Promise<number> => (await readFile(join(lab.folder, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1;
  const nothingStored = async (): Promise<void> => {
    expect(await images()).toEqual([]);
    await noFolders();
  };

  test('it runs once for like machines, with the facts in its environment and nothing of ours; its image is imported and deployed', async () => {
    process.env['RACKSIDE_TEST_SECRET'] = 'secret';
    const seen = join(lab.folder, 'seen');
    await recipe(
      `env | sort > "${seen}"; printf '%s\\n' "$1" >> "${seen}"; grep -q '"firmware.kind": "uefi"' "$RACKSIDE_FACTS"; echo working`,
    );
    await policy('builder');
    const [first, second] = [await lab.machine({ firmware: 'uefi' }), await lab.machine({ firmware: 'uefi' })];
    first.powerOn();
    second.powerOn();
    const view = await asks(first);
    const [image] = await images();
    expect(image).toMatchObject({
      name: 'built (uefi)',
      trust: 'trusted',
      labels: { made: 'here' },
      recipe: { id: 'builder', matchOn: { 'firmware.kind': 'uefi' } },
    });
    await deployed(first, view);
    await deployed(second, await asks(second));
    expect(await runs()).toBe(1);
    const environment = await readFile(seen, 'utf8');
    expect(environment).toContain('RACKSIDE_FACT_FIRMWARE_KIND=uefi\n');
    expect(environment).toContain('$(touch never) "quoted"\n');
    expect(environment).not.toContain('RACKSIDE_TEST_SECRET');
    expect(lab.events().some(({ kind, text }) => kind === 'construction.logged' && text.includes('working'))).toBe(true);
    await noFolders();
  });

  test.each([
    ['an exit code', 'echo "no mirror" >&2; exit 7', 'command.failed', 'ended with exit code 7. It said last: no mirror'],
    ['no output', 'rm made.raw; touch made.raw', 'command.no-output', 'left no disk.raw'],
    ['an output that is no disk', 'head -c 1048576 /dev/urandom > made.raw', 'image.no-partition-table', ''],
  ])('%s: a named failure, nothing stored, and it works when it is tried again', async (_name, more, code, words) => {
    const gate = join(lab.folder, 'works-now');
    await recipe(`[ -e "${gate}" ] || { ${more}; }`);
    await policy('builder');
    const one = await lab.machine();
    one.powerOn();
    const held = await waits(one, 'did not make its image');
    const [ended] = await constructions();
    expect(ended).toMatchObject({ state: 'failed', failure: { code } });
    expect(held.says).toContain(words);
    await nothingStored();
    await writeFile(gate, '');
    await need(lab.rehearsal.call('machines.retry', { machineId: held.id }));
    await deployed(one, await asks(one));
    expect(await runs()).toBe(2);
  });

  test('a program that is not there says so', async () => {
    await recipe('', { command: ['no-such-builder', '--all'] });
    await policy('builder');
    const one = await lab.machine();
    one.powerOn();
    await waits(one, 'there is no such program');
    expect(await constructions()).toMatchObject([{ failure: { code: 'command.not-found' } }]);
    await nothingStored();
  });

  test('one that is stopped takes everything along that it started', async () => {
    const alive = join(lab.folder, 'alive');
    await recipe(`(while :; do date +%N >> "${alive}"; sleep 0.1; done) & sleep 600`);
    await policy('builder');
    const one = await lab.machine();
    one.powerOn();
    await waits(one, 'is being made on the station');
    await expect.poll(() => readFile(alive, 'utf8').catch(() => ''), { timeout: 30_000 }).not.toBe('');
    const [running] = await constructions();
    await need(lab.rehearsal.call('constructions.cancel', { id: running?.id ?? '' }));
    await waits(one, 'Making the image was stopped');
    expect(await constructions()).toMatchObject([{ state: 'cancelled', failure: { code: 'construct.cancelled' } }]);
    await nothingStored();
    const last = await readFile(alive, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await readFile(alive, 'utf8')).toBe(last);
  });

  test('a station that is restarted in the middle: a named state, nothing of it, and it works when it is tried again', async () => {
    const gate = join(lab.folder, 'works-now');
    await recipe(`[ -e "${gate}" ] || sleep 600`);
    await policy('builder');
    const one = await lab.machine();
    one.powerOn();
    await waits(one, 'is being made on the station');
    await expect.poll(runs, { timeout: 30_000 }).toBe(1);
    await lab.rehearsal.restart();
    const held = await waits(one, 'The station was stopped while the image was being made');
    expect(await constructions()).toMatchObject([{ state: 'failed', failure: { code: 'construct.interrupted' } }]);
    await nothingStored();
    await writeFile(gate, '');
    const [interrupted] = await constructions();
    await need(lab.rehearsal.call('constructions.retry', { id: interrupted?.id ?? '' }));
    await deployed(one, await asks(one));
    expect(held.state).toBe('waiting');
  });

  test('it is switched on only by somebody who was shown it', async () => {
    const sha256 = await recipe();
    await need(lab.rehearsal.call('recipes.enable', { id: 'builder', enabled: false }));
    const unseen = await lab.rehearsal.call('recipes.enable', { id: 'builder', enabled: true });
    expect(unseen).toMatchObject({
      ok: false,
      failure: { code: 'recipe.not-shown', message: expect.stringContaining('"build.sh"') as string },
    });
    expect(await lab.rehearsal.call('recipes.enable', { id: 'builder', enabled: true, accept: 'f'.repeat(64) })).toMatchObject({
      ok: false,
    });
    expect(await need(lab.rehearsal.call('recipes.enable', { id: 'builder', enabled: true, accept: sha256 }))).toMatchObject({
      enabled: true,
    });
  });
});

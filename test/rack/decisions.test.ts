// What happens at decision (docs/operating.md), one row for each numbered path, over the real wire with the real agent: what the station
// has, what the machine is asked, and how it ends.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outcome } from '../../preload/contract/policy.ts';
import type { ImageSet } from '../../preload/contract/image-set.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { startBuildLab } from './build-lab.ts';
import type { BuildLab } from './build-lab.ts';
import type { LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

const SAMPLE = join(import.meta.dirname, '../../assets/recipes/raw-image');

let lab: BuildLab;
beforeEach(async () => {
  lab = await startBuildLab();
});
afterEach(() => lab.stop());

const policy = (name: string, rank: number, outcome: Outcome, when: object = { all: [] }): Promise<unknown> =>
  need(lab.rehearsal.call('policies.add', { policy: { name, rank, when, outcome, consent: 'ask' } as never }));
/** A recipe of its own name, whose image differs from that of every other by a mark in it, and which counts its runs. */
const recipe = async (id: string, more = ''): Promise<void> => {
  const folder = join(lab.folder, `recipe-${id}`);
  await rm(folder, { recursive: true, force: true });
  await cp(SAMPLE, folder, { recursive: true });
  await writeFile(join(folder, 'disk.raw.gz'), gzipSync(await readFile(await lab.imageFile()), { level: 1 }));
  const file = JSON.parse(await readFile(join(folder, 'recipe.json'), 'utf8')) as object;
  await writeFile(join(folder, 'recipe.json'), JSON.stringify({ ...file, id, name: id, image: { name: id, labels: { member: id } } }));
  const script = await readFile(join(folder, 'install.sh'), 'utf8');
  const mark = `printf '${id}' | dd of="$RACKSIDE_DISK" bs=1 seek=20971520 conv=notrunc 2>/dev/null`;
  await writeFile(join(folder, 'install.sh'), `${script}\n${mark}\necho ${id} >> "${join(lab.folder, 'runs')}"\n${more}\n`);
  await need(lab.rehearsal.call('recipes.add', { path: folder }));
};
/** One whose image is made by a program on the station, which counts its runs too. */
const stationRecipe = async (id: string): Promise<void> => {
  const folder = join(lab.folder, `station-${id}`);
  await mkdir(folder);
  await cp(await lab.imageFile({ seed: 7 }), join(folder, 'made.raw'));
  await writeFile(join(folder, 'build.sh'), `set -eu\necho ${id} >> "${join(lab.folder, 'runs')}"\nmv made.raw "$RACKSIDE_OUTPUT"\n`);
  const file = {
    ...{ kind: 'command', id, version: 1, name: id, matchOn: ['firmware.kind'], files: ['build.sh'], payloads: ['made.raw'] },
    ...{ command: ['/bin/sh', 'build.sh'], image: { name: id, labels: { member: id } } },
  };
  await writeFile(join(folder, 'recipe.json'), JSON.stringify(file));
  await need(lab.rehearsal.call('recipes.add', { path: folder }));
};
const runs = async (): Promise<readonly string[]> =>
  (await readFile(join(lab.folder, 'runs'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const set = (members: ImageSet['members']): Promise<unknown> =>
  need(lab.rehearsal.call('sets.save', { name: 'set.json', text: JSON.stringify({ name: 'lab', members }) }));

type Asked = 'nothing' | 'deploy' | 'build' | 'choose' | 'fact';
type Row = {
  readonly decision: string;
  /** What the station has before the machine comes. */
  readonly given: () => Promise<unknown>;
  readonly asked: Asked;
  /** Its state once it was asked and, where it asked to erase, was told yes; or where it holds. */
  readonly ends: MachineView['state'];
  readonly after?: (machine: LabMachine) => Promise<unknown>;
};

const deployed = async (): Promise<void> => {
  await lab.image();
  await policy('newest', 10, { kind: 'deploy-newest', labels: { role: 'test' } });
};

const ROWS: readonly Row[] = [
  {
    decision: '1 already installed: it boots its own disk, nothing is asked and nothing downloaded',
    given: async () => {
      await deployed();
      const machine = await lab.machine({ number: 1 });
      machine.powerOn();
      await lab.approve(await machine.asks());
      await machine.ended();
    },
    asked: 'nothing',
    ends: 'provisioned',
    after: async () => {
      await lab.heard('machine.already-installed');
      expect(lab.rehearsal.jobs()).toHaveLength(1);
    },
  },
  { decision: '2 found: the image is deployed', given: deployed, asked: 'deploy', ends: 'provisioned' },
  {
    decision: '3 not found, recipe on the station: the image is made there, kept, and deployed',
    given: async () => {
      await stationRecipe('made');
      await policy('made', 10, { kind: 'build', recipe: 'made' });
    },
    asked: 'deploy',
    ends: 'provisioned',
    after: async () => {
      expect(await runs()).toEqual(['made']);
      expect((await lab.images()).map(({ labels }) => labels)).toEqual([{ member: 'made' }]);
    },
  },
  {
    decision: '4 not found, recipe on the target: it is built there, kept, and booted',
    given: async () => {
      await recipe('web');
      await policy('build', 10, { kind: 'build', recipe: 'web' });
    },
    asked: 'build',
    ends: 'provisioned',
    after: async () => expect((await lab.images()).map(({ labels }) => labels)).toEqual([{ member: 'web' }]),
  },
  {
    decision: '5 image set: every member that is missing is built and kept, and it ends on the one that is named',
    given: async () => {
      await lab.image({ role: 'rescue' });
      for (const id of ['web', 'mail']) await recipe(id);
      await set([
        { name: 'rescue', labels: { role: 'rescue' } },
        { name: 'web', recipe: 'web' },
        { name: 'mail', recipe: 'mail' },
      ]);
      await policy('lab', 10, { kind: 'set', set: 'lab', member: 'web' });
    },
    asked: 'build',
    ends: 'provisioned',
    after: async (machine) => {
      expect(await runs()).toEqual(['web', 'mail']);
      const images = await lab.images();
      expect(images.map(({ name }) => name.split(' ')[0]).toSorted()).toEqual(['mail', 'rescue', 'web']);
      expect(machine.view().osoid).toBe(images.find(({ labels }) => labels['member'] === 'web')?.osoid);
      const [run] = await need(lab.rehearsal.call('sets.runs', { machineId: null }));
      expect(run).toMatchObject({ state: 'done', set: 'lab', final: 'web' });
      expect(run?.members.map(({ name, state }) => `${name} ${state}`)).toEqual(['rescue there', 'web built', 'mail built']);
      // One yes, three times the disk: each has its own consent and job.
      expect(lab.rehearsal.jobs().map(({ kind, state }) => `${kind} ${state}`)).toEqual(['build done', 'build done', 'deploy done']);
    },
  },
  {
    decision: '5 image set: a member that is made on the station, then one that is built on the machine',
    given: async () => {
      await stationRecipe('made');
      await recipe('web');
      await set([
        { name: 'made', recipe: 'made' },
        { name: 'web', recipe: 'web' },
      ]);
      await policy('lab', 10, { kind: 'set', set: 'lab' });
    },
    asked: 'build',
    ends: 'provisioned',
    after: async () => {
      expect(await runs()).toEqual(['made', 'web']);
      const [run] = await need(lab.rehearsal.call('sets.runs', { machineId: null }));
      expect(run?.members.map(({ name, state }) => `${name} ${state}`)).toEqual(['made there', 'web built']);
    },
  },
  {
    decision: '6 ambiguous: two outcomes of equal rank hold it, with the trace on its screen',
    given: async () => {
      await lab.image();
      await policy('one', 10, { kind: 'deploy-newest', labels: { role: 'test' } });
      await policy('two', 10, { kind: 'boot-local' });
    },
    asked: 'choose',
    ends: 'ambiguous',
    after: (machine) => shows(machine, /Policies one and two have the same rank[^]*one \(rank 10\) holds, and so does another/),
  },
  {
    decision: '6 unknown: a fact that would decide is asked for',
    given: async () => {
      await lab.image();
      await policy('by-role', 10, { kind: 'deploy-newest', labels: { role: 'test' } }, { fact: 'role', equal: 'web' });
    },
    asked: 'fact',
    ends: 'ambiguous',
    after: (machine) => shows(machine, /waiting for: Role[^]*by-role \(rank 10\) cannot be judged: role is not known/),
  },
  {
    decision: '6 nothing fits: it is held, and asks to be chosen for',
    given: () => policy('others', 10, { kind: 'boot-local' }, { fact: 'manufacturer', equal: 'Nobody' }),
    asked: 'choose',
    ends: 'unmatched',
    after: (machine) => shows(machine, /No policy fits this machine[^]*others \(rank 10\) does not hold: not manufacturer/),
  },
];

/** The screen hears a moment later than the station's windows do. */
const shows = async (machine: LabMachine, what: RegExp): Promise<void> => {
  const text = (): string => machine.console.join('\n');
  for (let round = 0; round < 300 && !what.test(text()); round += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text()).toMatch(what);
};
const asks: Readonly<Record<Exclude<Asked, 'nothing'>, (view: MachineView) => boolean>> = {
  deploy: ({ question }) => question?.kind === 'erase' && question.recipe === undefined,
  build: ({ question }) => question?.kind === 'erase' && question.recipe !== undefined,
  choose: ({ question }) => question?.kind === 'choose',
  fact: ({ question }) => question?.kind === 'fact',
};

test.skipIf(process.platform === 'win32').for(ROWS)('$decision', { timeout: 180_000 }, async ({ given, asked, ends, after }) => {
  await given();
  const machine = await lab.machine({ number: 1, firmware: 'uefi' });
  machine.powerOn();
  if (asked !== 'nothing') {
    const view = await machine.is(`asking (${asked})`, asks[asked]);
    if (asked === 'deploy' || asked === 'build') await lab.approve(view);
  }
  if (ends === 'provisioned') expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  expect((await machine.reaches(ends)).state).toBe(ends);
  await after?.(machine);
});

test.skipIf(process.platform === 'win32')(
  'a set that the power cut between its members goes on at the next one, and asks again',
  { timeout: 180_000 },
  async () => {
    for (const id of ['web', 'mail'])
      await recipe(id, id === 'mail' ? `while [ ! -e "${join(lab.folder, 'go')}" ]; do sleep 0.1; done` : '');
    await set([
      { name: 'web', recipe: 'web' },
      { name: 'mail', recipe: 'mail' },
    ]);
    await policy('lab', 10, { kind: 'set', set: 'lab' });
    const machine = await lab.machine({ number: 1, firmware: 'uefi' });
    machine.powerOn();
    const first = await machine.is('asking for the set', asks.build);
    expect(first.question).toMatchObject({ set: { member: 'web', number: 1, of: 2, covers: ['build member "mail" by recipe "mail"'] } });
    await lab.approve(first);
    await lab.heard('set.member-built', /Member 1 of 2/);
    await lab.heard('consent.given', /build "mail/);
    await machine.powerOff();
    await lab.rehearsal.restart();
    machine.powerOn();
    const again = await machine.is(
      'asking for the second member',
      ({ question }) => question?.kind === 'erase' && question.set?.member === 'mail',
    );
    const [run] = await need(lab.rehearsal.call('sets.runs', { machineId: again.id }));
    expect(run).toMatchObject({ failure: { code: 'build.interrupted' }, place: { member: 'mail', number: 2, of: 2 } });
    expect(run?.members.map(({ state }) => state)).toEqual(['built', 'failed']);
    await writeFile(join(lab.folder, 'go'), '');
    await lab.approve(again);
    expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect((await runs()).filter((id) => id === 'web')).toHaveLength(1);
  },
);

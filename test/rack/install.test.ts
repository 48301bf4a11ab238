// Nothing fits: by a vendor's own installer, on the software rack. A stand-in installer that fetches its answers and writes a disk takes the
// vendor's place; firmware, loaders, agent and station are the real ones. And every way in which that can end badly.
import { copyFile, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageView, JobView, MachineView } from '../../preload/contract/views.ts';
import { filesIn, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

const images = (): Promise<readonly ImageView[]> => need(lab.rehearsal.call('images.list', {}));
const jobsOf = ({ id }: MachineView): readonly JobView[] => lab.rehearsal.jobs().filter(({ machineId }) => machineId === id);
const asks = (one: LabMachine, recipe: string | undefined = 'vendor'): Promise<MachineView> =>
  one.is('asking', ({ question }) => question?.kind === 'erase' && question.recipe?.id === recipe);
const nothingStored = async (): Promise<void> => {
  expect(await images()).toEqual([]);
  expect((await filesIn(join(lab.folder, 'library'))).filter((name) => name.startsWith('images/'))).toEqual([]);
};

const recipe = async (change: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  const folder = join(lab.folder, 'recipe');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const name of ['linux', 'initrd.gz', 'shim.signed', 'grub.signed']) await writeFile(join(folder, name), `the vendor's ${name}`);
  await writeFile(join(folder, 'answers.txt'), 'disk={{station:disk}}\nmodel={{json:model}}\nfinished={{station:finished}}\n');
  const file = {
    kind: 'installer',
    id: 'vendor',
    version: 1,
    name: "A vendor's installer",
    matchOn: ['firmware.kind'],
    kernel: 'linux',
    initrd: 'initrd.gz',
    payloads: ['linux', 'initrd.gz', 'shim.signed', 'grub.signed'],
    answers: ['answers.txt'],
    commandLine: 'quiet answers={{station:answers}}/answers.txt',
    timeLimitMinutes: 60,
    image: { name: 'installed', labels: { by: 'vendor' } },
    ...change,
  };
  await writeFile(join(folder, 'recipe.json'), JSON.stringify(file));
  await need(lab.rehearsal.call('recipes.add', { path: folder }));
  await need(
    lab.rehearsal.call('policies.add', {
      policy: { name: 'install', rank: 10, when: { all: [] }, outcome: { kind: 'build', recipe: 'vendor' }, consent: 'ask' },
    }),
  );
};

type Did = { readonly by: string; readonly commandLine: string; readonly answers: string };
/** A connection of its own each time, as wget has. */
const get = (url: string): Promise<Response> => fetch(url, { headers: { connection: 'close' } });
/** Writes the demo image onto the machine's disk, says that it is done, and restarts. */
const machine = async (
  wish: { readonly firmware?: 'bios' | 'uefi'; readonly writes?: boolean; readonly tells?: boolean; readonly gate?: Promise<void> } = {},
): Promise<{ readonly one: LabMachine; readonly did: Did[] }> => {
  const did: Did[] = [];
  const image = await lab.imageFile();
  const one: LabMachine = await lab.machine({
    firmware: wish.firmware ?? 'uefi',
    runInstaller: async ({ commandLine, by }) => {
      const url = /answers=(\S+)/.exec(commandLine)?.[1] ?? '';
      const answers = await (await get(url)).text();
      // Some installers read them again.
      await (await get(url)).text();
      did.push({ by, commandLine, answers });
      await wish.gate;
      if (wish.writes !== false) {
        const bytes = await readFile(image);
        await using file = await open(one.disks[0]?.path ?? '', 'r+');
        await file.write(bytes, 0, bytes.length, 0);
      }
      const finished = /finished=(\S+)/.exec(answers)?.[1];
      if (finished !== undefined && wish.tells !== false) await get(finished);
    },
  });
  return { one, did };
};

describe('an installer', () => {
  test.each([
    ['uefi', {}, 'grub'],
    ['uefi', { shim: 'shim.signed', grub: 'grub.signed' }, 'shim'],
    ['bios', {}, 'ipxe'],
  ] as const)('%s %j: installs, comes back, is captured with facts and key, and boots what it built', async (firmware, change, by) => {
    await recipe(change);
    const { one, did } = await machine({ firmware });
    // What the disk held before, with a record of its own, must not count afterwards.
    one.powerOn();
    const asked = await asks(one);
    expect(asked.says).toContain(`build "installed (${firmware})" by recipe "vendor" version 1`);
    expect(asked.says).toContain('every disk of the machine is open');
    expect(did).toEqual([]);
    await need(lab.rehearsal.approve(asked));
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(did).toMatchObject([{ by }]);
    expect(did[0]?.answers).toContain(`disk=${one.disks[0]?.attributes.path ?? '?'}\n`);
    expect(did[0]?.answers).toMatch(/^model="[^"]+"$/m);
    expect(jobsOf(asked)).toMatchObject([{ kind: 'build', state: 'done', failure: null }]);
    expect(jobsOf(asked)[0]?.steps.map(({ step }) => step)).toEqual([
      'check',
      'void-record',
      'install',
      'check',
      'survey',
      'read-send',
      'publish',
      'boot-entry',
      'record',
    ]);
    await lab.heard('installer.read-answers', /has read answers\.txt/);
    const events = await need(lab.rehearsal.call('events.list', { afterId: 0, limit: 1000, machineId: null }));
    expect(events.filter(({ kind }) => kind === 'installer.read-answers')).toHaveLength(1);
    const [image] = await images();
    expect(image).toMatchObject({ trust: 'trusted', recipe: { id: 'vendor', version: '1', matchOn: { 'firmware.kind': firmware } } });

    // Its own disk says so at the next network boot.
    one.powerOn();
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    await lab.heard('machine.already-installed');
    expect(did).toHaveLength(1);
  });

  test('a like machine is deployed what was built, without the installer', async () => {
    await recipe();
    const first = await machine();
    first.one.powerOn();
    await need(lab.rehearsal.approve(await asks(first.one)));
    await first.one.ended();
    const second = await machine();
    second.one.powerOn();
    await need(
      lab.rehearsal.approve(
        await second.one.is('asking to deploy', ({ question }) => question?.kind === 'erase' && question.recipe === undefined),
      ),
    );
    expect(await second.one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(second.did).toEqual([]);
  });

  test('one that wrote nothing, and one that never said that it was done, are failures by name; the machine asks again', async () => {
    await recipe();
    const nothing = await machine({ writes: false });
    nothing.one.powerOn();
    const first = await asks(nothing.one);
    await need(lab.rehearsal.approve(first));
    await lab.heard('job.failed', /installer\.nothing-installed/);
    await asks(nothing.one);
    await nothing.one.powerOff();
    expect(jobsOf(first)).toMatchObject([{ state: 'failed', failure: { code: 'installer.nothing-installed' } }]);

    const silent = await machine({ tells: false });
    silent.one.powerOn();
    await need(lab.rehearsal.approve(await asks(silent.one)));
    await lab.heard('job.failed', /installer\.not-finished/);
    const again = await asks(silent.one);
    expect(again.state).toBe('waiting');
    await silent.one.powerOff();
    await nothingStored();
  });

  test('a fact that its answers need is asked for before anything is erased', async () => {
    await recipe({ commandLine: 'answers={{station:answers}}/answers.txt site={{fact:input.site}}' });
    const { one, did } = await machine();
    one.powerOn();
    const view = await one.is('asking for the fact', ({ question }) => question?.kind === 'fact');
    await need(lab.rehearsal.call('machines.setFact', { machineId: view.id, fact: 'input.site', value: 'ulm' }));
    await need(lab.rehearsal.approve(await asks(one)));
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(did).toHaveLength(1);
  });

  test('the station is restarted while the installer is at work: it goes on where it was', async () => {
    await recipe();
    let open_ = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open_ = resolve));
    const { one, did } = await machine({ gate });
    one.powerOn();
    const view = await asks(one);
    await need(lab.rehearsal.approve(view));
    await expect.poll(() => did.length, { timeout: 50_000 }).toBe(1);
    await lab.rehearsal.restart();
    open_();
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(did).toHaveLength(1);
    expect(jobsOf(view)).toMatchObject([{ state: 'done', failure: null }]);
  }, 150_000);

  test('its token opens nothing once the job is over, and no other name ever', async () => {
    await recipe();
    const { one, did } = await machine();
    one.powerOn();
    await need(lab.rehearsal.approve(await asks(one)));
    await one.ended();
    const url = /answers=(\S+)\/answers.txt/.exec(did[0]?.commandLine ?? '')?.[1] ?? '';
    expect((await fetch(`${url}/answers.txt`)).status).toBe(404);
    expect((await fetch(`${url}/linux`)).status).toBe(404);
    expect((await fetch(`${url}/..%2f..%2fstation.db`)).status).toBe(404);
  });
});

test('the sample is a recipe once its two files are there', async () => {
  const sample = join(import.meta.dirname, '../../assets/recipes/debian-installer');
  const folder = join(lab.folder, 'sample');
  // Debian only recommends its signed GRUB: without recommendations nothing is installed that Secure Boot starts.
  expect(await readFile(join(sample, 'preseed.cfg'), 'utf8')).not.toMatch(/install-recommends boolean false/);
  await mkdir(folder);
  for (const name of ['recipe.json', 'preseed.cfg']) await copyFile(join(sample, name), join(folder, name));
  expect(await lab.rehearsal.call('recipes.add', { path: folder })).toMatchObject({ ok: false, failure: { code: 'recipe.unreadable' } });
  for (const name of ['linux', 'initrd.gz']) await writeFile(join(folder, name), name);
  expect(await need(lab.rehearsal.call('recipes.add', { path: folder }))).toMatchObject({ recipe: { kind: 'installer' } });
});

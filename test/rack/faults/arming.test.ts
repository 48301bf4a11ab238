// An armed site with real agents: what it writes without a question, what asks all the same, and what is left of it after a restart.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ArmWish } from '../../../preload/contract/arming.ts';
import type { MachineView, StationView } from '../../../preload/contract/views.ts';
import { need } from '../rehearsal.ts';
import { hashOf, MIB, startLab } from './lab.ts';
import type { Lab, LabMachine } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
  await lab.image({ contentBytes: 2 * MIB });
});
afterEach(() => lab.rehearsal.call('arming.disarm', {}));
afterAll(() => lab.stop());

const addPolicy = (change: object = {}) =>
  need(
    lab.rehearsal.call('policies.add', {
      policy: {
        name: 'everything',
        rank: 10,
        when: { all: [] },
        outcome: { kind: 'deploy-newest', labels: { role: 'test' } },
        consent: 'auto',
        ...change,
      } as never,
    }),
  );
const arm = async (change: Partial<ArmWish> = {}) => {
  const { hash: previewHash } = await need(lab.rehearsal.call('arming.preview', {}));
  return lab.rehearsal.call('arming.arm', { machines: 3, minutes: 30, replaceExisting: false, previewHash, ...change });
};
const armed = async (): Promise<StationView['armed']> => (await need(lab.rehearsal.call('station.get', {}))).armed;
const rack = async (count: number): Promise<readonly LabMachine[]> => {
  const machines: LabMachine[] = [];
  for (let number = 0; number < count; number += 1) machines.push(await lab.machine());
  return machines;
};
const consentsOf = (machine: MachineView): readonly string[] =>
  lab
    .events()
    .filter(({ kind, machineId }) => kind === 'consent.given' && machineId === machine.id)
    .map(({ text }) => text);

test('armed for three, and five like machines: three are provisioned without a question, two ask', async () => {
  await addPolicy();
  await need(arm({ machines: 3 }));
  const machines = await rack(5);
  for (const machine of machines) machine.powerOn();
  const isDone = ({ state }: MachineView): boolean => state === 'provisioned';
  const asks = ({ question }: MachineView): boolean => question?.kind === 'erase';
  await lab.rehearsal.until(
    (views) => views.filter(isDone).length === 3 && views.filter(asks).length === 2,
    'three done and two asking',
    50_000,
  );
  const views = machines.map((machine) => machine.view());
  for (const view of views)
    expect(consentsOf(view)).toEqual(isDone(view) ? [expect.stringContaining('the arming of Rehearsal by rehearsal')] : []);
  expect(await armed()).toBeNull();
  await lab.heard('site.disarmed', /used up\. Machines used: 3 of 3/);

  // The two that ask are armed for by name: nobody has to touch them.
  await need(arm({ machines: 2 }));
  await lab.rehearsal.until((all) => all.filter(isDone).length === 5, 'all done', 50_000);
  for (const machine of machines) expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });

  // Another image now: their disks carry a record of the old one, and ask.
  await lab.image({ contentBytes: 2 * MIB, seed: 9 });
  await need(arm());
  const [first] = machines;
  if (first === undefined) throw new Error('a machine');
  const before = await hashOf(first.disks[0]?.path ?? '');
  first.powerOn();
  const asked = await first.asks();
  expect(asked.question).toMatchObject({ disk: { provenance: { verdict: 'trusted' } } });
  const preview = await need(lab.rehearsal.call('arming.preview', {}));
  expect(preview.machines.find(({ machineId }) => machineId === asked.id)).toMatchObject({ fate: 'ask' });
  expect(await hashOf(first.disks[0]?.path ?? '')).toBe(before);

  // Listed, and the policy replaces: now it may, and nobody else.
  await need(lab.rehearsal.call('arming.disarm', {}));
  await addPolicy({ replaceExisting: true });
  await need(arm({ machines: 1, replaceExisting: true }));
  await first.reaches('provisioned');
  await first.powerOff();
});

test('a restart of the station disarms, and says so', async () => {
  await need(arm());
  expect(await armed()).toMatchObject({ machines: 3, used: 0 });
  await lab.rehearsal.restart();
  expect(await armed()).toBeNull();
  // It was told while nobody was linked to hear it.
  const events = await need(lab.rehearsal.call('events.list', { afterId: 0, limit: 1000, machineId: null }));
  expect(events.findLast(({ kind }) => kind === 'site.disarmed')?.text).toMatch(/the station stops\. Machines used: 0 of 3/);
  const machine = await lab.machine();
  machine.powerOn();
  expect((await machine.asks()).question).toMatchObject({ disk: { content: { blank: true } } });
  await machine.powerOff();
});

test('a policy edited while armed writes nothing that was not shown, and a stale preview arms nothing', async () => {
  await addPolicy({ when: { fact: 'model', equal: 'nothing of this name' } });
  const { hash: previewHash } = await need(lab.rehearsal.call('arming.preview', {}));
  await need(arm());
  await addPolicy();
  const machine = await lab.machine();
  machine.powerOn();
  await machine.asks();
  await lab.heard('consent.asked', /policies were changed after arming/);
  await need(lab.rehearsal.call('arming.disarm', {}));
  expect(await lab.rehearsal.call('arming.arm', { machines: 1, minutes: 1, replaceExisting: false, previewHash })).toMatchObject({
    ok: false,
    failure: { code: 'arming.preview-changed' },
  });
  await machine.powerOff();
});

test('another site is not armed', async () => {
  await need(arm());
  await need(lab.rehearsal.call('station.describe', { siteName: 'Another' }));
  expect(await armed()).toBeNull();
  await lab.heard('site.disarmed', /the site is another/);
});

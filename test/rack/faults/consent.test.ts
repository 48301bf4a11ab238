// A consent is for one disk with one content in one boot of one machine. Whatever changes in between voids it before a byte is
// written, and the question is asked anew.
import { copyFile, open } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MachineView } from '../../../preload/contract/views.ts';
import { compareDisk } from '../compare-disk.ts';
import { need } from '../rehearsal.ts';
import { hashOf, MIB, newestPack, startLab } from './lab.ts';
import type { Lab, LabMachine } from './lab.ts';

let lab: Lab;
let imagePath: string;
beforeAll(async () => {
  lab = await startLab();
  imagePath = (await lab.image({ contentBytes: 2 * MIB })).path;
  await lab.policy();
});
afterAll(() => lab.stop());

const diskOf = (machine: LabMachine): string => machine.disks[0]?.path ?? '';
const hashAsked = (machine: MachineView): string => (machine.question?.kind === 'erase' ? machine.question.consentHash : '');
const asksAnew = (machine: LabMachine, before: MachineView): Promise<MachineView> =>
  machine.is('asking anew', (view) => view.question?.kind === 'erase' && hashAsked(view) !== hashAsked(before));
const approve = (machine: MachineView, change: { eraseSerial?: string; consentHash?: string } = {}) => {
  const eraseSerial = machine.question?.kind === 'erase' ? (machine.question.disk.serial ?? '') : '';
  return lab.rehearsal.call('machines.approve', { machineId: machine.id, eraseSerial, consentHash: hashAsked(machine), ...change });
};
const jobsOf = (machine: MachineView) => lab.rehearsal.jobs().filter(({ machineId }) => machineId === machine.id);

test('a wrong serial, a stale question and a machine that asks nothing', async () => {
  const machine = await lab.machine();
  machine.powerOn();
  const asked = await machine.asks();
  const before = await hashOf(diskOf(machine));
  for (const eraseSerial of ['DISK-2', '', 'yes', `size:${48 * MIB}`])
    expect(await approve(asked, { eraseSerial })).toMatchObject({ ok: false, failure: { code: 'consent.wrong-disk' } });
  expect(await approve(asked, { consentHash: 'ab'.repeat(32) })).toMatchObject({ ok: false, failure: { code: 'consent.changed' } });
  expect(await lab.rehearsal.call('machines.approve', { machineId: 'nobody', eraseSerial: 'x', consentHash: 'x' })).toMatchObject({
    ok: false,
    failure: { code: 'machine.unknown' },
  });

  await machine.powerOff();
  machine.powerOn();
  const anew = await asksAnew(machine, asked);
  expect(await approve(anew, { consentHash: hashAsked(asked) })).toMatchObject({ ok: false, failure: { code: 'consent.changed' } });
  expect(jobsOf(anew)).toEqual([]);
  expect(await hashOf(diskOf(machine))).toBe(before);

  // Spoken as a person types it, the same answer counts.
  expect(await approve(anew, { eraseSerial: ' disk-1 ' })).toMatchObject({ ok: true });
  await machine.reaches('provisioned');
  expect(await approve(anew)).toMatchObject({ ok: false, failure: { code: 'consent.not-asked' } });
});

test('a disk that was repartitioned after the consent: nothing is written, the new content is asked about', async () => {
  const machine = await lab.machine();
  machine.powerOn();
  const asked = await machine.asks();
  // Somebody's data, put there while the question was on the screen.
  await copyFile(imagePath, diskOf(machine));
  const file = await open(diskOf(machine), 'r+');
  await file.truncate(48 * MIB);
  await file.close();
  const theirs = await hashOf(diskOf(machine));

  expect(await approve(asked)).toMatchObject({ ok: true });
  const anew = await asksAnew(machine, asked);
  expect(jobsOf(anew)).toMatchObject([{ state: 'failed', failure: { code: 'disk.content-changed' }, result: null }]);
  expect(await hashOf(diskOf(machine))).toBe(theirs);
  expect(anew.question).toMatchObject({ disk: { content: { blank: false, table: 'gpt' } } });
  await need(approve(anew));
  await machine.reaches('provisioned');
});

test('a disk that was swapped for another after the consent: nothing is written to it', async () => {
  const machine = await lab.machine();
  machine.powerOn();
  const asked = await machine.asks();
  const [disk] = machine.disks;
  if (disk === undefined) throw new Error('a disk');
  const before = await hashOf(disk.path);
  // The very same name and size, and as blank as the other.
  machine.disks[0] = { path: disk.path, attributes: { ...disk.attributes, serial: 'STRANGER' } };
  expect(await approve(asked)).toMatchObject({ ok: true });
  const anew = await asksAnew(machine, asked);
  expect(jobsOf(anew)).toMatchObject([{ state: 'failed', failure: { code: 'disk.replaced' } }]);
  expect(anew.question).toMatchObject({ disk: { serial: 'STRANGER' } });
  expect(await hashOf(disk.path)).toBe(before);
});

test('a chunk that rots in the library while a disk is written: named, held after two attempts, and healed by a good copy', async () => {
  const { path, osoid } = await lab.image({ contentBytes: 2 * MIB, seed: 7 });
  const machine = await lab.machine();
  machine.powerOn();
  const asked = await machine.is('asking', ({ osoid: wanted, question }) => wanted === osoid && question?.kind === 'erase');
  const pack = await newestPack(lab);
  const good = await flip(pack);
  await need(approve(asked));
  const held = await machine.reaches('failed');
  expect(held.failure).toMatchObject({
    code: 'library.pack-corrupt',
    message: expect.stringMatching(/Pack [0-9a-f]{16} .*chunk [0-9a-f]{16}/),
  });
  expect(held.says).toMatch(/two failed attempts/);
  const [job] = jobsOf(held);
  expect(job).toMatchObject({ state: 'failed', attempt: 2, result: null });
  expect(job?.steps.map(({ step }) => step)).not.toContain('record');

  // Held: the next boot does not try a third time by itself.
  await machine.powerOff();
  machine.powerOn();
  const again = await machine.is(
    'held at its next boot',
    (view) => view.online && view.state === 'failed' && view.question?.kind === 'choose',
  );
  expect(again.says).toMatch(/Two attempts failed/);
  expect(jobsOf(again)).toHaveLength(1);

  await good();
  await need(lab.rehearsal.call('machines.retry', { machineId: held.id }));
  await need(approve(await machine.asks()));
  await machine.reaches('provisioned');
  expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
  const result = jobsOf(held).find(({ state }) => state === 'done')?.result;
  expect(await compareDisk(path, diskOf(machine), result?.rewrittenRanges ?? [])).toMatchObject({ verified: true });
});

test('a machine that is off cannot be approved, whatever it asked before', async () => {
  const machine = await lab.machine();
  machine.powerOn();
  const asked = await machine.asks();
  await machine.powerOff();
  // The station forgets who was there; what was asked it remembers.
  await lab.rehearsal.restart();
  await machine.is('offline', ({ online }) => !online);
  expect(await approve(asked)).toMatchObject({ ok: false, failure: { code: 'consent.offline' } });
  expect(jobsOf(asked)).toEqual([]);
});

/** Flips a byte of a chunk in the middle; gives what undoes it. */
const flip = async (path: string): Promise<() => Promise<void>> => {
  const change = async (): Promise<void> => {
    const file = await open(path, 'r+');
    const at = Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await file.write(byte, 0, 1, at);
    await file.close();
  };
  await change();
  return change;
};

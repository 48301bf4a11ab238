// Deploys that are cut in the middle, by the station or by the machine: they go on where they were, under the consent that was
// given, and fetch nothing twice.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobResult } from '../../../agent/protocol/messages.ts';
import type { ImageView } from '../../../preload/contract/views.ts';
import { compareDisk } from '../compare-disk.ts';
import { need } from '../rehearsal.ts';
import { createGate, MIB, startLab } from './lab.ts';
import type { Lab, LabMachine } from './lab.ts';

const CONTENT_BYTES = 16 * MIB;

let lab: Lab;
let image: ImageView & { readonly path: string };
beforeEach(async () => {
  lab = await startLab();
  image = await lab.image({ contentBytes: CONTENT_BYTES });
  await lab.policy();
});
afterEach(() => lab.stop());

/** Written, verified by our own comparison, under one consent and one job. */
const expectDone = async (machine: LabMachine): Promise<JobResult> => {
  await machine.reaches('provisioned');
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  const [job, ...more] = lab.rehearsal.jobs();
  expect(more).toEqual([]);
  expect(job).toMatchObject({ state: 'done', attempt: 1 });
  const result = job?.result;
  if (result == null) throw new Error('no result');
  expect(await compareDisk(image.path, machine.disks[0]?.path ?? '', result.rewrittenRanges)).toMatchObject({ verified: true });
  expect(lab.events().filter(({ kind }) => kind === 'consent.given')).toHaveLength(1);
  return result;
};

/** The second attempt fetched and wrote what the first had not: every byte once, with a chunk or two of slack at the cut. */
const expectResumed = ({ bytesFetched, bytesWritten }: JobResult, writtenBefore: number): void => {
  expect(writtenBefore).toBeGreaterThan(4 * MIB);
  expect(writtenBefore).toBeLessThan(image.dataBytes - 2 * MIB);
  expect(writtenBefore + bytesWritten).toBeLessThan(image.dataBytes + MIB);
  expect(bytesFetched).toBeLessThan((image.storedBytes * bytesWritten * 1.25) / image.dataBytes);
};

/** @returns the bytes that were written until then. */
const losePower = async (machine: LabMachine, gate: ReturnType<typeof createGate>): Promise<number> => {
  const off = machine.powerOff();
  gate.cut();
  await off;
  gate.open();
  return gate.writtenBytes();
};

test('the station is restarted while a disk is written: the agent waits, and the job ends as if nothing had been', async () => {
  const gate = createGate(4 * MIB);
  const machine = await lab.machine({ disks: [{ serial: 'CUT', sizeBytes: 64 * MIB }], wrapDevice: gate.wrapDevice });
  machine.powerOn();
  await need(lab.rehearsal.approve(await machine.asks()));
  await gate.reached;
  await lab.rehearsal.restart();
  expect(lab.rehearsal.headless().station.snapshot().jobs).toMatchObject([{ state: 'running' }]);
  gate.open();
  const { bytesFetched } = await expectDone(machine);
  // What was on its way when the station went came again; nothing else did.
  expect(bytesFetched).toBeLessThan(image.storedBytes * 1.02);
});

test('the machine loses its power while its disk is written: it goes on with the same job, without asking again', async () => {
  const gate = createGate(6 * MIB);
  const machine = await lab.machine({ disks: [{ serial: 'CUT', sizeBytes: 64 * MIB }], wrapDevice: gate.wrapDevice });
  machine.powerOn();
  await need(lab.rehearsal.approve(await machine.asks()));
  await gate.reached;
  const writtenBefore = await losePower(machine, gate);
  machine.powerOn();
  expectResumed(await expectDone(machine), writtenBefore);
  expect(lab.events().filter(({ kind }) => kind === 'consent.asked')).toHaveLength(1);
  const [job] = lab.rehearsal.jobs();
  expect(job?.steps.filter(({ step }) => step === 'check').map(({ note }) => note)).toEqual([
    expect.any(String),
    expect.stringContaining('continues an earlier attempt'),
  ]);
});

test('both at once: the machine comes back to a station that was restarted meanwhile', async () => {
  const gate = createGate(6 * MIB);
  const machine = await lab.machine({ disks: [{ serial: 'CUT', sizeBytes: 64 * MIB }], wrapDevice: gate.wrapDevice });
  machine.powerOn();
  await need(lab.rehearsal.approve(await machine.asks()));
  await gate.reached;
  const writtenBefore = await losePower(machine, gate);
  await lab.rehearsal.restart();
  machine.powerOn();
  expectResumed(await expectDone(machine), writtenBefore);
});

test('a machine that lost its power with another disk in its place is asked about that one', async () => {
  const gate = createGate(6 * MIB);
  const machine = await lab.machine({ disks: [{ serial: 'CUT', sizeBytes: 64 * MIB }], wrapDevice: gate.wrapDevice });
  machine.powerOn();
  const asked = await machine.asks();
  await need(lab.rehearsal.approve(asked));
  await gate.reached;
  await losePower(machine, gate);
  const [disk] = machine.disks;
  if (disk === undefined) throw new Error('a disk');
  machine.disks[0] = { ...disk, attributes: { ...disk.attributes, serial: 'SPARE' } };
  machine.powerOn();
  const view = await machine.reaches('failed');
  expect(view.failure?.code).toBe('disk.pinned-absent');
  await need(lab.rehearsal.call('machines.retry', { machineId: view.id }));
  expect((await machine.asks()).question).toMatchObject({ disk: { serial: 'SPARE' } });
});

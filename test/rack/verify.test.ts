// The deep check on the software rack: a machine as it was deployed, one that drifted and is brought back, one whose image is nowhere, and
// checks that are cut in the middle.
import { open } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import type { JobView } from '../../preload/contract/views.ts';
import { hashOf, MIB, PATIENCE_MS, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { createReadGate } from './faults/read-gate.ts';
import { need } from './rehearsal.ts';

const CHUNK = 256 * 1024;

let lab: Lab;
let osoid = '';
beforeEach(async () => {
  lab = await startLab();
  ({ osoid } = await lab.image({ contentBytes: 8 * MIB }));
});
afterEach(() => lab.stop());

const diskOf = (machine: LabMachine): string => machine.disks[0]?.path ?? '';
const jobOf = (id: string): JobView => lab.rehearsal.jobs().find((job) => job.id === id) ?? expect.fail('the job is gone');

const deploy = async (machine: LabMachine, rewrite: boolean): Promise<JobView> => {
  await need(lab.rehearsal.call('machines.deploy', { machineId: machine.view().id, osoid, diskSerial: null, rewrite }));
  const job = await need(lab.rehearsal.approve(await machine.asks()));
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  return jobOf(job.id);
};
const heldAtConsole = async (machine: LabMachine): Promise<void> => {
  await need(lab.rehearsal.call('machines.hold', { machineId: machine.view().id }));
  machine.powerOn();
  await machine.reaches('waiting');
};
/** A machine that has the image, held at its console. */
const installed = async (wrap: Pick<Parameters<Lab['machine']>[0] & object, 'wrapDevice'> = {}): Promise<LabMachine> => {
  const machine = await lab.machine({ disks: [{ serial: 'FIELD', sizeBytes: 64 * MIB }], ...wrap });
  machine.powerOn();
  await machine.is('listening to a person', ({ state }) => state === 'unmatched' || state === 'waiting');
  await deploy(machine, false);
  await heldAtConsole(machine);
  return machine;
};
const ordered = async (machine: LabMachine): Promise<string> =>
  (await need(lab.rehearsal.call('machines.verify', { machineId: machine.view().id, diskSerial: null }))).id;
const ended = async (id: string): Promise<JobView> => {
  await lab.rehearsal.until(() => jobOf(id).endedAtMs !== null, 'done with the check', PATIENCE_MS);
  return jobOf(id);
};
const verified = async (machine: LabMachine): Promise<VerifyResult> => {
  const before = await hashOf(diskOf(machine));
  const job = await ended(await ordered(machine));
  expect(job).toMatchObject({ kind: 'verify', state: 'done', failure: null });
  expect(job.steps.map(({ step }) => step)).toEqual(['check', 'compare']);
  expect(await hashOf(diskOf(machine))).toBe(before);
  expect((await machine.reaches('waiting')).jobId).toBeNull();
  return job.verified ?? expect.fail('no result');
};
const spoil = async (machine: LabMachine, atBytes: number): Promise<void> => {
  const file = await open(diskOf(machine), 'r+');
  await file.write(Buffer.from('not of the image'), 0, 16, atBytes);
  await file.close();
};

test('as it was deployed: the same', async () => {
  const machine = await installed();
  const same = await verified(machine);
  expect(same).toMatchObject({ osoid, ownFrom: 'job', chunks: { different: 0 }, places: [], ranges: [] });
  expect(machine.view().says).toContain('is as');
});

test('drifted: found, brought back by a deploy that fetches no more, and the same again', async () => {
  const machine = await installed();
  const at = 20 * MIB;
  await spoil(machine, at + 1000);
  const drifted = await verified(machine);
  expect(drifted).toMatchObject({ chunks: { different: 1 }, ranges: [{ offsetBytes: at, lengthBytes: CHUNK }], fetchBytes: CHUNK });
  expect(drifted.places).toHaveLength(1);
  expect(machine.view().says).toContain('differs from');

  const { result } = await deploy(machine, true);
  expect(result?.bytesFetched).toBeLessThanOrEqual(drifted.fetchBytes + 4096);
  await heldAtConsole(machine);
  expect((await verified(machine)).chunks).toMatchObject({ different: 0 });
});

test('an image that is in no open library: said at once, and nothing is ordered', async () => {
  const machine = await installed();
  await need(lab.rehearsal.call('images.delete', { osoid, force: true }));
  const before = machine.view();
  const asked = await lab.rehearsal.call('machines.verify', { machineId: before.id, diskSerial: null });
  expect(asked).toMatchObject({ ok: false, failure: { code: 'verify.image-missing' } });
  expect(machine.view()).toEqual(before);
});

test('cut by a restart of the station, then by the power of the machine: the same job ends well', async () => {
  const gate = createReadGate(3 * MIB);
  const machine = await installed({ wrapDevice: gate.wrapDevice });
  const id = await ordered(machine);
  await gate.reached;
  await lab.rehearsal.restart();
  const off = machine.powerOff();
  gate.open();
  await off;
  expect(jobOf(id)).toMatchObject({ state: 'running', endedAtMs: null });
  machine.powerOn();
  expect(await ended(id)).toMatchObject({ state: 'done', attempt: 1, verified: { osoid, chunks: { different: 0 } } });
});

test('a person stops it: the disk and the question are as before', async () => {
  const gate = createReadGate(3 * MIB);
  const machine = await installed({ wrapDevice: gate.wrapDevice });
  const before = await hashOf(diskOf(machine));
  const id = await ordered(machine);
  await gate.reached;
  await need(lab.rehearsal.call('jobs.cancel', { jobId: id }));
  gate.open();
  expect(await ended(id)).toMatchObject({ state: 'cancelled', verified: null });
  expect((await machine.reaches('waiting')).says).toContain('was stopped');
  expect(await hashOf(diskOf(machine))).toBe(before);
});

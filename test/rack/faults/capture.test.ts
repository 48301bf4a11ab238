// Captures that are cut in the middle, by the station, the machine or a person: they go on where they were, send no chunk twice, and
// leave disk and library as they should be.
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CaptureResult } from '../../../agent/protocol/capture.ts';
import type { JobView } from '../../../preload/contract/views.ts';
import { need } from '../rehearsal.ts';
import { filesIn, hashOf, MIB, PATIENCE_MS, startLab } from './lab.ts';
import type { Lab, LabMachine } from './lab.ts';
import { createReadGate } from './read-gate.ts';

const CONTENT_BYTES = 16 * MIB;

let lab: Lab;
let imagePath = '';
beforeEach(async () => {
  lab = await startLab();
  imagePath = await lab.imageFile({ contentBytes: CONTENT_BYTES });
});
afterEach(() => lab.stop());

/** A machine whose disk holds a system, waiting for a person, with a capture of it that stands at the gate. */
const capturing = async (): Promise<{ machine: LabMachine; gate: ReturnType<typeof createReadGate>; job: JobView; before: string }> => {
  // The content of the disk begins at 18 MiB.
  const gate = createReadGate(28 * MIB);
  const machine = await lab.machine({ disks: [{ serial: 'GOLD', sizeBytes: 64 * MIB }], wrapDevice: gate.wrapDevice });
  const { path, attributes } = machine.disks[0] ?? expect.fail('no disk');
  await copyFile(imagePath, path);
  await truncate(path, attributes.sizeBytes);
  const before = await hashOf(path);
  machine.powerOn();
  const { id } = await machine.reaches('unmatched');
  const wish = { name: 'golden', diskSerial: null, labels: {}, notes: '', redactSerials: false };
  const job = await need(lab.rehearsal.call('machines.capture', { machineId: id, ...wish }));
  await gate.reached;
  return { machine, gate, job, before };
};
const jobNow = (id: string): JobView => lab.rehearsal.jobs().find((job) => job.id === id) ?? expect.fail('the job is gone');
const ended = async (id: string): Promise<JobView> => {
  await lab.rehearsal.until(() => jobNow(id).endedAtMs !== null, 'done with the capture', PATIENCE_MS);
  return jobNow(id);
};
const captured = async (machine: LabMachine, id: string, before: string): Promise<CaptureResult> => {
  const job = await ended(id);
  expect(job).toMatchObject({ state: 'done', attempt: 1, failure: null });
  expect(lab.rehearsal.jobs()).toHaveLength(1);
  expect(await hashOf(machine.disks[0]?.path ?? '')).toBe(before);
  expect((await machine.reaches('unmatched')).question).toMatchObject({ kind: 'choose' });
  return job.captured ?? expect.fail('no result');
};
/** Every chunk of the disk that holds anything, each once. */
const expectSentOnce = async (result: CaptureResult): Promise<void> => {
  const image = await need(lab.rehearsal.call('images.get', { osoid: result.osoid }));
  expect(image).toMatchObject({ trust: 'trusted', name: 'golden' });
  expect(result.bytesSent).toBeLessThan(image.storedBytes * 1.02);
};

test('the station is restarted while a disk is read: the agent waits, and nothing travels twice', async () => {
  const { machine, gate, job, before } = await capturing();
  await lab.rehearsal.restart();
  expect(lab.rehearsal.headless().station.snapshot().jobs).toMatchObject([{ state: 'running' }]);
  gate.open();
  await expectSentOnce(await captured(machine, job.id, before));
});

test('the machine loses its power while its disk is read: the same job goes on, and what had arrived is not sent again', async () => {
  const { machine, gate, job, before } = await capturing();
  const off = machine.powerOff();
  gate.open();
  await off;
  expect(jobNow(job.id)).toMatchObject({ state: 'running', endedAtMs: null });
  machine.powerOn();
  const result = await captured(machine, job.id, before);
  const image = await need(lab.rehearsal.call('images.get', { osoid: result.osoid }));
  expect(result.bytesSent).toBeGreaterThan(0);
  expect(result.bytesSent).toBeLessThan(image.storedBytes * 0.8);
});

test('both at once: the machine comes back to a station that was restarted meanwhile', async () => {
  const { machine, gate, job, before } = await capturing();
  const off = machine.powerOff();
  gate.open();
  await off;
  await lab.rehearsal.restart();
  machine.powerOn();
  const result = await captured(machine, job.id, before);
  const image = await need(lab.rehearsal.call('images.get', { osoid: result.osoid }));
  expect(result.bytesSent).toBeLessThan(image.storedBytes * 0.8);
});

test('a person stops it: no image, no pack, and the machine asks as before', async () => {
  const { machine, gate, job, before } = await capturing();
  await need(lab.rehearsal.call('jobs.cancel', { jobId: job.id }));
  gate.open();
  expect(await ended(job.id)).toMatchObject({ state: 'cancelled', captured: null, failure: null });
  const view = await machine.reaches('unmatched');
  expect(view).toMatchObject({ question: { kind: 'choose' }, jobId: null });
  expect(view.says).toContain('was stopped');
  expect(await hashOf(machine.disks[0]?.path ?? '')).toBe(before);
  await lab.rehearsal.restart();
  expect((await filesIn(join(lab.folder, 'library'))).filter((name) => !name.endsWith('.json'))).toEqual([]);
});

// One click from a machine to a golden image, on the software rack: deploy, capture, deploy what was captured to another machine, and
// compare every byte.
import { open, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { JobView } from '../../preload/contract/views.ts';
import { hashOf, MIB, PATIENCE_MS, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

const diskOf = (machine: LabMachine): string => machine.disks[0]?.path ?? '';

/** Puts an image on a machine, and has it wait at its console afterwards. */
const deployed = async (machine: LabMachine, osoid: string): Promise<JobView> => {
  machine.powerOn();
  await machine.is('listening to a person', ({ state }) => state === 'unmatched' || state === 'waiting');
  const { id } = machine.view();
  await need(lab.rehearsal.call('machines.deploy', { machineId: id, osoid, diskSerial: null, rewrite: false }));
  const job = await need(lab.rehearsal.approve(await machine.asks()));
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  return lab.rehearsal.jobs().find((one) => one.id === job.id) ?? expect.fail('the job is gone');
};
/** Holds a machine that has its system, and starts it from the network. */
const heldAtConsole = async (machine: LabMachine): Promise<void> => {
  await need(lab.rehearsal.call('machines.hold', { machineId: machine.view().id }));
  machine.powerOn();
  await machine.reaches('waiting');
};
const captured = async (machine: LabMachine, name: string, wish: { readonly redactSerials?: boolean } = {}): Promise<CaptureResult> => {
  const argument = {
    machineId: machine.view().id,
    name,
    diskSerial: null,
    labels: { role: 'golden' },
    notes: 'from a test',
    redactSerials: false,
    ...wish,
  };
  const { id } = await need(lab.rehearsal.call('machines.capture', argument));
  const jobOf = (): JobView | undefined => lab.rehearsal.jobs().find((job) => job.id === id);
  await lab.rehearsal.until(() => jobOf()?.endedAtMs != null, 'done with the capture', PATIENCE_MS);
  const job = jobOf();
  expect(job).toMatchObject({ kind: 'capture', state: 'done', failure: null, imageName: name });
  expect(job?.steps.map(({ step }) => step)).toEqual(['check', 'survey', 'read-send', 'publish']);
  return job?.captured ?? expect.fail('no result');
};

test('a machine becomes an image, and the image another machine, byte for byte', async () => {
  const image = await lab.image({ contentBytes: 12 * MIB });
  const source = await lab.machine({ disks: [{ serial: 'GOLDEN', sizeBytes: 64 * MIB }] });
  await deployed(source, image.osoid);
  await heldAtConsole(source);
  const before = await hashOf(diskOf(source));
  const first = await captured(source, 'golden');
  expect(await hashOf(diskOf(source))).toBe(before);
  expect(first).toMatchObject({ name: 'golden', revision: 1, alreadyPresent: false, diskBytes: 64 * MIB });
  // The library had the image it was made from: only the chunks with the fitted partition table travel.
  expect(first.chunksSent).toBeLessThanOrEqual(3);
  const view = await source.reaches('waiting');
  expect(view.says).toContain('captured as "golden" r1');

  const listed = await need(lab.rehearsal.call('images.get', { osoid: first.osoid }));
  expect(listed).toMatchObject({
    name: 'golden',
    trust: 'trusted',
    labels: { role: 'golden' },
    notes: 'from a test',
    firmware: image.firmware,
    architecture: image.architecture,
  });

  const target = await lab.machine({ disks: [{ serial: 'COPY', sizeBytes: 64 * MIB }] });
  const { result } = await deployed(target, first.osoid);
  const [left, right] = [await readFile(diskOf(source)), await readFile(diskOf(target))];
  for (const { offsetBytes, lengthBytes } of result?.rewrittenRanges ?? []) {
    left.fill(0, offsetBytes, offsetBytes + lengthBytes);
    right.fill(0, offsetBytes, offsetBytes + lengthBytes);
  }
  expect(left.equals(right)).toBe(true);
  expect(result?.rewrittenRanges.every(({ lengthBytes }) => lengthBytes <= 64 * 1024)).toBe(true);
});

test('captured again, the machine sends nothing and has the same OSOID; with one file changed, little travels', async () => {
  const image = await lab.image({ contentBytes: 12 * MIB });
  const source = await lab.machine({ disks: [{ serial: 'GOLDEN', sizeBytes: 64 * MIB }] });
  await deployed(source, image.osoid);
  await heldAtConsole(source);
  const first = await captured(source, 'golden');
  const again = await captured(source, 'golden again');
  expect(again).toMatchObject({ osoid: first.osoid, alreadyPresent: true, chunksSent: 0, name: 'golden' });

  const file = await open(diskOf(source), 'r+');
  await file.write(Buffer.from('one line in one file'), 0, 20, 20 * MIB);
  await file.close();
  const changed = await captured(source, 'golden');
  expect(changed).toMatchObject({ alreadyPresent: false, chunksSent: 1, revision: 2 });
  expect(changed.osoid).not.toBe(first.osoid);

  // And the machine with the earlier one fetches as little to follow.
  const target = await lab.machine({ disks: [{ serial: 'COPY', sizeBytes: 64 * MIB }] });
  await deployed(target, first.osoid);
  await heldAtConsole(target);
  await need(
    lab.rehearsal.call('machines.deploy', { machineId: target.view().id, osoid: changed.osoid, diskSerial: null, rewrite: false }),
  );
  const job = await need(lab.rehearsal.approve(await target.asks()));
  await target.ended();
  const result = lab.rehearsal.jobs().find(({ id }) => id === job.id)?.result;
  expect(result?.bytesWritten).toBeLessThanOrEqual(3 * 256 * 1024);
});

// A library that lost chunks gets them back from a machine that carries the image: all of them, what a changed machine still has, what came
// before a cut, and nothing where it cannot be written.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import { FRAME_HEADER_BYTES } from '../../agent/image/chunk.ts';
import { recoverFrames } from '../../agent/image/pack.ts';
import type { HealResult } from '../../agent/protocol/verify.ts';
import type { JobView } from '../../preload/contract/views.ts';
import { filesIn, hashOf, MIB, PATIENCE_MS, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { createReadGate } from './faults/read-gate.ts';
import { need } from './rehearsal.ts';

const run = promisify(execFile);
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

let lab: Lab;
let unmount: () => Promise<unknown> = () => Promise.resolve();
let osoid = '';
let libraryFolder = '';
const start = async (contentBytes = 8 * MIB, options: Parameters<typeof startLab>[0] = {}): Promise<void> => {
  lab = await startLab(options);
  libraryFolder = options.libraryFolder ?? join(lab.folder, 'library');
  ({ osoid } = await lab.image({ contentBytes }));
};
afterEach(async () => {
  await lab.stop();
  await unmount();
  unmount = () => Promise.resolve();
});

const diskOf = (machine: LabMachine): string => machine.disks[0]?.path ?? '';
const jobOf = (id: string): JobView => lab.rehearsal.jobs().find((job) => job.id === id) ?? expect.fail('the job is gone');
const deploy = async (machine: LabMachine): Promise<JobView> => {
  await need(lab.rehearsal.call('machines.deploy', { machineId: machine.view().id, osoid, diskSerial: null, rewrite: true }));
  const job = await need(lab.rehearsal.approve(await machine.asks()));
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  return jobOf(job.id);
};
const fresh = async (serial: string, wish: Parameters<Lab['machine']>[0] = {}): Promise<LabMachine> => {
  const machine = await lab.machine({ disks: [{ serial, sizeBytes: 64 * MIB }], ...wish });
  machine.powerOn();
  await machine.is('listening to a person', ({ state }) => state === 'unmatched' || state === 'waiting');
  return machine;
};
/** A machine that has the image, on a disk that is larger than it, held at its console. */
const installed = async (serial: string, wish: Parameters<Lab['machine']>[0] = {}): Promise<LabMachine> => {
  const machine = await fresh(serial, wish);
  await deploy(machine);
  await need(lab.rehearsal.call('machines.hold', { machineId: machine.view().id }));
  machine.powerOn();
  await machine.reaches('waiting');
  return machine;
};
const ordered = async (machine: LabMachine): Promise<string> =>
  (await need(lab.rehearsal.call('machines.verify', { machineId: machine.view().id, diskSerial: null, heal: true }))).id;
const ended = async (id: string): Promise<JobView> => {
  await lab.rehearsal.until(() => jobOf(id).endedAtMs !== null, 'done with the check', PATIENCE_MS);
  return jobOf(id);
};
const healed = async (machine: LabMachine): Promise<HealResult> => {
  const before = await hashOf(diskOf(machine));
  const job = await ended(await ordered(machine));
  expect(job).toMatchObject({ kind: 'verify', state: 'done', failure: null });
  expect(job.steps.map(({ step }) => step)).toEqual(['check', 'heal', 'compare']);
  expect(await hashOf(diskOf(machine))).toBe(before);
  await machine.reaches('waiting');
  return job.verified?.heal ?? expect.fail('no result');
};

const packOf = async (): Promise<string> =>
  join(libraryFolder, (await filesIn(libraryFolder)).find((name) => name.endsWith('.pack')) ?? expect.fail('no pack'));
const missing = async (): Promise<number> => (await need(lab.rehearsal.call('images.show', { osoid }))).missingChunks;
const scrub = () => need(lab.rehearsal.call('library.verify', {}));
/** Flips a byte in some frames of the library's pack and has a scrub find it; the chunks. */
const damage = async (pick: (frames: number) => readonly number[]): Promise<readonly string[]> => {
  const path = await packOf();
  const bytes = await readFile(path);
  const frames = recoverFrames(bytes);
  const file = await open(path, 'r+');
  const bad: string[] = [];
  for (const at of pick(frames.length)) {
    const { offset, chunkId } = frames[at] ?? expect.fail(`no frame ${at}`);
    const place = offset + FRAME_HEADER_BYTES + 9;
    await file.write(Buffer.from([(bytes[place] ?? 0) ^ 0xff]), 0, 1, place);
    bad.push(chunkId);
  }
  await file.close();
  const report = await scrub();
  expect(report.damagedImages).toMatchObject([{ osoid, missingChunks: bad.length }]);
  expect(await missing()).toBe(bad.length);
  return bad;
};
/** Where the image has a chunk. */
const placeOf = async (chunkId: string): Promise<number> => {
  const name = (await filesIn(libraryFolder)).find((one) => one.includes(osoid) && one.endsWith('chunks.bin')) ?? '';
  const table = parseChunkTable(await readFile(join(libraryFolder, name)));
  if (!table.ok) throw new Error(table.failure.message);
  return [...dataChunks(table.value)].find((chunk) => chunk.chunkId === chunkId)?.offsetBytes ?? expect.fail('not of the image');
};
const spoil = async (machine: LabMachine, atBytes: number): Promise<void> => {
  const file = await open(diskOf(machine), 'r+');
  await file.write(Buffer.from('not of the image'), 0, 16, atBytes);
  await file.close();
};
const isWhole = async (): Promise<void> => {
  expect(await scrub()).toMatchObject({ problems: [], damagedImages: [], badChunks: 0 });
  expect(await missing()).toBe(0);
};

test('damaged chunks, the two with the partition table among them, come back; another machine is deployed from them', async () => {
  await start();
  const machine = await installed('FIELD');
  // Frames lie in the order of the disk: the first has the table, the last its backup, which a deploy moved.
  await damage((frames) => [0, 7, frames - 1]);
  const imageFiles = (await filesIn(join(libraryFolder, 'images'))).map((name) => join(libraryFolder, 'images', name));
  const before = await Promise.all(imageFiles.map(hashOf));
  expect(await healed(machine)).toMatchObject({ missing: 3, returned: 3 });
  expect(machine.view().says).toContain('All 3 chunks that the library lacked came back');
  await isWhole();
  expect(await Promise.all(imageFiles.map(hashOf))).toEqual(before);
  expect((await deploy(await fresh('SECOND'))).state).toBe('done');
  // Nothing is left to be done, and that is said too.
  expect(await healed(machine)).toEqual({ missing: 0, returned: 0, bytesSent: 0 });
});

test('a machine that changed gives what it still has, and says where the rest may be; another machine gives that', async () => {
  await start();
  const drifted = await installed('DRIFTED');
  const sound = await installed('SOUND');
  const bad = await damage((frames) => [3, 9, frames - 2]);
  await spoil(drifted, (await placeOf(bad[1] ?? '')) + 1000);
  expect(await healed(drifted)).toMatchObject({ missing: 3, returned: 2 });
  expect(drifted.view().says).toMatch(/2 of 3 chunks.*1 are still missing.*another machine.*library repair --from/);
  expect(await missing()).toBe(1);
  expect((await scrub()).damagedImages).toMatchObject([{ osoid, missingChunks: 1 }]);
  expect(await healed(sound)).toMatchObject({ missing: 1, returned: 1 });
  await isWhole();
});

/** The library's one pack is gone, and a machine is giving it back: it stands where it has read 4 MiB. */
const inTheMiddle = async () => {
  await start(16 * MIB);
  const gate = createReadGate(4 * MIB);
  const machine = await installed('FIELD', { wrapDevice: gate.wrapDevice });
  await rm(await packOf());
  await scrub();
  const lost = await missing();
  const id = await ordered(machine);
  await gate.reached;
  return { gate, machine, lost, id };
};

test('a pack that is gone; cut by a restart of the station, then by the power of the machine: what came stays, and the same job brings the rest', async () => {
  const { gate, machine, lost, id } = await inTheMiddle();
  expect(lost).toBeGreaterThan(60);
  let left = lost;
  while (left === lost) left = await missing();
  await lab.rehearsal.restart();
  const off = machine.powerOff();
  gate.open();
  await off;
  left = await missing();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(lost);
  expect(jobOf(id)).toMatchObject({ state: 'running', endedAtMs: null });
  machine.powerOn();
  const { verified } = await ended(id);
  expect(verified?.heal?.missing).toBeLessThanOrEqual(left);
  expect(verified?.heal).toMatchObject({ returned: verified?.heal?.missing });
  await isWhole();
});

test('stopped by a person in the middle: what came stays', async () => {
  const { gate, machine, lost, id } = await inTheMiddle();
  while ((await missing()) === lost);
  await need(lab.rehearsal.call('jobs.cancel', { jobId: id }));
  gate.open();
  expect(await ended(id)).toMatchObject({ state: 'cancelled', verified: null });
  const left = await missing();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(lost);
  const { missing: lacked, returned } = await healed(machine);
  expect(lacked).toBeLessThanOrEqual(left);
  expect(returned).toBe(lacked);
  await isWhole();
});

describe.skipIf(!canMount)('a library that cannot be written (needs root, for a tmpfs)', () => {
  const onDisk = async (sizeMib: number): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'rackside-heal-'));
    const disk = join(folder, 'disk');
    await mkdir(disk);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'rackside-test', disk]);
    unmount = async () => {
      await run('umount', [disk]);
      await rm(folder, { recursive: true, force: true });
    };
    await start(4 * MIB, { folder, libraryFolder: join(disk, 'library') });
    return disk;
  };
  const failing = async (machine: LabMachine): Promise<JobView> => {
    const job = await ended(await ordered(machine));
    await machine.reaches('waiting');
    return job;
  };

  test('full: said, nothing half in it, and healed once there is room', async () => {
    const disk = await onDisk(24);
    const machine = await installed('FIELD');
    await damage(() => [2, 5]);
    await run('sh', ['-c', 'cat /dev/zero > "$0/ballast" 2> /dev/null || true', disk]);
    const files = await filesIn(libraryFolder);
    // Not even its lock fits.
    expect(await failing(machine)).toMatchObject({ state: 'failed', failure: { code: 'library.full' } });
    expect((await filesIn(libraryFolder)).filter((name) => !files.includes(name) && !name.startsWith('lock'))).toEqual([]);
    expect(await missing()).toBe(2);
    // The lock does, and no more than one of the two chunks: what is kept is whole.
    await run('truncate', ['-s', '-64K', join(disk, 'ballast')]);
    expect(await failing(machine)).toMatchObject({ state: 'failed', failure: { code: 'library.full' } });
    // The job ends with the first failure; what was being written beside it is not given up.
    while ((await filesIn(libraryFolder)).includes('lock.json'));
    const left = await missing();
    expect(left).toBeGreaterThan(0);
    expect(await scrub()).toMatchObject({ badChunks: 2, damagedImages: [{ osoid, missingChunks: left }] });
    expect((await filesIn(libraryFolder)).filter((name) => name.startsWith('tmp'))).toEqual([]);
    await rm(join(disk, 'ballast'));
    expect(await healed(machine)).toMatchObject({ missing: left, returned: left });
    await isWhole();
  });

  test('read-only: said before anything is read for it', async () => {
    const disk = await onDisk(24);
    const machine = await installed('FIELD');
    await damage(() => [2]);
    await run('mount', ['-o', 'remount,ro', disk]);
    expect(await failing(machine)).toMatchObject({
      state: 'failed',
      failure: { code: 'library.read-only', next: expect.stringContaining('write switch') },
    });
    await run('mount', ['-o', 'remount,rw', disk]);
    expect(await healed(machine)).toMatchObject({ missing: 1, returned: 1 });
  });
});

// Deploys onto a loop device with direct I/O, as root: the block path, its tools (blockdev, blkdiscard, e2fsck, resize2fs) and the
// kernel's own view of the partitions afterwards.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createArena } from '../../agent/disk/aligned-memory.ts';
import { openBlockDisk } from '../../agent/disk/block-disk.ts';
import { blockDevice, fileDevice } from '../../agent/disk/target-devices.ts';
import { systemTools } from '../../agent/disk/tools.ts';
import type { Tools } from '../../agent/disk/tools.ts';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { MIB, makeDisk, makeImage } from '../deploy/image-fixture.ts';
import type { Fixture } from '../deploy/image-fixture.ts';
import { differences, makeUsedDisk, runDeploy } from '../deploy/rig.ts';

const key = generateSigningKey();
const sh = (program: string, ...args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
let golden: string;
let fixture: Fixture;
let folder: string;
let loops: string[];

beforeAll(async () => {
  golden = mkdtempSync(join(tmpdir(), 'rackside-golden-'));
  fixture = await makeImage(readFileSync(makeDisk(golden)), key, golden);
});
afterAll(() => rmSync(golden, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-block-'));
  loops = [];
});
afterEach(() => {
  for (const loop of loops) {
    // The kernel keeps the read-only flag for the next user of the same loop device.
    sh('blockdev', '--setrw', loop);
    sh('losetup', '--detach', loop);
  }
  rmSync(folder, { recursive: true });
});

const attach = (path: string, ...options: readonly string[]): string => {
  const loop = sh('losetup', '--find', '--show', '--partscan', ...options, path);
  loops.push(loop);
  return loop;
};

/** The real tools; efibootmgr is left out, because a loop device is none of this machine's boot disks. */
const recorded = (): { readonly tools: Tools; readonly ran: readonly string[] } => {
  const ran: string[] = [];
  const real = systemTools();
  const run: Tools['run'] = (program, args, options) => {
    ran.push([program, ...args].join(' '));
    return program === 'efibootmgr' ? Promise.resolve({ code: 127, stdout: '', stderr: 'left out' }) : real.run(program, args, options);
  };
  return { tools: { run }, ran };
};

test('a loop device, direct I/O, grown to the end of a larger disk', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 80 * MIB);
  const loop = attach(path);
  sh('blockdev', '--setro', loop);
  const { tools, ran } = recorded();
  const identity = { serial: 'S1', wwn: null, sizeBytes: fixture.raw.length + 80 * MIB };
  const run = await runDeploy(fixture, key, path, { device: blockDevice(loop, identity, tools), tools, grow: true, workers: 2 });
  if (!run.result.ok) throw new Error(JSON.stringify(run.result.failure));
  expect(run.notes.join('\n')).toMatch(/partition 2 now reaches \d+ bytes; its filesystem fills it/);
  expect(differences(fixture, path, run.result.value.rewrittenRanges)).toEqual([]);
  expect(run.result.value.rewrittenRanges.map(({ why }) => why)).toContain('filesystem grown');
  expect(ran.some((line) => line.startsWith('blkdiscard'))).toBe(true);
  expect(sh('blockdev', '--getro', loop)).toBe('1');
  expect(sh('sgdisk', '-v', loop)).toContain('No problems found');
  // Not every test kernel reads GPT by itself.
  sh('partx', '--update', loop);
  sh('e2fsck', '-fn', `${loop}p2`);
  const blocks = Number(/^Block count: +(\d+)$/m.exec(sh('dumpe2fs', '-h', `${loop}p2`))?.[1]);
  expect(blocks * 4096).toBeGreaterThan(fixture.raw.length + 60 * MIB);
});

test('a disk of 4 KiB sectors is refused for a 512-byte image', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const loop = attach(path, '--sector-size', '4096');
  const { tools } = recorded();
  const device = blockDevice(loop, { serial: 'S1', wwn: null, sizeBytes: fixture.raw.length }, tools);
  expect((await runDeploy(fixture, key, path, { device, tools })).result).toMatchObject({
    ok: false,
    failure: { code: 'disk.sector-size' },
  });
});

test('an image of a 4 KiB-sector disk onto a disk of 4 KiB sectors', async () => {
  const source = join(folder, 'source');
  writeFileSync(source, Buffer.alloc(16 * MIB));
  const sourceLoop = attach(source, '--sector-size', '4096');
  sh('sgdisk', '-n', '1:256:+4M', '-t', '1:ef00', '-n', '2:0:0', sourceLoop);
  sh('partx', '--update', sourceLoop);
  sh('mkfs.ext4', '-q', `${sourceLoop}p2`);
  sh('blockdev', '--flushbufs', sourceLoop);
  sh('sync', source);
  const image = await makeImage(readFileSync(source), key);
  const path = makeUsedDisk(join(folder, 'disk'), 24 * MIB);
  const loop = attach(path, '--sector-size', '4096');
  const { tools } = recorded();
  const device = blockDevice(loop, { serial: 'S1', wwn: null, sizeBytes: 24 * MIB }, tools);
  const run = await runDeploy(image, key, path, { device, tools, grow: true });
  if (!run.result.ok) throw new Error(JSON.stringify(run.result.failure));
  expect(differences(image, path, run.result.value.rewrittenRanges)).toEqual([]);
  expect(sh('sgdisk', '-v', loop)).toContain('No problems found');
  // Not every test kernel reads GPT by itself.
  sh('partx', '--update', loop);
  sh('e2fsck', '-fn', `${loop}p2`);
});

test('a device that somebody else holds is refused', async () => {
  const loop = attach(makeUsedDisk(join(folder, 'disk'), fixture.raw.length));
  const held = await openBlockDisk(loop, systemTools());
  if (!held.ok) throw new Error(held.failure.message);
  try {
    expect(await openBlockDisk(loop, systemTools())).toMatchObject({ ok: false, failure: { code: 'disk.busy' } });
  } finally {
    await held.value.close();
  }
});

test('unaligned places, an odd tail and zeros by the kernel come back as written', async () => {
  const sizeBytes = 20 * MIB + 512 * 3;
  const path = makeUsedDisk(join(folder, 'disk'), sizeBytes);
  const before = readFileSync(path);
  const loop = attach(path);
  const opened = await openBlockDisk(loop, systemTools());
  if (!opened.ok) throw new Error(opened.failure.message);
  const disk = opened.value;
  try {
    expect(disk).toMatchObject({ sizeBytes, logicalSectorBytes: 512 });
    const whole = Buffer.alloc(sizeBytes);
    await disk.read(0, whole);
    expect(whole.equals(before)).toBe(true);
    const slot = await createArena(1, 4 * MIB).take(new AbortController().signal);
    slot.bytes.fill(7);
    await disk.write(8192, slot.bytes.subarray(0, 65_536));
    whole.fill(7, 8192, 8192 + 65_536);
    await disk.write(511, Buffer.alloc(3000, 9));
    whole.fill(9, 511, 3511);
    await disk.write(sizeBytes - 700, Buffer.alloc(700, 5));
    whole.fill(5, sizeBytes - 700);
    await disk.write(MIB - 100, Buffer.alloc(2 * MIB + 200, 3));
    whole.fill(3, MIB - 100, 3 * MIB + 100);
    await disk.zero(8 * MIB, 10 * MIB);
    whole.fill(0, 8 * MIB, 18 * MIB);
    await disk.zero(4 * MIB + 10, 100);
    whole.fill(0, 4 * MIB + 10, 4 * MIB + 110);
    await disk.flush();
    const after = Buffer.alloc(sizeBytes);
    await disk.read(0, after);
    expect(after.equals(whole)).toBe(true);
    await expect(disk.read(sizeBytes - 1, Buffer.alloc(2))).rejects.toThrow(RangeError);
  } finally {
    await disk.close();
  }
  sh('blockdev', '--flushbufs', loop);
});

test('a file disk grows its filesystem through a loop device where root can make one', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 40 * MIB);
  const tools = systemTools();
  const device = fileDevice(path, { serial: 'S1', wwn: null, sizeBytes: fixture.raw.length + 40 * MIB }, 512, tools);
  const run = await runDeploy(fixture, key, path, { device, tools, grow: true });
  if (!run.result.ok) throw new Error(JSON.stringify(run.result.failure));
  expect(run.notes.join('\n')).toContain('its filesystem fills it');
  expect(differences(fixture, path, run.result.value.rewrittenRanges)).toEqual([]);
});

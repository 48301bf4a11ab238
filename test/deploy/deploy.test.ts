// Deploys a real small disk image onto file-backed disks full of old content and checks the disk, not the report.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TargetDisk } from '../../agent/disk/target-disk.ts';
import { chunkLookup } from '../../agent/image/chunk-map.ts';
import { readProvenance } from '../../agent/image/provenance.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import { MIB, makeDisk, makeImage } from './image-fixture.ts';
import type { Fixture } from './image-fixture.ts';
import { differences, makeUsedDisk, runDeploy } from './rig.ts';
import type { Run } from './rig.ts';

const key = generateSigningKey();
let golden: string;
let fixture: Fixture;
let folder: string;

beforeAll(async () => {
  golden = mkdtempSync(join(tmpdir(), 'rackside-golden-'));
  fixture = await makeImage(readFileSync(makeDisk(golden)), key, golden);
});
afterAll(() => rmSync(golden, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-deploy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sbin = { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }, encoding: 'utf8', stdio: 'pipe' } as const;

const finished = (run: Run): JobResult => {
  if (!run.result.ok) throw new Error(`${run.result.failure.code}: ${run.result.failure.message}`);
  return run.result.value;
};

/** The tools that people would check with. */
const checkByTools = (path: string): void => {
  expect(execFileSync('sgdisk', ['-v', path], sbin)).toContain('No problems found');
  const root = join(folder, 'check.img');
  execFileSync('dd', [`if=${path}`, `of=${root}`, 'bs=1M', 'skip=5', 'count=42'], sbin);
  execFileSync('e2fsck', ['-fn', root], sbin);
  rmSync(root);
};

test('a disk full of old content becomes the image, byte for byte', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const run = await runDeploy(fixture, key, path);
  const result = finished(run);
  expect(run.steps).toEqual([
    'check',
    'void-record',
    'compare',
    'fetch-write',
    'wipe',
    'read-back',
    'table',
    'grow',
    'boot-entry',
    'record',
  ]);
  expect(differences(fixture, path, result.rewrittenRanges)).toEqual([]);
  expect(result.rewrittenRanges).toEqual([{ offsetBytes: 983_040, lengthBytes: 4096, why: 'provenance record' }]);
  expect(result.localBoot).toEqual({
    kind: 'uefi',
    espUuid: 'ABCD-1234',
    loaderPath: expect.stringMatching(/^\/EFI\/debian\/shimx64\.efi$/i),
  });
  expect(result.bytesVerified).toBe(result.bytesTotal);
  const asked = run.requests.flat();
  expect(result.bytesFetched).toBe(asked.reduce((sum, id) => sum + (fixture.frames.get(id)?.length ?? 0), 0));
  checkByTools(path);
  const sector = readFileSync(path).subarray(983_040, 983_040 + 4096);
  const identity = { serial: 'S1', wwn: null, sizeBytes: fixture.raw.length };
  expect(readProvenance(sector, { disk: identity, trustedKeys: trustedKeysOf([key.publicKey]) })).toMatchObject({
    verdict: 'trusted',
    record: { osoid: fixture.osoid },
  });
});

test('the same content twice in an image is fetched once', async () => {
  const run = await runDeploy(fixture, key, makeUsedDisk(join(folder, 'disk'), fixture.raw.length));
  const ids = run.requests.flat();
  expect(new Set(ids).size).toBe(ids.length);
  expect(fixture.table.hashes.length / 32).toBeGreaterThan(fixture.frames.size);
});

test('deploying the same image again fetches and writes nothing', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  finished(await runDeploy(fixture, key, path));
  const again = await runDeploy(fixture, key, path, { jobId: 'job-2' });
  expect(finished(again)).toMatchObject({ bytesFetched: 0, bytesWritten: 0, bytesInPlace: finished(again).bytesTotal });
  expect(again.requests).toEqual([]);
  expect(differences(fixture, path, finished(again).rewrittenRanges)).toEqual([]);
});

test('a drifted disk fetches only the difference', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  finished(await runDeploy(fixture, key, path));
  const disk = readFileSync(path);
  disk.fill(0x55, 20 * MIB, 20 * MIB + 4096);
  writeFileSync(path, disk);
  const run = await runDeploy(fixture, key, path, { jobId: 'job-2' });
  const result = finished(run);
  expect(run.requests.flat().length).toBeLessThanOrEqual(1);
  expect(result.bytesInPlace).toBeGreaterThanOrEqual(result.bytesTotal - 262_144);
  expect(differences(fixture, path, result.rewrittenRanges)).toEqual([]);
  checkByTools(path);
});

test('remains in free blocks are zeroed where they lie; nothing is fetched for them', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  finished(await runDeploy(fixture, key, path));
  const kinds = chunkLookup(fixture.table);
  const blocks = fixture.free
    .flatMap(({ start, end }) => [start, end - 4096])
    .filter((at) => at % 4096 === 0 && kinds(Math.floor(at / fixture.table.chunkSizeBytes)).kind === 'data');
  expect(blocks.length).toBeGreaterThan(0);
  const disk = readFileSync(path);
  for (const at of blocks) disk.fill(0x55, at, at + 4096);
  writeFileSync(path, disk);
  const run = await runDeploy(fixture, key, path, { jobId: 'job-2' });
  expect(finished(run).bytesFetched).toBe(0);
  expect(run.requests).toEqual([]);
  expect(differences(fixture, path, finished(run).rewrittenRanges)).toEqual([]);
  checkByTools(path);
});

test('remains beside a block that is wrong: the chunk is fetched', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  finished(await runDeploy(fixture, key, path));
  const disk = readFileSync(path);
  disk.fill(0x55, 20 * MIB, 20 * MIB + 262_144);
  writeFileSync(path, disk);
  const run = await runDeploy(fixture, key, path, { jobId: 'job-2' });
  expect(run.requests.flat().length).toBe(1);
  expect(differences(fixture, path, finished(run).rewrittenRanges)).toEqual([]);
});

test('a bigger disk gets its table fitted to its size and nothing else changed', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 16 * MIB + 512 * 3);
  const result = finished(await runDeploy(fixture, key, path));
  expect(result.rewrittenRanges.map(({ why }) => why)).toContain('partition table fitted to this disk');
  expect(differences(fixture, path, result.rewrittenRanges)).toEqual([]);
  checkByTools(path);
});

test('a bigger disk that has the image already is left as it is', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 16 * MIB);
  const first = finished(await runDeploy(fixture, key, path));
  const before = readFileSync(path);
  const again = await runDeploy(fixture, key, path, { jobId: 'job-2', onProgress: () => {} });
  expect(finished(again)).toMatchObject({ bytesFetched: 0, bytesWritten: 0, rewrittenRanges: first.rewrittenRanges });
  expect(again.requests).toEqual([]);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('labels of old partitions are gone where the image leaves the disk free', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 64 * MIB);
  const start = fixture.raw.length + 20 * MIB;
  execFileSync('sgdisk', ['-o', '-n', `1:${start / 512}:+10M`, path], sbin);
  const disk = readFileSync(path);
  disk.write('OLD MEMBER', start + 4096);
  disk.write('OLD MEMBER', start + 10 * MIB - 8192);
  writeFileSync(path, disk);
  finished(await runDeploy(fixture, key, path));
  expect(readFileSync(path).includes('OLD MEMBER')).toBe(false);
});

test('worker threads give the same disk', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const result = finished(await runDeploy(fixture, key, path, { workers: 2 }));
  expect(differences(fixture, path, result.rewrittenRanges)).toEqual([]);
});

test("1 MiB chunks, where the record lies in the table's own chunk", async () => {
  const large = await makeImage(fixture.raw, key, golden, 1024 * 1024);
  expect(large.osoid).toBe(fixture.osoid);
  const path = makeUsedDisk(join(folder, 'disk'), large.raw.length);
  const result = finished(await runDeploy(large, key, path));
  expect(differences(large, path, result.rewrittenRanges)).toEqual([]);
  const again = await runDeploy(large, key, path, { jobId: 'job-2' });
  expect(finished(again)).toMatchObject({ bytesFetched: 0, bytesWritten: 0 });
});

test('labels of md, LVM, ZFS and GPT at both ends of the disk are gone', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 64 * MIB);
  const size = fixture.raw.length + 64 * MIB;
  const disk = readFileSync(path);
  const places = [size - 512, size - 8192 - 4096, size - 65536 * 2, size - 512 * 1024 + 128 * 1024, size - 256 * 1024 + 128 * 1024];
  for (const at of places) disk.write('OLD LABEL HERE', at);
  writeFileSync(path, disk);
  const result = finished(await runDeploy(fixture, key, path));
  const after = readFileSync(path);
  for (const at of places.slice(1)) expect(after.toString('latin1', at, at + 14)).toBe('\0'.repeat(14));
  expect(after.includes('OLD LABEL HERE')).toBe(false);
  expect(differences(fixture, path, result.rewrittenRanges)).toEqual([]);
});

test('a disk that shrank below the image is refused before anything is written', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  truncateSync(path, fixture.raw.length - MIB);
  const before = join(folder, 'before');
  copyFileSync(path, before);
  const run = await runDeploy(fixture, key, path);
  expect(run.result).toMatchObject({ ok: false, failure: { code: 'disk.too-small' } });
  expect(readFileSync(path).equals(readFileSync(before))).toBe(true);
});

test('an old table that points beyond the end of the disk is no obstacle', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const old = readFileSync(path);
  // An MBR of a larger disk: its extended partition begins where this one has no more sectors.
  old.fill(0, 0, 4096);
  old.set([0, 0, 0, 0, 0x05], 446);
  old.writeUInt32LE(fixture.raw.length / 512 + 2048, 446 + 8);
  old.writeUInt32LE(2048, 446 + 12);
  old.set([0x55, 0xaa], 510);
  writeFileSync(path, old);
  const sizeBytes = old.length;
  // A block device refuses what a file would give as nothing.
  const strict = (disk: TargetDisk): TargetDisk => ({
    ...disk,
    read: async (offsetBytes, into) => {
      if (offsetBytes + into.length > sizeBytes) throw new RangeError(`${offsetBytes} is outside the disk`);
      return disk.read(offsetBytes, into);
    },
  });
  finished(await runDeploy(fixture, key, path, { wrap: strict }));
  checkByTools(path);
});

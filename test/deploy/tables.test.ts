// Images with other tables than GPT, and images that need the record's own place.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { MIB, makeImage } from './image-fixture.ts';
import { differences, makeUsedDisk, runDeploy } from './rig.ts';
import type { RunOptions } from './rig.ts';

const key = generateSigningKey();
const sbin = { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }, encoding: 'utf8', stdio: 'pipe' } as const;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-tables-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A disk with a table by sfdisk's script and noise in every partition. */
const madeBySfdisk = (script: string, sizeBytes: number): Buffer => {
  const path = join(folder, 'source');
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  execFileSync('sfdisk', ['-q', path], { ...sbin, input: script });
  const raw = readFileSync(path);
  raw.write('GRUB boot code', 100);
  randomBytes(64_000).copy(raw, MIB);
  return raw;
};

const deployed = async (raw: Buffer, sizeBytes: number, options: RunOptions = {}) => {
  const image = await makeImage(raw, key, undefined, undefined, 'bios');
  const path = makeUsedDisk(join(folder, 'disk'), sizeBytes);
  const run = await runDeploy(image, key, path, { firmware: 'bios', ...options });
  if (!run.result.ok) throw new Error(`${run.result.failure.code}: ${run.result.failure.message}`);
  expect(differences(image, path, run.result.value.rewrittenRanges)).toEqual([]);
  const again = await runDeploy(image, key, path, { firmware: 'bios', jobId: 'job-2' });
  expect(again.result).toMatchObject({ ok: true, value: { bytesFetched: 0, bytesWritten: 0 } });
  return { path, run, result: run.result.value };
};

test('MBR with logical partitions, for BIOS, on a larger disk', async () => {
  const script =
    'label: dos\nstart=2048, size=4096, type=83, bootable\nstart=8192, type=5\nstart=10240, size=4096, type=83\nstart=16384, size=4096, type=83\n';
  const raw = madeBySfdisk(script, 16 * MIB);
  const { path, result } = await deployed(raw, 24 * MIB);
  expect(result.localBoot).toEqual({ kind: 'bios' });
  const table = (file: string): string =>
    execFileSync('sfdisk', ['-d', file], sbin)
      .replaceAll(file, '')
      .replace(/device:.*\n/, '');
  expect(table(path)).toBe(table(join(folder, 'source')));
});

test('no partition table at all', async () => {
  const raw = randomBytes(8 * MIB);
  raw.fill(0, MIB, 3 * MIB);
  raw.fill(0, 510, 512);
  const { run } = await deployed(raw, 10 * MIB);
  expect(run.notes.join('\n')).toContain('no record');
});

test('a loader of its own in the place of the record stays, and there is no record', async () => {
  const raw = madeBySfdisk('label: dos\nstart=2048, size=4096, type=83\n', 8 * MIB);
  raw.write('U-Boot proper, too long to end before', 983_020);
  const { path, run, result } = await deployed(raw, 8 * MIB);
  expect(run.notes.join('\n')).toContain('the image leaves no place for a record');
  expect(result.rewrittenRanges).toEqual([]);
  expect(readFileSync(path).equals(raw)).toBe(true);
});

test('a filesystem that only its own system can grow is left, with the reason', async () => {
  const raw = madeBySfdisk('label: gpt\nstart=2048, size=4096\n', 8 * MIB);
  const { run } = await deployed(raw, 16 * MIB, { grow: true });
  expect(run.notes.join('\n')).toContain('not grown: partition 1 holds no known filesystem');
});

// Compare on disks large enough to be sampled: a foreign disk is recognised by a few chunks, a half-right one is read in full.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compare } from '../../agent/disk/compare.ts';
import { openFileDisk } from '../../agent/disk/file-disk.ts';
import { openWorkbench } from '../../agent/disk/workbench.ts';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import { digestOf } from './tables.ts';

const CHUNKS = 2048;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-compare-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A sparse disk of zeros against a table that wants every `nth` chunk to be exactly that. */
const compareWith = async (nth: number) => {
  const path = join(folder, 'disk');
  writeFileSync(path, '');
  truncateSync(path, CHUNKS * CHUNK_SIZE_BYTES);
  const zeroDigest = createHash('sha256').update(Buffer.alloc(CHUNK_SIZE_BYTES)).digest();
  const builder = buildChunkTable();
  for (let n = 0; n < CHUNKS; n++) builder.add('data', n % nth === 0 ? zeroDigest : digestOf(n));
  const disk = await openFileDisk(path);
  const bench = openWorkbench(disk, builder.finish(CHUNKS * CHUNK_SIZE_BYTES), [], { workers: 0, signal: new AbortController().signal });
  let bytesHeard = 0;
  const difference = await compare(bench, (bytes) => (bytesHeard += bytes));
  await disk.close();
  return { difference, bytesHeard };
};

test('under 2 % right: everything is written, nothing more is read', async () => {
  const { difference, bytesHeard } = await compareWith(2047);
  expect(difference).toMatchObject({ sampledOnly: true, bytesInPlace: 0, wrongDataBytes: CHUNKS * CHUNK_SIZE_BYTES });
  expect(bytesHeard).toBe(0);
});

test('a twentieth right: each chunk is judged', async () => {
  const { difference, bytesHeard } = await compareWith(20);
  expect(difference.sampledOnly).toBe(false);
  expect([...difference.wrongData].flatMap((wrong, n) => (wrong === 0 ? [n] : []))).toEqual(Array.from({ length: 103 }, (_, n) => n * 20));
  expect(bytesHeard).toBe(CHUNKS * CHUNK_SIZE_BYTES);
});

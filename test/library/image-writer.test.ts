// A capture's way into the library: frames from the wire, then the image.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { chunkIdOf, encodeFrame } from '../../agent/image/chunk.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { extentsOfTable } from '../../agent/image/osoid.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageWriter } from '../../main/library/image-writer.ts';
import type { Library } from '../../main/library/library.ts';
import { openLibrary } from '../../main/library/library.ts';
import { noise } from '../image/real-disk.ts';

const CHUNK = 256 * 1024;
const key = generateSigningKey();
const raws = ['a', 'b', 'a', 'c'].map((seed) => noise(seed, CHUNK));
const ids = raws.map(chunkIdOf);

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

const tableOf = (chunkIds: readonly string[]) => {
  const builder = buildChunkTable();
  for (const id of chunkIds) builder.add('data', Buffer.from(id, 'hex'));
  builder.add('skip', null, 4);
  return builder.finish((chunkIds.length + 4) * CHUNK);
};
const table = tableOf(ids);
const draft: ImageDraft = {
  schema: 'rackside.manifest',
  version: 1,
  required: ['sha256', 'zstd'],
  encryption: null,
  content: {
    disks: [
      {
        sizeBytes: table.diskSizeBytes,
        logicalSectorBytes: 512,
        firmware: 'uefi',
        architecture: 'x86_64',
        table: { kind: 'none', id: null, partitions: [] },
        extents: extentsOfTable(table) ?? { blockSizeBytes: 262144, count: 0, sha256: '' },
      },
    ],
  },
  name: 'captured',
  revision: 3,
  lineage: { id: 'captured', parent: null },
  createdAt: '2026-11-22T09:00:00.000Z',
  labels: [],
  notes: '',
  hashAlg: 'sha256',
  stats: { usedBytes: 4 * CHUNK, dataBytes: 4 * CHUNK },
  source: { kind: 'capture', fileName: null, facts: { 'system.model': 'R650' } },
  recipe: null,
  filesystems: [],
  bootChain: [],
  boundToMachine: false,
};

let folder: string;
let library: Library;
let writer: ImageWriter;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-writer-'));
});
beforeEach(async (context) => {
  const name = context.task.id.replaceAll(/[^a-z0-9]/gi, '');
  library = valueOf(
    await openLibrary({ folder: join(folder, name), trustedKeys: () => trustedKeysOf([key.publicKey]), signingKey: key, workers: 1 }),
  );
  writer = valueOf(await library.startImage());
});
afterEach(() => library.close());
afterAll(() => rm(folder, { recursive: true }));

const frame = (index: number): Buffer => encodeFrame(raws[index] ?? Buffer.alloc(0));

test('a captured image is published, served and trusted, and only what is missing was asked for', async () => {
  expect(ids.filter((id) => !writer.has(id))).toHaveLength(4);
  expect(valueOf(await writer.receive(Buffer.concat([frame(0), frame(1)])))).toEqual({ chunks: 2 });
  expect(ids.filter((id) => !writer.has(id))).toEqual([ids[3]]);
  expect(codeOf(await writer.publish(draft, table))).toBe('image.incomplete');
  valueOf(await writer.receive(frame(3)));
  const { osoid } = valueOf(await writer.publish(draft, table));
  const [image] = valueOf(await library.list()).images;
  expect(image).toMatchObject({ osoid, name: 'captured', revision: 3, trust: 'trusted', storedBytes: 3 * CHUNK });
  expect(image?.manifest.source.facts).toEqual({ 'system.model': 'R650' });
  expect(Buffer.from(valueOf(await library.frames([ids[3] ?? '', ids[0] ?? ''])).bytes)).toEqual(Buffer.concat([frame(3), frame(0)]));
  expect(valueOf(await library.verify()).problems).toEqual([]);
});

test('frames that are damaged, or not what their name says, are refused', async () => {
  const damaged = frame(0);
  damaged[1000] = (damaged[1000] ?? 0) ^ 1;
  expect(codeOf(await writer.receive(damaged))).toBe('frame.malformed');
  expect(codeOf(await writer.receive(encodeFrame(noise('x', 1000), { chunkId: ids[1] ?? '' })))).toBe('frame.malformed');
  expect(codeOf(await writer.receive(frame(0).subarray(0, -1)))).toBe('frame.malformed');
  expect(writer.has(ids[0] ?? '')).toBe(false);
});

test('a description that is not of these chunks is refused', async () => {
  valueOf(await writer.receive(Buffer.concat([frame(0), frame(1), frame(3)])));
  expect(codeOf(await writer.publish(draft, tableOf(ids.toReversed())))).toBe('image.content-mismatch');
  expect(codeOf(await writer.publish(draft, tableOf(ids.slice(1))))).toBe('image.content-mismatch');
  expect(valueOf(await library.list()).images).toEqual([]);
});

test('what is abandoned leaves nothing, also when the library is closed over it', async () => {
  valueOf(await writer.receive(frame(0)));
  valueOf(await writer.flush());
  expect(library.hasChunk(ids[0] ?? '')).toBe(false);
  await library.close();
  const left = await readdir((await library.state()).folder, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile()).map((entry) => entry.name)).toEqual(['rackside-library.json']);
});

test('requests for what no library has are refused', async () => {
  expect(codeOf(await library.frames([ids[0] ?? '']))).toBe('library.chunk-missing');
  expect(codeOf(await library.frames(['../../etc/passwd']))).toBe('library.bad-request');
  expect(codeOf(await library.frames(Array.from({ length: 65 }, () => ids[0] ?? '')))).toBe('library.bad-request');
  expect(codeOf(await library.show('ab'.repeat(32)))).toBe('library.no-image');
  expect(codeOf(await library.manifest('../x'))).toBe('library.no-image');
  expect(codeOf(await library.deleteImage('../../home'))).toBe('library.no-image');
});

// What the station takes of chunks that come back: only what the image names and its library lacks, each for what it is; durable and in use
// at once, in the library that is written.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FRAME_HEADER_BYTES, chunkIdOf, encodeFrame } from '../../agent/image/chunk.ts';
import { recoverFrames } from '../../agent/image/pack.ts';
import { trustedKeysOf } from '../../agent/image/signature.ts';
import { createHeals } from '../../main/library/heals.ts';
import type { Heals } from '../../main/library/heals.ts';
import type { Shelf } from '../../main/library/shelf.ts';
import { openShelf } from '../../main/library/shelf.ts';
import { noise } from '../image/real-disk.ts';
import { CHUNK, codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

const WORDS = ['a', 'b', 'a', 'c', 'd'];

let folder: string;
let small: SmallLibraries;
let shelf: Shelf;
let heals: Heals;
let osoid: string;
let job: { readonly id: string; readonly osoid: string; readonly manifestSha256: string };
let nowMs = 0;
let bugs: unknown[] = [];

const idOf = (word: string): string => chunkIdOf(noise(word, CHUNK));
const frameOf = (word: string): Buffer => encodeFrame(noise(word, CHUNK));
const open = async (...names: readonly [string, ...string[]]): Promise<void> => {
  const keys = trustedKeysOf([small.key.publicKey]);
  const [first, ...others] = names;
  const folders = [small.path(first), ...others.map(small.path)] as const;
  shelf = valueOf(await openShelf({ folders, signingKey: small.key, trustedKeys: () => keys, workers: 1 }));
  heals = createHeals({ library: shelf, now: () => nowMs, onBug: (error) => void bugs.push(error) });
};
const close = async (): Promise<void> => {
  await heals.stop();
  await shelf.close();
};
/** Flips a byte in the frame of each word, and has a scrub find it. */
const damage = async (name: string, words: readonly string[]): Promise<void> => {
  const file = (await filesOf(small.path(name))).find((one) => one.endsWith('.pack')) ?? '';
  const bytes = await readFile(small.path(join(name, file)));
  for (const { chunkId, offset } of recoverFrames(bytes)) {
    const at = offset + FRAME_HEADER_BYTES + 1000;
    if (words.map(idOf).includes(chunkId)) bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
  await writeFile(small.path(join(name, file)), bytes);
  valueOf(await shelf.members()[0]!.library!.verify());
};
const lacking = async (): Promise<{ readonly chunks: number; readonly entries: number }> => {
  const { chunks, entries } = valueOf(await heals.missing(job));
  expect(entries).toHaveLength(1);
  return { chunks, entries: entries[0] ?? 0 };
};
const isWhole = async (): Promise<void> => expect(valueOf(await shelf.verify()).problems).toEqual([]);

beforeEach(async () => {
  [nowMs, bugs] = [0, []];
  folder = await mkdtemp(join(tmpdir(), 'rackside-heals-'));
  small = smallLibraries(folder);
  osoid = await small.add(await small.open('laptop'), 'web', WORDS);
  await small.closeAll();
  await open('laptop');
  job = { id: 'job-1', osoid, manifestSha256: valueOf(await shelf.show(osoid)).image.manifestSha256 };
});
afterEach(async () => {
  await close();
  await small.stop();
  await rm(folder, { recursive: true });
  expect(bugs).toEqual([]);
});

test('nothing is missing: nothing is opened for writing', async () => {
  const before = await filesOf(folder);
  expect(await lacking()).toEqual({ chunks: 0, entries: 0 });
  expect(await filesOf(folder)).toEqual(before);
});

test('every place of a chunk is named, distinct ones are counted, and what comes is in use at once', async () => {
  await damage('laptop', ['a', 'c']);
  expect(await lacking()).toEqual({ chunks: 2, entries: 0b01101 });
  expect(codeOf(await heals.receive(job, frameOf('a')))).toBe('ok');
  // Before anybody asks: the first batch is written before its answer.
  expect(shelf.hasChunk(idOf('a'))).toBe(true);
  expect((await filesOf(small.path('laptop'))).filter((name) => name.endsWith('.pack'))).toHaveLength(2);
  expect(await lacking()).toEqual({ chunks: 1, entries: 0b01000 });
  expect(codeOf(await heals.receive(job, frameOf('c')))).toBe('ok');
  expect(shelf.hasChunk(idOf('c'))).toBe(false);
  expect(await lacking()).toEqual({ chunks: 0, entries: 0 });
  await isWhole();
  // The damaged pack gave up what was whole of it, and went.
  expect((await filesOf(small.path('laptop'))).filter((name) => name.startsWith('quarantine'))).toEqual([]);
  await close();
  await open('laptop');
  expect(valueOf(await shelf.show(osoid)).missingChunks).toBe(0);
});

test('a pack that comes back exactly as it was takes the place of the damaged one', async () => {
  await damage('laptop', ['a', 'b', 'c', 'd']);
  const packs = (await filesOf(small.path('laptop'))).filter((name) => name.endsWith('.pack'));
  expect((await lacking()).chunks).toBe(4);
  valueOf(await heals.receive(job, Buffer.concat(['a', 'b', 'c', 'd'].map(frameOf))));
  expect((await lacking()).chunks).toBe(0);
  expect((await filesOf(small.path('laptop'))).filter((name) => name.endsWith('.pack'))).toEqual(packs);
  await isWhole();
});

describe('what does not belong', () => {
  beforeEach(() => damage('laptop', ['a', 'c']));

  const flipped = (): Buffer => {
    const frame = frameOf('c');
    frame[5000] = (frame[5000] ?? 0) ^ 1;
    return frame;
  };
  test.each<readonly [string, () => Buffer, string]>([
    ['of no chunk of the image', () => frameOf('stranger'), 'heal.not-asked'],
    ['of another one behind one that is wanted', () => Buffer.concat([frameOf('a'), frameOf('stranger')]), 'heal.not-asked'],
    ['whose content is not its name', () => encodeFrame(noise('x', CHUNK), { chunkId: idOf('c') }), 'frame.malformed'],
    ['with a flipped bit', flipped, 'frame.malformed'],
    ['cut off', () => frameOf('c').subarray(0, -1), 'frame.malformed'],
    [
      'in a batch of more than 4 MiB',
      () => Buffer.concat(Array.from({ length: 5 }, () => encodeFrame(Buffer.alloc(1024 * 1024, 'large')))),
      'heal.batch-too-large',
    ],
  ])('frames %s are refused, and nothing is kept', async (_what, frames, code) => {
    const packs = await filesOf(small.path('laptop'));
    expect(codeOf(await heals.receive(job, frames()))).toBe(code);
    expect((await lacking()).chunks).toBe(2);
    heals.onJob({ id: job.id, kind: 'verify', state: 'failed' });
    await heals.stop();
    expect(await filesOf(small.path('laptop'))).toEqual(packs);
  });

  test('a batch that comes again is no surprise', async () => {
    valueOf(await heals.receive(job, frameOf('a')));
    valueOf(await heals.receive(job, frameOf('a')));
    expect((await lacking()).chunks).toBe(1);
  });
});

test('a station that stops, or a job that ends, keeps what had not been written yet', async () => {
  await damage('laptop', ['a', 'c', 'd']);
  for (const word of ['a', 'c']) valueOf(await heals.receive(job, frameOf(word)));
  expect(shelf.hasChunk(idOf('c'))).toBe(false);
  heals.onJob({ id: job.id, kind: 'verify', state: 'running' });
  expect(shelf.hasChunk(idOf('c'))).toBe(false);
  await close();
  await open('laptop');
  expect(await lacking()).toEqual({ chunks: 1, entries: 0b10000 });
});

test('time goes by: what came is written between two questions too', async () => {
  await damage('laptop', ['a', 'c', 'd']);
  valueOf(await heals.receive(job, frameOf('a')));
  nowMs += 4999;
  valueOf(await heals.receive(job, frameOf('c')));
  expect(shelf.hasChunk(idOf('c'))).toBe(false);
  nowMs += 1;
  valueOf(await heals.receive(job, frameOf('d')));
  expect([shelf.hasChunk(idOf('c')), shelf.hasChunk(idOf('d'))]).toEqual([true, true]);
});

test('two machines at once, and an image on its way beside them: both give, and the old pack waits', async () => {
  await damage('laptop', ['a', 'c']);
  const capture = valueOf(await shelf.startImage());
  const other = { ...job, id: 'job-2' };
  expect(valueOf(await heals.missing(other)).chunks).toBe(2);
  const given = await Promise.all([heals.receive(job, frameOf('a')), heals.receive(other, Buffer.concat([frameOf('a'), frameOf('c')]))]);
  expect(given.map(codeOf)).toEqual(['ok', 'ok']);
  expect(await lacking()).toMatchObject({ chunks: 0 });
  expect(valueOf(await heals.missing(other)).chunks).toBe(0);
  expect(valueOf(await shelf.verify()).damagedImages).toEqual([]);
  await capture.abandon();
  // Asked once more, now that nobody writes.
  expect(await lacking()).toMatchObject({ chunks: 0 });
  await isWhole();
});

describe('several libraries', () => {
  test('an image that lies in one that is only read is refused with its folder, and nothing is put elsewhere', async () => {
    await small.add(await small.open('desk'), 'other', ['z']);
    await small.closeAll();
    await close();
    await open('desk', 'laptop');
    const refused = await heals.missing(job);
    expect(refused).toMatchObject({ ok: false, failure: { code: 'library.read-only' } });
    expect(refused.ok ? '' : refused.failure.message).toContain(small.path('laptop'));
    expect(codeOf(await heals.receive(job, frameOf('a')))).toBe('library.read-only');
  });

  test('what the other has is missing in the first all the same', async () => {
    await close();
    await small.copy('laptop', 'stick');
    await open('laptop', 'stick');
    await damage('laptop', ['b']);
    expect(valueOf(await shelf.show(osoid)).missingChunks).toBe(0);
    expect(await lacking()).toEqual({ chunks: 1, entries: 0b00010 });
  });

  test('an image that nobody has, and a library that is away', async () => {
    expect(codeOf(await heals.missing({ ...job, osoid: 'f'.repeat(64) }))).toBe('library.no-image');
    await rm(small.path('laptop'), { recursive: true });
    await shelf.look();
    expect(codeOf(await heals.missing(job))).toBe('library.missing');
  });
});

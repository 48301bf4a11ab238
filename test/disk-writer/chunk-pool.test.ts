// Hashing and unpacking, in line and on threads: the same answers, and nothing unverified in the slot.
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createArena } from '../../agent/disk/aligned-memory.ts';
import { startChunkPool, workersFor } from '../../agent/disk/chunk-pool.ts';
import { CHUNK_SIZE_BYTES, chunkIdOf, encodeFrame } from '../../agent/image/chunk.ts';

const chunks = [randomBytes(CHUNK_SIZE_BYTES), Buffer.alloc(CHUNK_SIZE_BYTES, 'text that compresses '), randomBytes(1536)];
const expected = chunks.map((raw) => ({ chunkId: chunkIdOf(raw), lengthBytes: raw.length }));
const frames = chunks.map((raw) => encodeFrame(raw));
const frameOf = (n: number): Buffer => frames[n] ?? Buffer.alloc(0);
const never = new AbortController().signal;

describe.each([0, 2])('%i workers', (workers) => {
  test('unpacks a batch to its places and hashes it to the same names', async () => {
    const arena = createArena(1, 4 * CHUNK_SIZE_BYTES);
    const slot = await arena.take(never);
    const pool = startChunkPool(arena.memory, workers);
    const place = { slotOffsetBytes: slot.offsetBytes, chunkSizeBytes: CHUNK_SIZE_BYTES };
    const unpacked = await pool.run({ kind: 'unpack', ...place, frames: new Uint8Array(Buffer.concat(frames)), expected });
    expect(unpacked.ok).toBe(true);
    for (const [n, raw] of chunks.entries())
      expect(slot.bytes.subarray(n * CHUNK_SIZE_BYTES, n * CHUNK_SIZE_BYTES + raw.length).equals(raw)).toBe(true);
    const hashed = await pool.run({ kind: 'hash', ...place, lengthBytes: 2 * CHUNK_SIZE_BYTES + 1536 });
    const digests = Buffer.concat(chunks.map((raw) => createHash('sha256').update(raw).digest()));
    expect(hashed.ok && digests.equals(hashed.value.digests)).toBe(true);
    await pool.stop();
  });

  test.each([
    ['a turned bit', () => Buffer.concat([frameOf(0), turned(frameOf(1)), frameOf(2)]), 1],
    ['a cut-off answer', () => Buffer.concat(frames).subarray(0, -1), 2],
    ['another order', () => Buffer.concat([frameOf(1), frameOf(0), frameOf(2)]), 0],
    ['nothing', () => Buffer.alloc(0), 0],
  ] as const)('%s: the chunk is named and its place untouched', async (_what, bytes, bad) => {
    const arena = createArena(1, 4 * CHUNK_SIZE_BYTES);
    const slot = await arena.take(never);
    const pool = startChunkPool(arena.memory, workers);
    const answer = await pool.run({
      kind: 'unpack',
      slotOffsetBytes: slot.offsetBytes,
      chunkSizeBytes: CHUNK_SIZE_BYTES,
      frames: new Uint8Array(bytes()),
      expected,
    });
    expect(answer).toMatchObject({
      ok: false,
      failure: { code: 'image.chunk-corrupt', message: expect.stringContaining(expected[bad]?.chunkId ?? '?') },
    });
    const place = slot.bytes.subarray(bad * CHUNK_SIZE_BYTES, (bad + 1) * CHUNK_SIZE_BYTES);
    expect(place.every((byte) => byte === 0)).toBe(true);
    await pool.stop();
  });
});

test('threads are for machines with cores and memory to spare', () => {
  const gib = 1024 ** 3;
  expect([workersFor(1, 64 * gib), workersFor(2, gib / 4), workersFor(2, gib), workersFor(64, 64 * gib)]).toEqual([0, 0, 2, 8]);
});

const turned = (frame: Buffer): Buffer => {
  const copy = Buffer.from(frame);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
};

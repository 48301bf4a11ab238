// Hashing and unpacking, in line and on threads: the same answers.
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

/** A slot for chunks and one with `sent` as it came over the wire, in one memory. */
const bench = async (workers: number, sent: Buffer) => {
  const arena = createArena(2, 4 * CHUNK_SIZE_BYTES);
  const [slot, frameSlot] = [await arena.take(never), await arena.take(never)];
  frameSlot.bytes.set(sent);
  return {
    slot,
    pool: startChunkPool(arena.memory, workers),
    place: { slotOffsetBytes: slot.offsetBytes, chunkSizeBytes: CHUNK_SIZE_BYTES },
    received: { framesOffsetBytes: frameSlot.offsetBytes, framesBytes: sent.length },
  };
};

describe.each([0, 2])('%i workers', (workers) => {
  test('unpacks a batch to its places and hashes it to the same names', async () => {
    const { slot, pool, place, received } = await bench(workers, Buffer.concat(frames));
    const unpacked = await pool.run({ kind: 'unpack', ...place, ...received, expected });
    expect(unpacked.ok).toBe(true);
    for (const [n, raw] of chunks.entries())
      expect(slot.bytes.subarray(n * CHUNK_SIZE_BYTES, n * CHUNK_SIZE_BYTES + raw.length).equals(raw)).toBe(true);
    const hashed = await pool.run({ kind: 'hash', ...place, lengthBytes: 2 * CHUNK_SIZE_BYTES + 1536 });
    const digests = Buffer.concat(chunks.map((raw) => createHash('sha256').update(raw).digest()));
    expect(hashed.ok && digests.equals(hashed.value.digests)).toBe(true);
    await pool.stop();
  });

  // They are kept for every 4 MiB of a capture: what hangs on them adds up to gigabytes.
  test.each(['hash', 'name'] as const)('digests (%s) hold no more memory than they need', async (kind) => {
    const { pool, place } = await bench(workers, Buffer.concat(frames));
    const answer = await pool.run({ kind, ...place, lengthBytes: 4 * CHUNK_SIZE_BYTES });
    expect(answer.ok && [answer.value.digests.length, answer.value.digests.buffer.byteLength]).toEqual([4 * 32, 4 * 32]);
    await pool.stop();
  });

  test.each([
    ['a turned bit', () => Buffer.concat([frameOf(0), turned(frameOf(1)), frameOf(2)]), 1],
    ['a cut-off answer', () => Buffer.concat(frames).subarray(0, -1), 2],
    ['another order', () => Buffer.concat([frameOf(1), frameOf(0), frameOf(2)]), 0],
    ['nothing', () => Buffer.alloc(0), 0],
  ] as const)('%s: the chunk is named', async (_what, bytes, bad) => {
    const { pool, place, received } = await bench(workers, bytes());
    const answer = await pool.run({ kind: 'unpack', ...place, ...received, expected });
    expect(answer).toMatchObject({
      ok: false,
      failure: { code: 'image.chunk-corrupt', message: expect.stringContaining(expected[bad]?.chunkId ?? '?') },
    });
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

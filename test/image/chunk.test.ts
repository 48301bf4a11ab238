import { constants, crc32, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHUNK_SIZE_BYTES,
  FRAME_HEADER_BYTES,
  LARGE_CHUNK_SIZE_BYTES,
  chunkIdOf,
  decodeFrame,
  encodeFrame,
  isAllZero,
  splitFrames,
} from '../../agent/image/chunk.ts';
import { noise } from './real-disk.ts';

describe('frames', () => {
  test('give back what went in, and keep what does not compress as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 1, max: 40 }), (bytes, times) => {
        const raw = Buffer.concat(Array.from({ length: times }, () => bytes));
        const decoded = decodeFrame(encodeFrame(raw));
        expect(decoded.ok && Buffer.from(decoded.value.raw).equals(raw)).toBe(true);
      }),
      { numRuns: 50 },
    );
    const random = noise('x', CHUNK_SIZE_BYTES);
    expect(encodeFrame(random).length).toBe(CHUNK_SIZE_BYTES + FRAME_HEADER_BYTES);
    expect(encodeFrame(Buffer.alloc(LARGE_CHUNK_SIZE_BYTES, 'text ')).length).toBeLessThan(1000);
  });

  test('show every flipped bit', () => {
    const frame = encodeFrame(Buffer.from('some text that compresses well. '.repeat(20)));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = Buffer.from(frame);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeFrame(flipped).ok).toBe(false);
    }
  });

  test('never throw on bytes from strangers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect([decodeFrame(bytes).ok, splitFrames(bytes).ok]).toEqual([false, false]);
      }),
    );
  });

  test('that unpack to more than they claim are refused without unpacking them', () => {
    const body = zstdCompressSync(Buffer.alloc(512 * 1024 * 1024), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const frame = encodeFrame(Buffer.alloc(1_000_000, 'a'));
    const header = Buffer.from(frame.subarray(0, FRAME_HEADER_BYTES));
    header.writeUInt32LE(body.length, 12);
    header.writeUInt32LE(crc32(body), 48);
    header.writeUInt32LE(crc32(header.subarray(0, 52)), 52);
    const before = process.memoryUsage().rss;
    expect(decodeFrame(Buffer.concat([header, body]))).toMatchObject({ ok: false, failure: { code: 'frame.malformed' } });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('with the right checksum but another content are refused', () => {
    const frame = encodeFrame(Buffer.from('content'), { chunkId: chunkIdOf(Buffer.from('another')) });
    expect(decodeFrame(frame).ok).toBe(false);
  });
});

test('zeros are seen at every position', () => {
  for (const length of [1, 511, 4096, LARGE_CHUNK_SIZE_BYTES + 5]) {
    const bytes = Buffer.alloc(length);
    expect(isAllZero(bytes)).toBe(true);
    bytes[length - 1] = 1;
    expect(isAllZero(bytes)).toBe(false);
  }
});

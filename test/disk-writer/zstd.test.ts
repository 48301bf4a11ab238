import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInDecompress, nativeCompress, nativeDecompress } from '../../agent/disk/zstd.ts';
import type { Decompress } from '../../agent/disk/zstd.ts';
import { decodeFrame, encodeFrame } from '../../agent/image/chunk.ts';
import { builtInCompress } from '../../agent/image/encode-frame.ts';
import type { Compress } from '../../agent/image/encode-frame.ts';

const native = nativeDecompress();
const ways: readonly (readonly [string, Decompress | null])[] = [
  ['node:zlib', builtInDecompress],
  ['libzstd', native],
];

describe.each(ways)('decompression by %s', (_name, decompress) => {
  it.skipIf(decompress === null)('fills its memory exactly, and nothing beside it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200_000 }), fc.integer({ min: 0, max: 4096 }), (raw, at) => {
        const memory = Buffer.alloc(raw.length + at + 64, 0xa5);
        expect(decompress?.(zstdCompressSync(raw), memory.subarray(at, at + raw.length))).toBe(true);
        expect(memory.subarray(at, at + raw.length).equals(raw)).toBe(true);
        expect(memory.subarray(0, at).every((byte) => byte === 0xa5)).toBe(true);
        expect(memory.subarray(at + raw.length).every((byte) => byte === 0xa5)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.skipIf(decompress === null)('refuses a frame of another length, a damaged one and a bomb, and writes nothing outside', () => {
    const raw = Buffer.from('rackside '.repeat(4000));
    const stored = zstdCompressSync(raw);
    const memory = Buffer.alloc(raw.length + 4096, 0xa5);
    const into = memory.subarray(0, raw.length);
    expect(decompress?.(stored, into.subarray(0, raw.length - 1))).toBe(false);
    expect(decompress?.(stored, memory.subarray(0, raw.length + 1))).toBe(false);
    expect(decompress?.(stored.subarray(0, stored.length - 5), into)).toBe(false);
    expect(decompress?.(randomBytes(500), into)).toBe(false);
    expect(decompress?.(new Uint8Array(), into)).toBe(false);
    expect(decompress?.(zstdCompressSync(Buffer.alloc(256 * 1024 * 1024)), into)).toBe(false);
    expect(memory.subarray(raw.length + 1).every((byte) => byte === 0xa5)).toBe(true);
  });

  it.skipIf(decompress === null)('never throws on what a stranger sends', () => {
    const stored = zstdCompressSync(Buffer.from('rackside '.repeat(4000)));
    const into = Buffer.alloc(36_000);
    fc.assert(
      fc.property(fc.nat(stored.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(stored);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(typeof decompress?.(damaged, into)).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});

const compressions: readonly (readonly [string, Compress | null])[] = [
  ['node:zlib', builtInCompress],
  ['libzstd', nativeCompress()],
];

describe.each(compressions)('compression by %s', (_name, compress) => {
  it.skipIf(compress === null)('gives back what went in, by either way of unpacking, and writes nothing outside of its memory', () => {
    // Chunks of several lengths one after another: the context is the same, and must remember nothing.
    const chunk = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.integer({ min: 1, max: 200 }), fc.constantFrom(1, 3, 9));
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1, maxLength: 5 }), (chunks) => {
        for (const [bytes, times, level] of chunks) {
          const raw = Buffer.concat(Array.from({ length: times }, () => bytes));
          const memory = Buffer.alloc(raw.length + 1024, 0xa5);
          const length = compress?.(raw, level, memory.subarray(0, raw.length + 512)) ?? expect.fail('it does not fit');
          for (const decompress of [builtInDecompress, native]) {
            const back = Buffer.alloc(raw.length);
            if (decompress !== null) expect([decompress(memory.subarray(0, length), back), back.equals(raw)]).toEqual([true, true]);
          }
          expect(memory.subarray(raw.length + 512).every((byte) => byte === 0xa5)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.skipIf(compress === null)('says so when it does not fit, and frames of it hold the chunk as it is', () => {
    const raw = randomBytes(256 * 1024);
    const memory = Buffer.alloc(raw.length, 0xa5);
    expect(compress?.(raw, 3, memory.subarray(0, 200_000))).toBeNull();
    expect(memory.subarray(200_000).every((byte) => byte === 0xa5)).toBe(true);
    const frame = encodeFrame(raw, compress === null ? {} : { compress });
    expect(decodeFrame(frame)).toMatchObject({ ok: true, value: { header: { codec: 'raw' } } });
  });

  it.skipIf(compress === null)('makes frames of chunks of every size that a library reads', () => {
    for (const size of [1, 512, 4096, 100_000, 256 * 1024, 256 * 1024 + 1, 1024 * 1024]) {
      const raw = Buffer.alloc(size, 'a line of text, and ');
      const decoded = decodeFrame(encodeFrame(raw, compress === null ? {} : { compress }));
      expect(decoded.ok && Buffer.from(decoded.value.raw).equals(raw)).toBe(true);
    }
  });
});

/** Node has a zstd of its own and lets every library see it: of two versions, each must stay with its own functions. */
it.skipIf(native === null)('libzstd and the zstd inside Node work beside each other', () => {
  const compress = nativeCompress() ?? expect.fail('libzstd only unpacks');
  for (let n = 0; n < 50; n++) {
    const raw = Buffer.concat([randomBytes(1000), Buffer.alloc(200_000, `line ${n} `)]);
    const [one, other] = [Buffer.alloc(raw.length), Buffer.alloc(raw.length)];
    const [length, otherLength] = [compress(raw, 3, one), builtInCompress(raw, 3, other)];
    const back = Buffer.alloc(raw.length);
    expect(builtInDecompress(one.subarray(0, length ?? 0), back) && back.equals(raw)).toBe(true);
    expect(native?.(other.subarray(0, otherLength ?? 0), back) === true && back.equals(raw)).toBe(true);
  }
});

it.skipIf(!existsSync('/usr/lib/x86_64-linux-gnu/libzstd.so.1'))('libzstd is used where this system has it', () => {
  expect(native).not.toBeNull();
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockMap } from '../../../agent/image/used/block-map.ts';
import { crc32c } from '../../../agent/image/used/crc32c.ts';

const steps = fc.array(fc.tuple(fc.constantFrom('free' as const, 'use' as const), fc.nat(200_000), fc.nat(200_000)), { maxLength: 12 });

describe('a map of blocks', () => {
  test('frees inwards, uses outwards, and tells the same as a list of bytes', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(1, 2, 16),
        fc.constantFrom(0, -1, -7),
        fc.integer({ min: 1, max: 200_000 }),
        (todo, unit, shift, size) => {
          const origin = Math.max(shift, 1 - unit);
          const map = createBlockMap({ sizeBytes: size, blockSizeBytes: unit, originBytes: origin });
          const blocks = new Uint8Array(Math.ceil((size - origin) / unit)).fill(1);
          for (const [what, at, length] of todo) {
            const offset = Math.min(at, size - 1);
            const count = Math.min(length, size - offset);
            map[what](offset, count);
            for (let block = 0; block < blocks.length; block++) {
              const start = Math.max(0, origin + block * unit);
              const end = Math.min(size, origin + (block + 1) * unit);
              if (what === 'free' && start >= offset && end <= offset + count) blocks[block] = 0;
              if (what === 'use' && count > 0 && end > offset && start < offset + count) blocks[block] = 1;
            }
          }
          const seen = new Uint8Array(blocks.length);
          let before = -1;
          for (const { offsetBytes, lengthBytes } of map.ranges()) {
            expect(offsetBytes).toBeGreaterThan(before);
            expect(lengthBytes).toBeGreaterThan(0);
            before = offsetBytes + lengthBytes;
            seen.fill(1, Math.floor((offsetBytes - origin) / unit), Math.ceil((before - origin) / unit));
          }
          expect(Buffer.compare(seen, blocks)).toBe(0);
          const bits = map.bits();
          expect(blocks.every((used, block) => (((bits[block >> 3] ?? 0) >> (block & 7)) & 1) === used)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('gives a part of itself, cut off at the ends', () => {
    const map = createBlockMap({ sizeBytes: 10_000, blockSizeBytes: 1000 });
    map.free(2000, 3000);
    expect([...map.rangesIn(1500, 4000)]).toEqual([
      { offsetBytes: 1500, lengthBytes: 500 },
      { offsetBytes: 5000, lengthBytes: 500 },
    ]);
    expect([...map.rangesIn(2100, 800)]).toEqual([]);
  });

  test('of 2 TiB that are all used or all free costs next to nothing', () => {
    const map = createBlockMap({ sizeBytes: 2 ** 41, blockSizeBytes: 4096 });
    map.free(4096, 2 ** 41 - 4096);
    expect([...map.ranges()]).toEqual([{ offsetBytes: 0, lengthBytes: 4096 }]);
  });
});

test('CRC-32C has the check values of RFC 3720', () => {
  const check = (bytes: Uint8Array): number => ~crc32c(0xffff_ffff, bytes) >>> 0;
  expect(check(Buffer.from('123456789'))).toBe(0xe306_9283);
  expect(check(new Uint8Array(32))).toBe(0x8a91_36aa);
  expect(check(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd_794e);
});

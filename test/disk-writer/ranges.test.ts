// Byte ranges against a model: a set of single bytes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { intersectRanges, mergeRanges, subtractRanges } from '../../agent/disk/ranges.ts';
import type { Range } from '../../agent/disk/target-disk.ts';

const range = fc.record({ offsetBytes: fc.nat(60), lengthBytes: fc.nat(20) });
const bytesOf = (ranges: readonly Range[]): readonly number[] =>
  [...new Set(ranges.flatMap(({ offsetBytes, lengthBytes }) => Array.from({ length: lengthBytes }, (_, n) => offsetBytes + n)))].toSorted(
    (a, b) => a - b,
  );

test('subtracting leaves exactly the bytes outside of every hole, in order and without empty parts', () => {
  fc.assert(
    fc.property(range, fc.array(range), (whole, holes) => {
      const gone = new Set(bytesOf(holes));
      const parts = subtractRanges(whole, holes);
      expect(parts.flatMap((part) => bytesOf([part]))).toEqual(bytesOf([whole]).filter((byte) => !gone.has(byte)));
      expect(parts.every(({ lengthBytes }) => lengthBytes > 0)).toBe(true);
    }),
  );
});

test('merging keeps the bytes and leaves a gap between any two ranges', () => {
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const merged = mergeRanges(ranges);
      expect(bytesOf(merged)).toEqual(bytesOf(ranges));
      for (const [index, { offsetBytes }] of merged.entries()) {
        const before = merged[index - 1];
        expect(before === undefined || before.offsetBytes + before.lengthBytes < offsetBytes).toBe(true);
      }
    }),
  );
});

test('an intersection holds the bytes of both', () => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const both = intersectRanges(a, b);
      const inB = new Set(bytesOf([b]));
      expect(both === null ? [] : bytesOf([both])).toEqual(bytesOf([a]).filter((byte) => inB.has(byte)));
    }),
  );
});

// Arithmetic on byte ranges: what is left when places that are not ours to touch are taken out, and neighbours made one.
import type { Range } from './target-disk.ts';

export const endOf = (range: Range): number => range.offsetBytes + range.lengthBytes;

export const rangeBetween = (offsetBytes: number, endBytes: number): Range => ({
  offsetBytes,
  lengthBytes: Math.max(0, endBytes - offsetBytes),
});

/** The parts of `range` outside every hole, in order. Holes may overlap and come in any order. */
export const subtractRanges = (range: Range, holes: readonly Range[]): readonly Range[] => {
  const parts: Range[] = [];
  let at = range.offsetBytes;
  for (const hole of holes.toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    if (endOf(hole) <= at || hole.offsetBytes >= endOf(range)) continue;
    if (hole.offsetBytes > at) parts.push(rangeBetween(at, hole.offsetBytes));
    at = Math.max(at, endOf(hole));
  }
  if (at < endOf(range)) parts.push(rangeBetween(at, endOf(range)));
  return parts;
};

/** The part that two ranges share, if any. */
export const intersectRanges = (a: Range, b: Range): Range | null => {
  const shared = rangeBetween(Math.max(a.offsetBytes, b.offsetBytes), Math.min(endOf(a), endOf(b)));
  return shared.lengthBytes > 0 ? shared : null;
};

/** Sorted, empty ones gone, touching and overlapping ones made one. */
export const mergeRanges = (ranges: readonly Range[]): readonly Range[] => {
  const merged: Range[] = [];
  for (const range of ranges.filter(({ lengthBytes }) => lengthBytes > 0).toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    const last = merged.at(-1);
    if (last !== undefined && range.offsetBytes <= endOf(last))
      merged[merged.length - 1] = rangeBetween(last.offsetBytes, Math.max(endOf(last), endOf(range)));
    else merged.push(range);
  }
  return merged;
};

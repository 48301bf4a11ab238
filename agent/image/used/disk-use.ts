// The used blocks of a whole disk, as the chunk table's bitmap has them (docs/FORMAT.md "Used blocks"): all of them are in use except
// where a partition's filesystem says that they are free.
import type { UsedBitmap } from '../chunk-table.ts';
import { compressBitmap } from '../chunk-table.ts';
import type { PartitionTable } from '../partition-table.ts';
import type { ByteRange } from './block-map.ts';
import { createBlockMap } from './block-map.ts';
import type { PartitionUse } from './used-space.ts';

const MAX_BLOCK_BYTES = 4096;
const MIN_BLOCK_BYTES = 512;
/** 128 MiB of bits at the worst, whatever the disk. */
const MAX_BLOCKS = 2 ** 30;

export type DiskUse = {
  readonly usedBytes: number;
  readonly isFree: (offsetBytes: number, lengthBytes: number) => boolean;
  /** Zeroes what is free of a piece of the disk, and what stands for zeros. True if nothing in it is used. */
  readonly clearFree: (piece: Uint8Array, offsetBytes: number) => boolean;
  readonly ranges: () => Iterable<ByteRange>;
  /** The same for a piece of the disk. */
  readonly rangesIn: (offsetBytes: number, lengthBytes: number) => Iterable<ByteRange>;
  /** Null where every block is in use: such a table needs none. */
  readonly bitmap: () => UsedBitmap | null;
};

export const diskUseOf = (table: PartitionTable, uses: readonly PartitionUse[]): DiskUse => {
  const blockSizeBytes = blockSizeOf(table.diskSizeBytes, uses);
  const map = createBlockMap({ sizeBytes: table.diskSizeBytes, blockSizeBytes });
  for (const { place } of uses) map.free(place.offsetBytes, place.lengthBytes);
  // After all of them are freed: of partitions that overlap, each keeps what it uses.
  for (const use of uses) for (const range of use.ranges()) map.use(range.offsetBytes, range.lengthBytes);
  const usedBytes = map.usedBytes();
  const blank = uses.filter((use) => standsAlone(use, uses)).flatMap((use) => use.blank);
  return {
    usedBytes,
    isFree: (offsetBytes, lengthBytes) => map.rangesIn(offsetBytes, lengthBytes).next().done === true,
    ranges: map.ranges,
    rangesIn: map.rangesIn,
    bitmap: () => (usedBytes === table.diskSizeBytes ? null : compressBitmap(map.bits(), blockSizeBytes)),
    clearFree: (piece, offsetBytes) => {
      let at = 0;
      for (const used of map.rangesIn(offsetBytes, piece.length)) {
        piece.fill(0, at, used.offsetBytes - offsetBytes);
        at = used.offsetBytes + used.lengthBytes - offsetBytes;
      }
      piece.fill(0, at);
      for (const range of blank) {
        const from = Math.max(0, range.offsetBytes - offsetBytes);
        const to = Math.min(piece.length, range.offsetBytes + range.lengthBytes - offsetBytes);
        if (from < to) piece.fill(0, from, to);
      }
      return at === 0;
    },
  };
};

/** What one partition calls zeros may be used by another that overlaps it. */
const standsAlone = ({ number, place }: PartitionUse, uses: readonly PartitionUse[]): boolean =>
  uses.every(
    (other) =>
      other.number === number ||
      other.place.offsetBytes >= place.offsetBytes + place.lengthBytes ||
      place.offsetBytes >= other.place.offsetBytes + other.place.lengthBytes,
  );

/**
 * 4 KiB, or as much less as the filesystems need so that no block is part used and part free: garbage in it would be another image.
 * Small filesystems have blocks of 1 KiB, old partitions begin at sector 63.
 */
const blockSizeOf = (diskSizeBytes: number, uses: readonly PartitionUse[]): number => {
  let odd = MAX_BLOCK_BYTES;
  const border = (before: number, at: number): void => {
    if (before < at) odd |= (before % MAX_BLOCK_BYTES) | (at % MAX_BLOCK_BYTES);
  };
  for (const { place, ranges } of uses) {
    let end = place.offsetBytes;
    for (const range of ranges()) {
      border(end, range.offsetBytes);
      end = range.offsetBytes + range.lengthBytes;
    }
    border(end, place.offsetBytes + place.lengthBytes);
  }
  const needed = Math.max(MIN_BLOCK_BYTES, odd & -odd);
  return Math.max(needed, 2 ** Math.ceil(Math.log2(diskSizeBytes / MAX_BLOCKS)));
};

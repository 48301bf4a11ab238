// Where an earlier life of the disk may have left labels that a kernel, a firmware or a storage tool would still believe: outside
// what the image writes, but at places that those programs probe. Pure.
import type { ChunkTable } from '../image/chunk-table.ts';
import { piecesOf } from './pieces.ts';
import { intersectRanges, mergeRanges, rangeBetween, subtractRanges } from './ranges.ts';
import type { Range } from './target-disk.ts';

const MIB = 1024 * 1024;
/**
 * Both ends of the disk. At the end lie the old GPT backup (last 17-24 KiB), md 0.90 (64-128 KiB before the end), md 1.0 (8-12 KiB), ZFS
 * labels 2 and 3 (last 512 KiB), DDF, IMSM and vendor RAID (last sectors); at the start LVM (first 2 KiB), md 1.1/1.2, ZFS labels 0
 * and 1 (first 512 KiB), LUKS2's second header (up to 4 MiB).
 */
const DISK_END_BYTES = 4 * MIB;
/** The same for each partition: a member of an array keeps its label in the partition's own first or last KiB. */
const PARTITION_END_BYTES = MIB;

/**
 * Ranges to be zeroed, merged and in order: both ends of the disk and of every partition of `partitions`, minus what the image
 * itself determines (data and zero chunks) and minus `reserved`.
 */
export const stalePlaces = (
  diskSizeBytes: number,
  table: ChunkTable,
  partitions: readonly Range[],
  reserved: readonly Range[],
): readonly Range[] => {
  const whole = { offsetBytes: 0, lengthBytes: diskSizeBytes };
  const places = mergeRanges(
    [...bothEnds(whole, DISK_END_BYTES), ...partitions.flatMap((one) => bothEnds(one, PARTITION_END_BYTES))].flatMap(within(whole)),
  );
  const image = [...piecesOf(table, ['data', 'zero'], Infinity)];
  return places.flatMap((place) =>
    subtractRanges(place, [...image.filter((piece) => intersectRanges(piece, place) !== null), ...reserved]),
  );
};

/** What the image leaves free and a disk may forget: runs of skipped chunks and everything beyond the image. */
export const freeRanges = (diskSizeBytes: number, table: ChunkTable, reserved: readonly Range[]): readonly Range[] =>
  mergeRanges([...piecesOf(table, ['skip'], Infinity), rangeBetween(table.diskSizeBytes, diskSizeBytes)]).flatMap((range) =>
    subtractRanges(range, reserved),
  );

const bothEnds = (range: Range, lengthBytes: number): readonly Range[] => {
  const length = Math.min(lengthBytes, range.lengthBytes);
  return [
    { offsetBytes: range.offsetBytes, lengthBytes: length },
    { offsetBytes: range.offsetBytes + range.lengthBytes - length, lengthBytes: length },
  ];
};

const within =
  (whole: Range) =>
  (range: Range): readonly Range[] => {
    const shared = intersectRanges(range, whole);
    return shared === null ? [] : [shared];
  };

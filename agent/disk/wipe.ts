// Acts on stale-places.ts: tells the disk what is free, then makes sure that no old label is left to be believed.
import { readPartitionTable } from '../image/read-table.ts';
import type { PartitionTable, SectorBytes } from '../image/partition-table.ts';
import { partitionOffsetBytes, partitionSizeBytes } from '../image/partition-table.ts';
import { SEED_COPY_MOST_BYTES, isSeedLabel } from '../image/choose-growth.ts';
import { identifyFilesystem } from '../image/filesystem.ts';
import { intersectRanges } from './ranges.ts';
import { freeRanges, stalePlaces } from './stale-places.ts';
import type { Range, TargetDisk } from './target-disk.ts';
import { readBytes } from './target-disk.ts';
import type { Workbench } from './workbench.ts';

/** Smaller free runs are not worth a discard: most disks round it away, and each one costs a process. */
const DISCARD_MIN_BYTES = 8 * 1024 * 1024;
const DISCARD_MOST_RANGES = 2000;

/** Zeros the labels of whatever was on the disk before. Must run while the old partition table is still there to be read. */
export const wipeOldLabels = async (bench: Workbench): Promise<number> => {
  const old = await readPartitionTable(readerOf(bench.disk), {
    sizeBytes: bench.disk.sizeBytes,
    logicalSectorBytes: bench.disk.logicalSectorBytes as SectorBytes,
  });
  return zeroAll(bench, old.ok ? partitionRanges(old.value) : []);
};

/**
 * Zeros the settings that another deploy left for this machine, where the image has nothing to say of their place: they may be secrets.
 * Must run while the old partition table is still there to be read.
 */
export const wipeOldSettings = async (bench: Workbench): Promise<void> => {
  const { disk } = bench;
  const read = readerOf(disk);
  const old = await readPartitionTable(read, { sizeBytes: disk.sizeBytes, logicalSectorBytes: disk.logicalSectorBytes as SectorBytes });
  if (!old.ok) return;
  const free = freeRanges(disk.sizeBytes, bench.table, bench.reserved);
  for (const range of partitionRanges(old.value)) {
    if (range.lengthBytes > SEED_COPY_MOST_BYTES || !isSeedLabel((await identifyFilesystem(read, range.offsetBytes))?.label)) continue;
    for (const place of free.flatMap((one) => intersectRanges(one, range) ?? [])) await disk.zero(place.offsetBytes, place.lengthBytes);
  }
};

/** Discards free space, then zeros the places of `partitions` (the image's own) and both ends of the disk. Returns the bytes zeroed. */
export const wipeFreeSpace = async (bench: Workbench, partitions: readonly Range[]): Promise<number> => {
  const free = freeRanges(bench.disk.sizeBytes, bench.table, bench.reserved).filter(({ lengthBytes }) => lengthBytes >= DISCARD_MIN_BYTES);
  for (const range of free.toSorted((a, b) => b.lengthBytes - a.lengthBytes).slice(0, DISCARD_MOST_RANGES)) {
    bench.signal.throwIfAborted();
    await bench.disk.discard(range.offsetBytes, range.lengthBytes);
  }
  return zeroAll(bench, partitions);
};

export const partitionRanges = (table: PartitionTable): readonly Range[] =>
  table.partitions.map((one) => ({ offsetBytes: partitionOffsetBytes(table, one), lengthBytes: partitionSizeBytes(table, one) }));

/** A disk for the readers in agent/image; like them it gives fewer bytes at the end, and none behind it, where old tables may point. */
export const readerOf =
  (disk: Pick<TargetDisk, 'sizeBytes' | 'read'>) =>
  async (offsetBytes: number, lengthBytes: number): Promise<Buffer> =>
    offsetBytes < disk.sizeBytes ? readBytes(disk, offsetBytes, Math.min(lengthBytes, disk.sizeBytes - offsetBytes)) : Buffer.alloc(0);

const zeroAll = async (bench: Workbench, partitions: readonly Range[]): Promise<number> => {
  let zeroedBytes = 0;
  for (const place of stalePlaces(bench.disk.sizeBytes, bench.table, partitions, bench.reserved)) {
    bench.signal.throwIfAborted();
    await bench.disk.zero(place.offsetBytes, place.lengthBytes);
    zeroedBytes += place.lengthBytes;
  }
  return zeroedBytes;
};

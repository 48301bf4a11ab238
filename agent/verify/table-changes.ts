// The disk's partition table held against the image's, entry by entry, and what of the image a deploy rewrites because of it. The
// chunks alone would not tell a table that a deploy fitted to the disk from one that somebody edited.
import { isSeedLabel } from '../image/choose-growth.ts';
import type { DiskContent } from '../image/content.ts';
import { identifyFilesystem } from '../image/filesystem.ts';
import { entriesSectors } from '../image/gpt.ts';
import type { FoundFilesystem } from '../image/manifest.ts';
import type { Partition, PartitionTable, ReadAt } from '../image/partition-table.ts';
import { partitionOffsetBytes, partitionSizeBytes } from '../image/partition-table.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { Range } from '../disk/target-disk.ts';
import { isOwnChange } from '../protocol/verify.ts';
import type { OwnRange, TableChange } from '../protocol/verify.ts';

type ImagePartition = DiskContent['table']['partitions'][number];

/** `onDisk` null: it cannot be read. The numbers are those of the entries. */
export const tableChanges = async (
  { table }: DiskContent,
  onDisk: PartitionTable | null,
  read: ReadAt,
): Promise<readonly TableChange[]> => {
  if (onDisk === null || onDisk.kind !== table.kind) return [{ number: null, change: 'unreadable' }];
  const changes: TableChange[] = onDisk.id === table.id ? [] : [{ number: null, change: 'changed' }];
  for (const one of table.partitions) {
    const change = changeOf(
      one,
      onDisk.partitions.find(({ number }) => number === one.number),
    );
    if (change !== null) changes.push({ number: one.number, change });
  }
  for (const one of onDisk.partitions) {
    if (table.partitions.some(({ number }) => number === one.number)) continue;
    const isSettings = isSeedLabel((await identifyFilesystem(read, partitionOffsetBytes(onDisk, one)))?.label);
    changes.push({ number: one.number, change: isSettings ? 'settings' : 'added' });
  }
  return changes;
};

const changeOf = (image: ImagePartition, onDisk: Partition | undefined): TableChange['change'] | null => {
  if (onDisk === undefined) return 'missing';
  const isSameEntry = (['type', 'guid', 'attributes', 'name'] as const).every((key) => image[key] === onDisk[key]);
  if (!isSameEntry) return 'changed';
  if (image.startLba === onDisk.startLba && image.sectors === onDisk.sectors) return null;
  if (image.startLba === onDisk.startLba && image.sectors < onDisk.sectors) return 'longer';
  return image.sectors === onDisk.sectors && image.startLba < onDisk.startLba ? 'moved' : 'changed';
};

/**
 * Where a deploy to this disk rewrites the image's bytes, as far as the table tells. In a partition that grew that is all of it: which
 * blocks its filesystem gave new content no table says.
 */
export const ownPlaces = (
  content: DiskContent,
  onDisk: PartitionTable | null,
  changes: readonly TableChange[],
  image: { readonly filesystems: readonly FoundFilesystem[]; readonly hasSettings: boolean },
): readonly OwnRange[] => {
  if (onDisk === null) return [];
  const whole: Range = { offsetBytes: 0, lengthBytes: content.sizeBytes };
  const named = (ranges: readonly Range[], why: string): readonly OwnRange[] =>
    ranges.flatMap((range) => intersectRanges(range, whole) ?? []).map((range) => ({ ...range, why }));
  const spans = (change: TableChange['change']): readonly Range[] =>
    onDisk.partitions
      .filter(({ number }) => changes.some((one) => one.number === number && one.change === change))
      .map((one) => spanOf(onDisk, one));
  const isFitted = onDisk.diskSizeBytes > content.sizeBytes || changes.some(isOwnChange);
  const ownSettings = image.filesystems.filter(({ label }) => image.hasSettings && isSeedLabel(label)).map(({ number }) => number);
  return [
    ...named(isFitted ? tablePlaces(onDisk) : [], 'partition table fitted to this disk'),
    ...named(spans('longer'), 'in a partition that grew'),
    ...named(spans('moved'), 'moved to make room'),
    ...named(
      [...spans('settings'), ...onDisk.partitions.filter(({ number }) => ownSettings.includes(number)).map((one) => spanOf(onDisk, one))],
      'settings of this machine',
    ),
  ];
};

const spanOf = (table: PartitionTable, one: Partition): Range => ({
  offsetBytes: partitionOffsetBytes(table, one),
  lengthBytes: partitionSizeBytes(table, one),
});

const MBR_ENTRIES: Range = { offsetBytes: 446, lengthBytes: 64 };

/** The bytes of the table itself: what they say is compared entry by entry, and boot code is none of them. */
const tablePlaces = (table: PartitionTable): readonly Range[] => {
  const sector = table.logicalSectorBytes;
  if (table.gpt !== null) {
    const { entriesLba, backupLba } = table.gpt;
    const entries = entriesSectors(table);
    return [
      MBR_ENTRIES,
      { offsetBytes: sector, lengthBytes: sector },
      { offsetBytes: entriesLba * sector, lengthBytes: entries * sector },
      { offsetBytes: (backupLba - entries) * sector, lengthBytes: (entries + 1) * sector },
    ];
  }
  const records = [...(table.mbr?.recordLbas.values() ?? [])];
  return table.kind === 'mbr' ? [MBR_ENTRIES, ...records.map((lba) => ({ offsetBytes: lba * sector, lengthBytes: sector }))] : [];
};

// Which bytes of a disk its filesystems use: the one answer that capture (on the target) and import (on the station) share, so that
// both come to the same image and OSOID. docs/FORMAT.md "Used blocks" has the rules.
import type { Failure } from '../../protocol/failure.ts';
import { identifyFilesystem } from '../filesystem.ts';
import type { FoundFilesystem } from '../manifest.ts';
import type { Partition, PartitionTable, ReadAt } from '../partition-table.ts';
import { BIOS_BOOT_TYPE, isEsp, partitionOffsetBytes, partitionSizeBytes } from '../partition-table.ts';
import { cachedReads } from '../read-cache.ts';
import type { ByteRange } from './block-map.ts';
import type { FilesystemReading } from './filesystem-reading.ts';
import { FILESYSTEM_READERS, readFilesystem } from './filesystem-reading.ts';
import { readLvm } from './lvm.ts';
import type { PhysicalVolumes } from './lvm-group.ts';
import { physicalVolumesIn } from './lvm-volume.ts';
import type { UsedReader, UsedSpace, Volume } from './volume.ts';
import { unsupported, volumeAt } from './volume.ts';

/** One partition: what is in it, and which of its bytes an image needs. */
export type PartitionUse = FoundFilesystem & {
  /** Where the partition lies on the disk, cut off at the disk's end. */
  readonly place: ByteRange;
  /** What the filesystem counts its space in; the sector size where the partition is taken whole. */
  readonly blockSizeBytes: number;
  readonly usedBytes: number;
  /** Stretches in use in ascending order, none touching the next, relative to the disk; read anew at every call. */
  readonly ranges: () => Iterable<ByteRange>;
  /** What of these stands for zeros, whatever it holds; in order within a filesystem. */
  readonly blank: readonly ByteRange[];
  /**
   * Why a filesystem, or one in a logical volume here, was not read although its kind can be, and is therefore taken whole:
   * `filesystem.dirty`, `.hibernated`, `.spans-disks`, `.malformed`, `.unsupported`, `.ambiguous`. Null where all were read, or
   * are of kinds that are always taken whole.
   */
  readonly obstacle: Failure | null;
  /** True if a capture must stop at the obstacle: the filesystem may not be what its last user saw. */
  readonly refuses: boolean;
};

const MICROSOFT_RESERVED_TYPE = 'e3c9e316-0b5c-4db8-817d-f92df00215ae';
const PREP_TYPES: readonly string[] = ['9e1a2d38-c612-4316-aa26-8b49521e5a8b', '0x41'];

/** Windows' own volume managers: dynamic disks (LDM) and storage pools, whose volumes may lie in pieces or on several disks. */
const MANAGED_TYPES: readonly string[] = [
  '0x42',
  'af9b60a0-1431-4f62-bc68-3311714a69ad',
  '5808c8aa-7e8f-42e0-85d2-e904e434cfb3',
  'e75caf8f-f680-4cee-afa3-b001e56efc2d',
];

/** What firmware reads by itself, and what has no filesystem: kept to the last byte. */
const isKeptExactly = (partition: Partition): boolean =>
  isEsp(partition) || [BIOS_BOOT_TYPE, MICROSOFT_RESERVED_TYPE, ...PREP_TYPES].includes(partition.type);

/**
 * One answer per partition, in the order of the table. Reads what the filesystems themselves say: about 1/30000 of their size. Whatever
 * the bytes are is a value; rejects only when `read` does, or when the signal says so.
 */
export const readUsedSpace = async (
  source: ReadAt,
  table: PartitionTable,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly PartitionUse[]> => {
  const cached = cachedReads(source);
  const read: ReadAt = (offset, length) => {
    options.signal?.throwIfAborted();
    return cached(offset, length);
  };
  const volumes = table.partitions.map((partition) => {
    const offsetBytes = Math.min(partitionOffsetBytes(table, partition), table.diskSizeBytes);
    const lengthBytes = Math.min(partitionSizeBytes(table, partition), table.diskSizeBytes - offsetBytes);
    return { partition, place: { offsetBytes, lengthBytes }, volume: volumeAt(read, offsetBytes, lengthBytes) };
  });
  const present = await physicalVolumesIn(volumes.map(({ volume }) => volume));
  const uses: PartitionUse[] = [];
  for (const { partition, place, volume } of volumes) {
    const found = await identifyFilesystem(read, place.offsetBytes);
    const whole: PartitionUse = {
      number: partition.number,
      kind: found?.kind ?? null,
      label: found?.label?.toWellFormed() ?? null,
      uuid: found?.uuid?.toWellFormed() ?? null,
      capture: 'whole',
      place,
      blockSizeBytes: table.logicalSectorBytes,
      usedBytes: place.lengthBytes,
      ranges: () => (place.lengthBytes > 0 ? [place] : []),
      blank: [],
      obstacle: null,
      refuses: false,
    };
    const isOpaque = place.lengthBytes === 0 || isKeptExactly(partition);
    if (isOpaque) uses.push(whole);
    else if (MANAGED_TYPES.includes(partition.type)) uses.push({ ...whole, obstacle: MANAGED });
    else uses.push(usedIn(whole, await readContent(volume, present)));
  }
  return uses;
};

const MANAGED = unsupported('it belongs to a dynamic disk or a storage pool of Windows').failure;

/** A filesystem, or a physical volume of LVM with filesystems in it. Of what lies in the latter, the worst obstacle is told. */
const readContent = async (volume: Volume, present: PhysicalVolumes): Promise<FilesystemReading<UsedSpace>> => {
  const inside: FilesystemReading<UsedSpace>[] = [];
  const lvm: UsedReader<UsedSpace> = (physical) =>
    readLvm(
      physical,
      present,
      (logical) => readFilesystem(logical, FILESYSTEM_READERS),
      (name, reading) => inside.push(ofLogicalVolume(name, reading)),
    );
  const reading = await readFilesystem<UsedSpace>(volume, { ...FILESYSTEM_READERS, lvm });
  const worst = inside.find(({ refuses }) => refuses) ?? inside[0];
  return worst === undefined || reading.obstacle !== null ? reading : { ...reading, obstacle: worst.obstacle, refuses: worst.refuses };
};

const ofLogicalVolume = (name: string, reading: FilesystemReading<UsedSpace>): FilesystemReading<UsedSpace> =>
  reading.obstacle === null
    ? reading
    : { ...reading, obstacle: { ...reading.obstacle, message: `Logical volume ${name}: ${reading.obstacle.message}` } };

const usedIn = (whole: PartitionUse, { kind, used, obstacle, refuses }: FilesystemReading<UsedSpace>): PartitionUse => {
  const named = { ...whole, kind: kind ?? whole.kind, obstacle, refuses };
  if (used === null) return named;
  const { offsetBytes } = whole.place;
  const onDisk = (range: ByteRange): ByteRange => ({ offsetBytes: offsetBytes + range.offsetBytes, lengthBytes: range.lengthBytes });
  return {
    ...named,
    capture: kind === 'swap' ? 'shell' : 'used',
    blockSizeBytes: used.blockSizeBytes,
    usedBytes: used.usedBytes(),
    ranges: function* ranges() {
      for (const range of used.ranges()) yield onDisk(range);
    },
    blank: (used.blank ?? []).map(onDisk),
  };
};

// The image's partition table fitted to this very disk: GPT backup at its end, a partition grown, what stood behind it moved, room for
// the machine's settings. Decides and writes nothing; install-table.ts and place-contents.ts carry it out.
import { identifyFilesystem } from '../image/filesystem.ts';
import { SEED_COPY_MOST_BYTES, chooseGrowth, isGrowable, isMovable, isSeedLabel } from '../image/choose-growth.ts';
import type { ChosenGrowth, GrowCandidate } from '../image/choose-growth.ts';
import type { DiskContent } from '../image/content.ts';
import { alignedDown, endOfRoom, growPartition } from '../image/grow-table.ts';
import type { Growth, MovedPartition } from '../image/grow-table.ts';
import type { FoundFilesystem } from '../image/manifest.ts';
import type { DiskPatch, Partition, PartitionTable, ReadAt } from '../image/partition-table.ts';
import { partitionOffsetBytes, partitionSizeBytes } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import { assumedTable, moveGptBackup, tablePatches } from '../image/resize-table.ts';
import { SEED_PARTITION_BYTES, placeSeed } from '../image/seed-place.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { Range, TargetDisk } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { DeployOrder } from './types.ts';

export type FittedTable = {
  readonly table: PartitionTable;
  /** Places whose bytes are not the image's because the table was fitted to this disk. */
  readonly rewritten: readonly Range[];
  /** What became longer than in the image; its filesystem is to follow. */
  readonly grown: NonNullable<ChosenGrowth> | null;
  /** Why nothing did, where growing was asked for; else null. */
  readonly whyNotGrown: string | null;
  /** Copies that make a moved partition what it was: its first bytes, or all of it. */
  readonly copies: readonly { readonly number: number; readonly from: Range; readonly toBytes: number }[];
  /** Where the settings go. */
  readonly seedPlace: Range | null;
  readonly patches: readonly DiskPatch[];
  /** Where patches, copies and settings go: no place for a wipe. */
  readonly places: readonly Range[];
};

/** What of the image and the order decides it. */
export type Fitting = {
  readonly content: DiskContent;
  readonly filesystems: readonly FoundFilesystem[];
  readonly order: Pick<DeployOrder, 'grow' | 'seed'>;
};

/** A swap's header is within its first page, which some processors make 64 KiB long. */
const SWAP_HEAD_BYTES = 64 * 1024;

/**
 * Reads the image's table (`head`: its first chunk; null where the image has no data there) and fits it. Codes: those of the table
 * readers, `disk.too-small`, `deploy.grow-*`, `settings.no-place`.
 */
export const fitTable = async (
  disk: Pick<TargetDisk, 'sizeBytes' | 'read'>,
  { content, filesystems, order }: Fitting,
  head: Buffer | null,
): Promise<Result<FittedTable>> => {
  const read = withHead(readerOf(disk), head);
  const image = await readPartitionTable(read, { sizeBytes: content.sizeBytes, logicalSectorBytes: content.logicalSectorBytes });
  if (!image.ok) return image;
  const moved = moveGptBackup(image.value, disk.sizeBytes);
  if (!moved.ok) return moved;
  const candidates = await candidatesOf(read, image.value, filesystems);
  const arranged = arrange(moved.value, candidates, order);
  if (!arranged.ok) return arranged;
  const { table, growth, chosen, whyNotGrown, seed } = arranged.value;
  const patches = await tablePatches(read, table);
  const changed: Range[] = [];
  for (const { offsetBytes, bytes } of patches) {
    // Beyond the image the manifest says nothing, so nothing there is "rewritten".
    const inImage = intersectRanges({ offsetBytes, lengthBytes: bytes.length }, { offsetBytes: 0, lengthBytes: content.sizeBytes });
    if (inImage !== null && !Buffer.from(await read(offsetBytes, bytes.length)).equals(bytes)) changed.push(inImage);
  }
  const copies = (growth?.moved ?? []).map((one) => copyOf(table, one, candidates));
  const seedPlace = seed === null ? null : { offsetBytes: partitionOffsetBytes(table, seed), lengthBytes: partitionSizeBytes(table, seed) };
  return success({
    table,
    rewritten: changed,
    grown: growth === null ? null : chosen,
    whyNotGrown,
    copies,
    seedPlace,
    patches,
    places: [
      ...patches.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length })),
      ...copies.map(({ from, toBytes }) => ({ offsetBytes: toBytes, lengthBytes: from.lengthBytes })),
      ...(seedPlace === null ? [] : [seedPlace]),
    ],
  });
};

/** The same question before anything is read from the disk, by what the manifest says: refused here, nothing has been written. */
export const checkFitting = ({ content, filesystems, order }: Fitting, diskSizeBytes: number): Result<null> => {
  const known = new Map(filesystems.map((one) => [one.number, one]));
  const candidates = content.table.partitions.map((one) => candidateOf(one, known.get(one.number)));
  const arranged = arrange(assumedTable(content, diskSizeBytes), candidates, order);
  return arranged.ok ? success(null) : arranged;
};

type Arranged = {
  readonly table: PartitionTable;
  readonly growth: Growth | null;
  readonly chosen: ChosenGrowth;
  readonly whyNotGrown: string | null;
  readonly seed: Partition | null;
};

const arrange = (table: PartitionTable, candidates: readonly GrowCandidate[], order: Fitting['order']): Result<Arranged> => {
  const sectorBytes = table.logicalSectorBytes;
  const chosen = chooseGrowth(order.grow, candidates, sectorBytes);
  if (!chosen.ok) return chosen;
  const own = candidates.find(({ label }) => isSeedLabel(label));
  const wantsSeed = order.seed !== undefined;
  // A new settings partition is placed first: it bounds what grows.
  const placed = wantsSeed && own === undefined ? placeSeed(table, order.seed?.instanceId ?? '') : success(null);
  if (!placed.ok) return placed;
  const movable = new Set(candidates.filter((one) => isMovable(one, sectorBytes)).map(({ number }) => number));
  const target = candidates.find(({ number }) => number === chosen.value?.number);
  const canGrow = target !== undefined && isGrowable(target.filesystem);
  const withSeed = placed.value === null ? table : { ...table, partitions: [...table.partitions, placed.value] };
  // At the end it only bounds the room, so that what may move still can; in a gap it is a wall like any other partition.
  const isAtEnd = placed.value !== null && table.partitions.every((one) => one.startLba < (placed.value?.startLba ?? 0));
  const limitLba = isAtEnd ? alignedDown(table, placed.value?.startLba ?? 0) : endOfRoom(table);
  const growth = canGrow ? growPartition(isAtEnd ? table : withSeed, target.number, { movable, limitLba }) : null;
  const after =
    growth === null
      ? withSeed
      : isAtEnd
        ? { ...growth.table, partitions: [...growth.table.partitions, ...partitionsOf(placed.value)] }
        : growth.table;
  const seed = placed.value ?? (wantsSeed ? (after.partitions.find(({ number }) => number === own?.number) ?? null) : null);
  if (seed !== null && seed.sectors * sectorBytes < SEED_PARTITION_BYTES)
    return failed(
      'settings.no-place',
      `Partition ${seed.number} of the image is labelled CIDATA and too small for this machine's settings.`,
      'Use an image without it, or with one of at least 4 MiB.',
    );
  return success({
    table: after,
    growth,
    chosen: chosen.value,
    whyNotGrown: chosen.value === null || growth !== null ? null : whyNot(target, canGrow),
    seed,
  });
};

const partitionsOf = (placed: Partition | null): readonly Partition[] => (placed === null ? [] : [placed]);

const whyNot = (target: GrowCandidate | undefined, canGrow: boolean): string => {
  if (target === undefined) return 'the image has no partition';
  if (canGrow) return 'the disk leaves no room behind it';
  return `partition ${target.number} holds ${target.filesystem ?? 'no known filesystem'}, which grows only from the installed system`;
};

/** Where the manifest is silent, the image's own bytes on the disk tell. */
const candidatesOf = async (
  read: ReadAt,
  table: PartitionTable,
  filesystems: readonly FoundFilesystem[],
): Promise<readonly GrowCandidate[]> => {
  const candidates: GrowCandidate[] = [];
  for (const one of table.partitions) {
    const known = filesystems.find(({ number }) => number === one.number);
    candidates.push(candidateOf(one, known ?? (await identifyFilesystem(read, partitionOffsetBytes(table, one)))));
  }
  return candidates;
};

const candidateOf = (
  { number, name, type, startLba, sectors }: Pick<Partition, 'number' | 'name' | 'type' | 'startLba' | 'sectors'>,
  found: { readonly kind: string | null; readonly label: string | null } | null | undefined,
): GrowCandidate => ({ number, name, type, startLba, sectors, filesystem: found?.kind ?? null, label: found?.label ?? null });

const copyOf = (table: PartitionTable, { number, fromLba, toLba, sectors }: MovedPartition, candidates: readonly GrowCandidate[]) => {
  const sectorBytes = table.logicalSectorBytes;
  const isSwap = candidates.some((one) => one.number === number && one.filesystem === 'swap');
  const most = isSwap ? SWAP_HEAD_BYTES : SEED_COPY_MOST_BYTES;
  return {
    number,
    from: { offsetBytes: fromLba * sectorBytes, lengthBytes: Math.min(sectors * sectorBytes, most) },
    toBytes: toLba * sectorBytes,
  };
};

/** The disk with its first bytes replaced: the table can be read before it is written. */
const withHead =
  (read: ReadAt, head: Buffer | null): ReadAt =>
  async (offsetBytes, lengthBytes) => {
    const found = Buffer.from(await read(offsetBytes, lengthBytes));
    if (head !== null && offsetBytes < head.length) head.copy(found, 0, offsetBytes, Math.min(head.length, offsetBytes + found.length));
    return found;
  };

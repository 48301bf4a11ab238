// A partition that grows into the room of a larger disk. What stands behind it may move to the end if its content is easily made
// again (swap, a settings partition); anything else stays where it is, and bounds it. Pure.
import type { Partition, PartitionTable } from './partition-table.ts';

const MIB = 1024 * 1024;
/** MBR counts sectors in 32 bits. */
const MBR_MAX_SECTORS = 2 ** 32 - 1;

export type MovedPartition = { readonly number: number; readonly fromLba: number; readonly toLba: number; readonly sectors: number };
export type Growth = {
  readonly table: PartitionTable;
  /** In the order in which they may be copied, none over another that is still to be copied. */
  readonly moved: readonly MovedPartition[];
};

/** The sector behind the last one that a partition of this disk may take. */
export const endOfRoom = (table: PartitionTable): number =>
  table.gpt === null ? Math.min(Math.floor(table.diskSizeBytes / table.logicalSectorBytes), MBR_MAX_SECTORS) : table.gpt.lastUsableLba + 1;

export const alignedDown = (table: PartitionTable, lba: number): number => {
  const alignment = MIB / table.logicalSectorBytes;
  return Math.floor(lba / alignment) * alignment;
};

const endOf = ({ startLba, sectors }: Pick<Partition, 'startLba' | 'sectors'>): number => startLba + sectors;
const isLogical = (table: PartitionTable, { number }: Partition): boolean => table.mbr?.recordLbas.has(number) === true;

/** What stands behind a partition, nearest first. */
export const partitionsBehind = (table: PartitionTable, one: Partition): readonly Partition[] =>
  table.partitions.filter(({ startLba }) => startLba >= endOf(one)).toSorted((a, b) => a.startLba - b.startLba);

/** Where a partition begins for its neighbours: a logical one has its boot record before it, and the first the extended one's start. */
const claimsFrom = (table: PartitionTable, one: Partition): number =>
  Math.min(one.startLba, table.mbr?.recordLbas.get(one.number) ?? Infinity, isLogical(table, one) ? outerStart(table, one) : Infinity);

const outerStart = (table: PartitionTable, one: Partition): number => {
  const extended = table.mbr?.extended;
  const logicals = table.partitions.filter((other) => isLogical(table, other));
  const isFirst = logicals.every((other) => other.startLba >= one.startLba);
  return extended != null && isFirst ? extended.startLba : Infinity;
};

/** True where everything behind it may move: all of it movable, and at most one logical partition, whose extended one moves with it. */
const canClear = (table: PartitionTable, one: Partition, behind: readonly Partition[], movable: ReadonlySet<number>): boolean => {
  if (!behind.every(({ number }) => movable.has(number))) return false;
  const logicals = table.partitions.filter((other) => isLogical(table, other));
  const moving = behind.filter((other) => isLogical(table, other));
  if (moving.length === 0) return true;
  return moving.length === 1 && logicals.length === 1 && !isLogical(table, one);
};

/**
 * The table with partition `number` as long as the room allows, aligned down to 1 MiB; null if nothing can be won. `limitLba` bounds
 * the room (for what is put behind it later). Only partitions: filesystems grow after, and what `moved` says has to be copied.
 */
export const growPartition = (
  table: PartitionTable,
  number: number,
  { movable = new Set<number>(), limitLba = endOfRoom(table) }: { readonly movable?: ReadonlySet<number>; readonly limitLba?: number } = {},
): Growth | null => {
  const one = table.partitions.find((candidate) => candidate.number === number);
  if (one === undefined) return null;
  // Behind the last logical partition that the chain leads to may lie those that it has lost.
  if (isLogical(table, one) && table.problems.includes('mbr-chain-damaged')) return null;
  const behind = partitionsBehind(table, one);
  const [next] = behind;
  const extended = table.mbr?.extended ?? null;
  const lastEnd = Math.max(
    ...behind.map(endOf),
    ...(extended !== null && behind.some((other) => isLogical(table, other)) ? [endOf(extended)] : []),
  );
  const shift = next !== undefined && canClear(table, one, behind, movable) ? alignedDown(table, Math.max(0, limitLba - lastEnd)) : 0;
  const limit = next === undefined ? limitLba : claimsFrom(table, next) + shift;
  // An extended partition that is not its own bounds it too, even where it is empty.
  const outer = extended !== null && !isLogical(table, one) && extended.startLba >= endOf(one) ? extended.startLba + shift : Infinity;
  const end = alignedDown(table, Math.min(limit, outer));
  if (end <= endOf(one)) return null;
  const moving = new Set(shift > 0 ? behind.map((other) => other.number) : []);
  const partitions = table.partitions.map((other) =>
    other === one
      ? { ...other, sectors: end - other.startLba }
      : moving.has(other.number)
        ? { ...other, startLba: other.startLba + shift }
        : other,
  );
  const moved = behind
    .filter((other) => moving.has(other.number))
    .map(({ number: n, startLba, sectors }) => ({ number: n, fromLba: startLba, toLba: startLba + shift, sectors }));
  // From the far end, so that none is copied over one that still has to be read.
  return { table: { ...table, partitions, mbr: grownMbr(table, one, end, moving, shift) }, moved: moved.toReversed() };
};

const grownMbr = (
  table: PartitionTable,
  one: Partition,
  end: number,
  moving: ReadonlySet<number>,
  shift: number,
): PartitionTable['mbr'] => {
  if (table.mbr?.extended == null) return table.mbr;
  const { extended, recordLbas } = table.mbr;
  if (isLogical(table, one) && end > endOf(extended)) return { ...table.mbr, extended: { ...extended, sectors: end - extended.startLba } };
  const [carried] = [...recordLbas.keys()].filter((number) => moving.has(number));
  if (carried === undefined) return table.mbr;
  return {
    ...table.mbr,
    extended: { ...extended, startLba: extended.startLba + shift },
    recordLbas: new Map([...recordLbas].map(([number, lba]) => [number, lba + shift])),
    recordsFrom: recordLbas,
  };
};

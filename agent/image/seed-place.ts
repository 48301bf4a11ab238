// Where the small FAT partition with a machine's settings lies: the image's own if it has one, else a new entry in the room that
// its partitions leave. Pure.
import { createHash } from 'node:crypto';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { alignedDown, endOfRoom } from './grow-table.ts';
import type { Partition, PartitionTable } from './partition-table.ts';

/** Room for the largest settings (protocol/seed.ts), and little enough for any gap. */
export const SEED_PARTITION_BYTES = 4 * 1024 * 1024;
/** "Microsoft basic data", as mkfs.fat's users label it; 0x0e is FAT by LBA. */
const GPT_BASIC_DATA = 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7';
const MBR_FAT_LBA = '0x0e';
/** Windows gives it no drive letter. */
const NO_DRIVE_LETTER = '8000000000000000';
/** Nothing lies before the first MiB: boot loaders and the provenance record do. */
const FIRST_BYTE = 1024 * 1024;

/**
 * The entry to add; `table` is already of this disk's size. The same settings give the same entry each time, so that a resumed job
 * comes to the same bytes. Code: `settings.no-place`.
 */
export const placeSeed = (table: PartitionTable, instanceId: string): Result<Partition> => {
  const number = freeNumber(table);
  if (table.kind === 'none') return noPlace('the image has no partition table');
  if (number === null) return noPlace(table.kind === 'mbr' ? 'its four primary entries are taken' : 'its partition table is full');
  const startLba = freeStart(table);
  if (startLba === null) return noPlace('its partitions leave no 4 MiB free');
  const isGpt = table.kind === 'gpt';
  return success({
    number,
    type: isGpt ? GPT_BASIC_DATA : MBR_FAT_LBA,
    guid: isGpt ? guidFor(`${table.id ?? ''}/${instanceId}`) : null,
    startLba,
    sectors: SEED_PARTITION_BYTES / table.logicalSectorBytes,
    attributes: isGpt ? NO_DRIVE_LETTER : '0'.repeat(16),
    name: isGpt ? 'CIDATA' : '',
  });
};

/** After the highest number where the table has room, so that no number comes to mean another partition. */
const freeNumber = (table: PartitionTable): number | null => {
  const extendedEntry = table.mbr?.extended == null ? [] : [table.mbr.extended.entry + 1];
  const taken = new Set([...table.partitions.map(({ number }) => number), ...extendedEntry]);
  const most = table.kind === 'gpt' ? (table.gpt?.entryCount ?? 128) : 4;
  const free = Array.from({ length: most }, (_, index) => index + 1).filter((number) => !taken.has(number));
  const highest = Math.max(0, ...taken);
  return free.find((number) => number > highest) ?? free[0] ?? null;
};

/** At the end where there is room, else in the first gap that has it. */
const freeStart = (table: PartitionTable): number | null => {
  const size = SEED_PARTITION_BYTES / table.logicalSectorBytes;
  const alignment = FIRST_BYTE / table.logicalSectorBytes;
  const extended = table.mbr?.extended == null ? [] : [table.mbr.extended];
  const taken = [...table.partitions, ...extended].toSorted((a, b) => a.startLba - b.startLba);
  const atEnd = alignedDown(table, endOfRoom(table) - size);
  const isFree = (start: number): boolean =>
    start >= Math.max(alignment, table.gpt?.firstUsableLba ?? 0) &&
    start + size <= endOfRoom(table) &&
    taken.every((one) => start + size <= one.startLba || start >= one.startLba + one.sectors);
  const behind = taken.map((one) => Math.ceil((one.startLba + one.sectors) / alignment) * alignment);
  return [atEnd, alignment, ...behind].find(isFree) ?? null;
};

/** A name-based GUID (RFC 9562 version 8: the hash is SHA-256). */
const guidFor = (name: string): string => {
  const bytes = createHash('sha256').update(`rackside.cidata/${name}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const noPlace = (why: string): ReturnType<typeof failed> =>
  failed(
    'settings.no-place',
    `This machine's settings find no place on the disk: ${why}.`,
    'Choose a larger disk, or an image that leaves 4 MiB and a partition entry free; or deploy without settings.',
  );

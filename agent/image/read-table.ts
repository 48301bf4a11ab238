// Finding a disk's partition table: GPT by its primary or backup copy at either sector size, else MBR, else none. A GPT that an MBR in
// sector 0 does not announce is what the disk held before: kernels, firmware and Windows go by the MBR (UEFI 2.10 §5.2.3), and so do we.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { GptEntries, GptHeader } from './gpt.ts';
import { gptTable, parseGptEntries, parseGptHeader } from './gpt.ts';
import { identifyFilesystem } from './filesystem.ts';
import { isProtective, parseMbrEntries, protectiveEnd, readMbr } from './mbr.ts';
import type { PartitionTable, ReadAt, SectorBytes, TableProblem } from './partition-table.ts';
import { partitionOffsetBytes } from './partition-table.ts';

type Disk = { readonly sizeBytes: number; readonly logicalSectorBytes: SectorBytes };
type Copy = { readonly header: GptHeader; readonly entries: Uint8Array; readonly parsed: GptEntries };

/**
 * Reads the table of a disk or image. Without `logicalSectorBytes` (an image file) 512 is tried first, then 4096; of an MBR, which does
 * not say what it counts in, that counts by which more partitions begin with something known. A disk without a table is the value
 * `kind: 'none'`; a GPT whose two copies are both damaged is `table.gpt-damaged`.
 */
export const readPartitionTable = async (
  read: ReadAt,
  disk: { readonly sizeBytes: number; readonly logicalSectorBytes?: SectorBytes },
): Promise<Result<PartitionTable>> => {
  const plain: Disk = { sizeBytes: disk.sizeBytes, logicalSectorBytes: disk.logicalSectorBytes ?? 512 };
  const sector = await read(0, 512);
  const entries = parseMbrEntries(sector);
  const sizes: readonly SectorBytes[] = disk.logicalSectorBytes === undefined ? [512, 4096] : [disk.logicalSectorBytes];
  // Without any entry at all, sector 0 was lost and the GPT is not.
  if (entries !== undefined && !isProtective(entries))
    return success((await readMbrIn(read, sector, disk.sizeBytes, sizes)) ?? noTable(plain));
  const announcedEndLba = entries === undefined ? null : protectiveEnd(entries);
  for (const logicalSectorBytes of sizes) {
    const table = await readGpt(read, { sizeBytes: disk.sizeBytes, logicalSectorBytes }, announcedEndLba);
    if (table !== undefined) return success(table);
  }
  if (entries !== undefined)
    return failed(
      'table.gpt-damaged',
      'Both copies of the partition table (GPT) are damaged.',
      'Repair it with gdisk or sgdisk, or choose another disk.',
    );
  return success(noTable(plain));
};

const noTable = (disk: Disk): PartitionTable => ({
  kind: 'none',
  diskSizeBytes: disk.sizeBytes,
  logicalSectorBytes: disk.logicalSectorBytes,
  id: null,
  partitions: [],
  problems: [],
  gpt: null,
  mbr: null,
});

const readMbrIn = async (
  read: ReadAt,
  sector: Uint8Array,
  sizeBytes: number,
  sizes: readonly SectorBytes[],
): Promise<PartitionTable | undefined> => {
  let best: PartitionTable | undefined;
  let mostKnown = -1;
  for (const logicalSectorBytes of sizes) {
    const table = await readMbr(read, sector, { sizeBytes, logicalSectorBytes });
    if (table === undefined) return undefined;
    const known = sizes.length === 1 ? 0 : await knownContents(read, table);
    if (known > mostKnown) [best, mostKnown] = [table, known];
  }
  return best;
};

/** How many partitions begin with something that is known. */
const knownContents = async (read: ReadAt, table: PartitionTable): Promise<number> => {
  if (table.diskSizeBytes % table.logicalSectorBytes !== 0) return 0;
  let known = 0;
  for (const partition of table.partitions)
    if ((await identifyFilesystem(read, partitionOffsetBytes(table, partition))) !== null) known += 1;
  return known;
};

/** `announcedEndLba`: the last sector of the disk as a protective MBR has it, which is where the backup lies on a disk that was enlarged since. */
const readGpt = async (read: ReadAt, disk: Disk, announcedEndLba: number | null): Promise<PartitionTable | undefined> => {
  const lastLba = Math.floor(disk.sizeBytes / disk.logicalSectorBytes) - 1;
  if (lastLba < 5) return undefined;
  const header = parseGptHeader(await read(disk.logicalSectorBytes, disk.logicalSectorBytes), 1);
  const primary = header === undefined ? undefined : await readEntries(read, disk, header);
  const places = primary === undefined ? [lastLba, header?.alternateLba, announcedEndLba] : [primary.header.alternateLba];
  let backup: Copy | undefined;
  for (const lba of places) if (typeof lba === 'number' && lba > 1 && lba <= lastLba) backup ??= await readCopy(read, disk, lba);
  const found = primary ?? backup;
  if (found === undefined) return undefined;
  const backupLba = primary?.header.alternateLba ?? found.header.myLba;
  return gptTable(found.header, found.entries, found.parsed, disk, gptProblems(primary, backup, backupLba, lastLba));
};

const gptProblems = (primary: Copy | undefined, backup: Copy | undefined, backupLba: number, lastLba: number): readonly TableProblem[] => {
  const problems: TableProblem[] = [];
  if (primary === undefined) problems.push('gpt-primary-damaged');
  if (backupLba > lastLba) problems.push('disk-smaller-than-table');
  else if (backup === undefined) problems.push('gpt-backup-missing');
  else if (backupLba < lastLba) problems.push('gpt-backup-not-at-end');
  if (primary !== undefined && backup !== undefined && primary.header.entriesCrc32 !== backup.header.entriesCrc32)
    problems.push('gpt-copies-differ');
  return problems;
};

const readCopy = async (read: ReadAt, disk: Disk, lba: number): Promise<Copy | undefined> => {
  const { logicalSectorBytes } = disk;
  const header = parseGptHeader(await read(lba * logicalSectorBytes, logicalSectorBytes), lba);
  return header === undefined ? undefined : readEntries(read, disk, header);
};

const readEntries = async (read: ReadAt, { logicalSectorBytes }: Disk, header: GptHeader): Promise<Copy | undefined> => {
  const entries = Uint8Array.from(await read(header.entriesLba * logicalSectorBytes, header.entryCount * header.entrySizeBytes));
  const parsed = parseGptEntries(header, entries);
  return parsed === undefined ? undefined : { header, entries, parsed };
};

// Finding a disk's partition table: GPT by its primary or backup copy at either sector size, else MBR, else none. A GPT that an MBR in
// sector 0 does not announce is what the disk held before: kernels, firmware and Windows go by the MBR (UEFI 2.10 §5.2.3), and so do we.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { GptHeader } from './gpt.ts';
import { gptTable, parseGptEntries, parseGptHeader } from './gpt.ts';
import { isProtective, parseMbrEntries, readMbr } from './mbr.ts';
import type { Partition, PartitionTable, ReadAt, SectorBytes, TableProblem } from './partition-table.ts';

type Disk = { readonly sizeBytes: number; readonly logicalSectorBytes: SectorBytes };
type Copy = { readonly header: GptHeader; readonly entries: Uint8Array; readonly partitions: readonly Partition[] };

/**
 * Reads the table of a disk or image. Without `logicalSectorBytes` (an image file) 512 is tried first, then 4096. A disk without
 * a table is the value `kind: 'none'`; a GPT whose two copies are both damaged is `table.gpt-damaged`.
 */
export const readPartitionTable = async (
  read: ReadAt,
  disk: { readonly sizeBytes: number; readonly logicalSectorBytes?: SectorBytes },
): Promise<Result<PartitionTable>> => {
  const plain: Disk = { sizeBytes: disk.sizeBytes, logicalSectorBytes: disk.logicalSectorBytes ?? 512 };
  const sector = await read(0, 512);
  const entries = parseMbrEntries(sector);
  // Without any entry at all, sector 0 was lost and the GPT is not.
  if (entries !== undefined && !isProtective(entries)) return success((await readMbr(read, sector, plain)) ?? noTable(plain));
  const sizes: readonly SectorBytes[] = disk.logicalSectorBytes === undefined ? [512, 4096] : [disk.logicalSectorBytes];
  for (const logicalSectorBytes of sizes) {
    const table = await readGpt(read, { sizeBytes: disk.sizeBytes, logicalSectorBytes });
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

const readGpt = async (read: ReadAt, disk: Disk): Promise<PartitionTable | undefined> => {
  const lastLba = Math.floor(disk.sizeBytes / disk.logicalSectorBytes) - 1;
  if (lastLba < 5) return undefined;
  const primary = await readCopy(read, disk, 1);
  const backupLba = primary?.header.alternateLba ?? lastLba;
  const backup = backupLba > lastLba ? undefined : await readCopy(read, disk, backupLba);
  const found = primary ?? backup;
  if (found === undefined) return undefined;
  return gptTable(found.header, found.entries, found.partitions, disk, gptProblems(primary, backup, backupLba, lastLba));
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
  if (header === undefined) return undefined;
  const entries = Uint8Array.from(await read(header.entriesLba * logicalSectorBytes, header.entryCount * header.entrySizeBytes));
  const partitions = parseGptEntries(header, entries);
  return partitions === undefined ? undefined : { header, entries, partitions };
};

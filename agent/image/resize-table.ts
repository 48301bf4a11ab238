// A table for another disk size: the GPT backup moves to the new end (UEFI 2.10 §5.3.2), the last partition may grow.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { encodeGptEntries, encodeGptHeader, entriesSectors } from './gpt.ts';
import { mbrPatches } from './mbr.ts';
import type { DiskPatch, Partition, PartitionTable, ReadAt } from './partition-table.ts';
import { lastPartition } from './partition-table.ts';

const MIB = 1024 * 1024;
/** MBR counts sectors in 32 bits. */
const MBR_MAX_SECTORS = 2 ** 32 - 1;

/** The same table on a disk of `diskSizeBytes`: for GPT, backup and last usable LBA follow the end. `disk.too-small` if a partition would be cut. */
export const moveGptBackup = (table: PartitionTable, diskSizeBytes: number): Result<PartitionTable> => {
  const sectors = Math.floor(diskSizeBytes / table.logicalSectorBytes);
  const backupLba = sectors - 1;
  const lastUsableLba = table.gpt === null ? sectors - 1 : backupLba - entriesSectors(table) - 1;
  const last = lastPartition(table);
  if (last !== undefined && last.startLba + last.sectors - 1 > lastUsableLba)
    return failed(
      'disk.too-small',
      `Partition ${last.number} ends beyond the ${diskSizeBytes} bytes of this disk.`,
      'Choose a larger disk or an image made for a smaller one.',
    );
  const problems = table.problems.filter((problem) => !problem.startsWith('gpt-') && problem !== 'disk-smaller-than-table');
  return success({ ...table, diskSizeBytes, problems, gpt: table.gpt === null ? null : { ...table.gpt, backupLba, lastUsableLba } });
};

/**
 * Lets the partition that ends last reach to the end of its disk, aligned down to 1 MiB; the same table if nothing can be won.
 * Only the partition: its filesystem grows after.
 */
export const growLastPartition = (table: PartitionTable): PartitionTable => {
  const last = lastPartition(table);
  if (last === undefined) return table;
  const limit = table.gpt === null ? Math.min(diskSectors(table), MBR_MAX_SECTORS) : table.gpt.lastUsableLba + 1;
  const alignment = MIB / table.logicalSectorBytes;
  const end = Math.floor(limit / alignment) * alignment;
  if (end <= last.startLba + last.sectors) return table;
  const grown: Partition = { ...last, sectors: end - last.startLba };
  return { ...table, partitions: table.partitions.map((one) => (one === last ? grown : one)), mbr: grownExtended(table, last, end) };
};

/** What to write so that the disk holds `table`. GPT: backup first, so that one good copy exists at every moment; MBR: sector 0 last. */
export const tablePatches = async (read: ReadAt, table: PartitionTable): Promise<readonly DiskPatch[]> => {
  if (table.kind === 'none') return [];
  if (table.gpt === null) return mbrPatches(read, table);
  const sectorBytes = table.logicalSectorBytes;
  const entries = encodeGptEntries(table);
  return [
    { offsetBytes: (table.gpt.backupLba - entriesSectors(table)) * sectorBytes, bytes: entries },
    { offsetBytes: table.gpt.backupLba * sectorBytes, bytes: encodeGptHeader(table, 'backup', entries) },
    { offsetBytes: table.gpt.entriesLba * sectorBytes, bytes: entries },
    { offsetBytes: sectorBytes, bytes: encodeGptHeader(table, 'primary', entries) },
    { offsetBytes: 0, bytes: await protectiveMbr(read, table) },
  ];
};

const diskSectors = (table: PartitionTable): number => Math.floor(table.diskSizeBytes / table.logicalSectorBytes);

/** UEFI 2.10 §5.2.3: one 0xEE entry from LBA 1 to the end. Boot code, disk signature and the entries of a hybrid MBR stay as they are. */
const protectiveMbr = async (read: ReadAt, table: PartitionTable): Promise<Uint8Array> => {
  const sector = Buffer.from(await read(0, 512));
  const index = [0, 1, 2, 3].find((entry) => sector[446 + entry * 16 + 4] === 0xee) ?? 0;
  const at = 446 + index * 16;
  if (sector[at + 4] !== 0xee) sector.fill(0, at, at + 16).set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0], at);
  if (sector.readUInt32LE(at + 8) === 1) sector.writeUInt32LE(Math.min(diskSectors(table) - 1, MBR_MAX_SECTORS), at + 12);
  sector.set([0x55, 0xaa], 510);
  return sector;
};

const grownExtended = (table: PartitionTable, last: Partition, end: number): PartitionTable['mbr'] => {
  if (table.mbr?.extended == null || !table.mbr.recordLbas.has(last.number)) return table.mbr;
  const { extended } = table.mbr;
  return { ...table.mbr, extended: { ...extended, sectors: end - extended.startLba } };
};

// A table for another disk size: the GPT backup moves to the new end (UEFI 2.10 §5.3.2); grow-table.ts lets partitions follow.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { DiskContent } from './content.ts';
import { encodeGptEntries, encodeGptHeader, entriesSectors } from './gpt.ts';
import { mbrPatches } from './mbr.ts';
import type { DiskPatch, PartitionTable, ReadAt } from './partition-table.ts';
import { lastPartition } from './partition-table.ts';

const GPT_ENTRIES_BYTES = 16 * 1024;
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

/**
 * What the table of an image must be like on a disk of this size, where only its manifest is at hand: the usual GPT geometry, and an
 * extended partition around the logical ones. For judging room, never for writing.
 */
export const assumedTable = (content: DiskContent, diskSizeBytes: number): PartitionTable => {
  const { logicalSectorBytes, table } = content;
  const backupLba = Math.floor(diskSizeBytes / logicalSectorBytes) - 1;
  const entriesLength = GPT_ENTRIES_BYTES / logicalSectorBytes;
  const logicals = table.kind === 'mbr' ? table.partitions.filter(({ number }) => number > 4) : [];
  const startLba = Math.min(...logicals.map((one) => one.startLba)) - 1;
  const end = Math.max(...logicals.map((one) => one.startLba + one.sectors));
  const entry = [0, 1, 2, 3].find((index) => !table.partitions.some(({ number }) => number === index + 1));
  return {
    kind: table.kind,
    diskSizeBytes,
    logicalSectorBytes,
    id: table.id,
    partitions: table.partitions,
    problems: [],
    gpt:
      table.kind === 'gpt'
        ? {
            entriesLba: 2,
            entryCount: 128,
            entrySizeBytes: 128,
            firstUsableLba: 2 + entriesLength,
            lastUsableLba: backupLba - entriesLength - 1,
            backupLba,
            entries: new Uint8Array(GPT_ENTRIES_BYTES),
          }
        : null,
    mbr:
      table.kind === 'mbr'
        ? {
            sector: new Uint8Array(512),
            extended: logicals.length === 0 || entry === undefined ? null : { entry, startLba, sectors: end - startLba },
            recordLbas: new Map(logicals.map((one) => [one.number, one.startLba - 1])),
          }
        : null,
  };
};

const diskSectors = (table: PartitionTable): number => Math.floor(table.diskSizeBytes / table.logicalSectorBytes);

/** UEFI 2.10 §5.2.3: one 0xEE entry from LBA 1 to the end. Boot code, disk signature and the entries of a hybrid MBR stay as they are. */
const protectiveMbr = async (read: ReadAt, table: PartitionTable): Promise<Uint8Array> => {
  const sector = Buffer.from(await read(0, 512));
  const index = [0, 1, 2, 3].find((entry) => sector[446 + entry * 16 + 4] === 0xee) ?? 0;
  const at = 446 + index * 16;
  const isNew = sector[at + 4] !== 0xee;
  if (isNew) sector.fill(0, at, at + 16).set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0], at);
  // In a hybrid MBR it ends where the first of the other entries begins.
  const isAlone = [0, 1, 2, 3].every((entry) => entry === index || sector[446 + entry * 16 + 4] === 0);
  if (isNew || (isAlone && sector.readUInt32LE(at + 8) === 1))
    sector.writeUInt32LE(Math.min(diskSectors(table) - 1, MBR_MAX_SECTORS), at + 12);
  sector.set([0x55, 0xaa], 510);
  return sector;
};

// The disk of a composed image: its base's table with a partition that was made larger and FAT partitions added behind the last one,
// as edits of bytes. Ids come from content, so that the same wish is the same disk. Pure but for reading the base.
import { createHash } from 'node:crypto';
import { entriesSectors } from '../../agent/image/gpt.ts';
import { writeFat, fatSizeFor } from '../../agent/image/fat-writer.ts';
import type { FatFile } from '../../agent/image/fat-writer.ts';
import { lastPartition } from '../../agent/image/partition-table.ts';
import type { Partition, PartitionTable, ReadAt } from '../../agent/image/partition-table.ts';
import { moveGptBackup, tablePatches } from '../../agent/image/resize-table.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type DiskWish = {
  readonly grow: { readonly partition: number; readonly sizeBytes: number } | null;
  readonly volumes: readonly { readonly label: string; readonly sizeBytes: number | null; readonly files: readonly FatFile[] }[];
  /** Ids are derived from it. */
  readonly seed: string;
};

/** `bytes` null: zeros. Later edits go over earlier ones. */
export type DiskEdit = { readonly offsetBytes: number; readonly lengthBytes: number; readonly bytes: Uint8Array | null };
export type DiskLayout = { readonly table: PartitionTable; readonly diskSizeBytes: number; readonly edits: readonly DiskEdit[] };

const MIB = 1024 * 1024;
/** "Microsoft basic data": what every system takes a FAT partition for. */
const BASIC_DATA_TYPE = 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7';
const MBR_FAT32_LBA = 0x0c;
const MBR_FAT16_LBA = 0x0e;
const MBR_ENTRIES_AT = 446;

/** Codes: `compose.no-table`, `compose.cannot-grow`, `compose.no-slot`, `disk.too-small` (MBR ends at 2 TiB), `fat.*`. */
export const layOutDisk = async (read: ReadAt, base: PartitionTable, wish: DiskWish): Promise<Result<DiskLayout>> => {
  if (base.kind === 'none')
    return failed('compose.no-table', 'The base image has no partition table.', 'Choose the image of a whole disk as the base.');
  const grown = wish.grow === null ? success(base) : growTo(base, wish.grow);
  if (!grown.ok) return grown;
  let table = grown.value;
  const edits: DiskEdit[] = [...formerBackup(base)];
  for (const volume of wish.volumes) {
    const added = addVolume(table, volume, wish.seed);
    if (!added.ok) return added;
    table = added.value.table;
    edits.push(...added.value.edits);
  }
  const diskSizeBytes = Math.max(base.diskSizeBytes, endOf(table) + (table.kind === 'gpt' ? MIB : 0));
  if (table.kind === 'mbr' && diskSizeBytes > (2 ** 32 - 1) * table.logicalSectorBytes)
    return failed('disk.too-small', 'An MBR partition table reaches no further than 4 294 967 295 sectors.', 'Use a base image with GPT.');
  const moved = moveGptBackup({ ...table, diskSizeBytes }, diskSizeBytes);
  if (!moved.ok) return moved;
  const patches = await tablePatches(read, moved.value);
  edits.push(...patches.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length, bytes })));
  return success({ table: moved.value, diskSizeBytes, edits });
};

/** The end of the base's disk becomes ordinary space: its backup table must not be found there. */
const formerBackup = (base: PartitionTable): readonly DiskEdit[] => {
  if (base.gpt === null) return [];
  const sectors = entriesSectors(base) + 1;
  const offsetBytes = (base.gpt.backupLba - sectors + 1) * base.logicalSectorBytes;
  const lengthBytes = Math.min(sectors * base.logicalSectorBytes, base.diskSizeBytes - offsetBytes);
  return offsetBytes < 0 || lengthBytes <= 0 ? [] : [{ offsetBytes, lengthBytes, bytes: null }];
};

const alignUp = (bytes: number): number => Math.ceil(bytes / MIB) * MIB;

const endOf = (table: PartitionTable): number => {
  const last = lastPartition(table);
  const partitions = last === undefined ? MIB : (last.startLba + last.sectors) * table.logicalSectorBytes;
  const { extended } = table.mbr ?? { extended: null };
  return alignUp(Math.max(partitions, extended === null ? 0 : (extended.startLba + extended.sectors) * table.logicalSectorBytes));
};

const growTo = (table: PartitionTable, { partition: number, sizeBytes }: NonNullable<DiskWish['grow']>): Result<PartitionTable> => {
  const cannot = (why: string) =>
    failed(
      'compose.cannot-grow',
      `Partition ${number} of the base image cannot be made ${sizeBytes} bytes large: ${why}.`,
      'Correct `grow` in the recipe, and give it a higher version.',
    );
  const partition = table.partitions.find((one) => one.number === number);
  if (partition === undefined) return cannot('there is no such partition');
  if (partition !== lastPartition(table)) return cannot('another one lies behind it');
  const sectors = Math.ceil(sizeBytes / table.logicalSectorBytes);
  if (sectors < partition.sectors)
    return cannot(`it has ${partition.sectors * table.logicalSectorBytes} already, and nothing is made smaller`);
  const partitions = table.partitions.map((one) => (one === partition ? { ...one, sectors } : one));
  const { mbr } = table;
  if (mbr?.extended == null || !mbr.recordLbas.has(number)) return success({ ...table, partitions });
  const extended = { ...mbr.extended, sectors: partition.startLba + sectors - mbr.extended.startLba };
  return success({ ...table, partitions, mbr: { ...mbr, extended } });
};

const addVolume = (
  table: PartitionTable,
  { label, sizeBytes, files }: DiskWish['volumes'][number],
  seed: string,
): Result<{ readonly table: PartitionTable; readonly edits: readonly DiskEdit[] }> => {
  const startBytes = endOf(table);
  const length = sizeBytes ?? fatSizeFor(files);
  const startLba = startBytes / table.logicalSectorBytes;
  const digest = createHash('sha256').update(`${seed}\n${label}`).digest();
  const logicalSectorBytes = table.logicalSectorBytes;
  const volume = writeFat({ sizeBytes: length, logicalSectorBytes, label, serial: digest.readUInt32LE(0), files, hiddenSectors: startLba });
  if (!volume.ok) return volume;
  const edits = [
    { offsetBytes: startBytes, lengthBytes: volume.value.metadataBytes, bytes: null },
    ...volume.value.parts.map(({ offsetBytes, bytes }) => ({ offsetBytes: startBytes + offsetBytes, lengthBytes: bytes.length, bytes })),
  ];
  const place = { startLba, sectors: length / table.logicalSectorBytes, attributes: '0000000000000000' };
  const entry = table.gpt === null ? mbrEntry(table, volume.value.bits) : gptEntry(table, label, digest);
  if (!entry.ok) return entry;
  const { mbr, ...named } = entry.value;
  return success({ table: { ...table, partitions: [...table.partitions, { ...place, ...named }], mbr }, edits });
};

type NewEntry = Pick<Partition, 'number' | 'type' | 'guid' | 'name'> & Pick<PartitionTable, 'mbr'>;

const noSlot = (): ReturnType<typeof failed> =>
  failed(
    'compose.no-slot',
    'The partition table of the base image has no entry left.',
    'Put all files on one partition, or use a base image with GPT.',
  );

const gptEntry = (table: PartitionTable, label: string, digest: Buffer): Result<NewEntry> => {
  const number = freeNumber(table, table.gpt?.entryCount ?? 0);
  if (number === null) return noSlot();
  // RFC 9562: version 8, "vendor-specific", which is what an id from content is.
  const hex = Buffer.from(digest.subarray(0, 16));
  hex[6] = ((hex[6] ?? 0) & 0x0f) | 0x80;
  hex[8] = ((hex[8] ?? 0) & 0x3f) | 0x80;
  const guid = hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return success({ number, type: BASIC_DATA_TYPE, guid, name: label, mbr: null });
};

const mbrEntry = (table: PartitionTable, bits: 12 | 16 | 32): Result<NewEntry> => {
  const taken = table.mbr?.extended == null ? [] : [table.mbr.extended.entry + 1];
  const number = freeNumber(table, 4, taken);
  if (number === null || table.mbr === null) return noSlot();
  const type = bits === 32 ? MBR_FAT32_LBA : MBR_FAT16_LBA;
  const sector = Buffer.from(table.mbr.sector);
  // Heads and cylinders beyond what they can count: everybody reads the LBAs, which `tablePatches` writes.
  sector.set([0, 0xfe, 0xff, 0xff, type, 0xfe, 0xff, 0xff], MBR_ENTRIES_AT + (number - 1) * 16);
  return success({ number, type: `0x${type.toString(16).padStart(2, '0')}`, guid: null, name: '', mbr: { ...table.mbr, sector } });
};

const freeNumber = (table: PartitionTable, most: number, taken: readonly number[] = []): number | null => {
  const used = new Set([...taken, ...table.partitions.map(({ number }) => number)]);
  for (let number = 1; number <= most; number += 1) if (!used.has(number)) return number;
  return null;
};

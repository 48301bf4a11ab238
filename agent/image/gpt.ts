// GUID Partition Table, read and written (UEFI 2.10 §5.3). Pure: bytes in, values out.
import { crc32 } from 'node:zlib';
import type { Partition, PartitionTable, SectorBytes, TableProblem } from './partition-table.ts';
import { partitionProblems } from './partition-table.ts';

const SIGNATURE = Buffer.from('EFI PART');
const HEADER_BYTES = 92;
const MAX_ENTRIES = 1024;

/** A header that passed its own CRC. */
export type GptHeader = {
  readonly myLba: number;
  readonly alternateLba: number;
  readonly firstUsableLba: number;
  readonly lastUsableLba: number;
  readonly diskGuid: string;
  readonly entriesLba: number;
  readonly entryCount: number;
  readonly entrySizeBytes: number;
  readonly entriesCrc32: number;
};

/** Reads one header sector; undefined unless signature, size, CRC, own LBA and every number hold. */
export const parseGptHeader = (sector: Uint8Array, expectedLba: number): GptHeader | undefined => {
  const bytes = Buffer.from(sector);
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(SIGNATURE)) return undefined;
  const headerSize = bytes.readUInt32LE(12);
  if (headerSize < HEADER_BYTES || headerSize > bytes.length) return undefined;
  const storedCrc = bytes.readUInt32LE(16);
  bytes.writeUInt32LE(0, 16);
  if (crc32(bytes.subarray(0, headerSize)) !== storedCrc) return undefined;
  const header = {
    myLba: lbaAt(bytes, 24),
    alternateLba: lbaAt(bytes, 32),
    firstUsableLba: lbaAt(bytes, 40),
    lastUsableLba: lbaAt(bytes, 48),
    diskGuid: guidAt(bytes, 56),
    entriesLba: lbaAt(bytes, 72),
    entryCount: bytes.readUInt32LE(80),
    entrySizeBytes: bytes.readUInt32LE(84),
    entriesCrc32: bytes.readUInt32LE(88),
  };
  return isPlausible(header, expectedLba) ? header : undefined;
};

const isPlausible = (header: GptHeader, expectedLba: number): boolean =>
  header.myLba === expectedLba &&
  [header.alternateLba, header.firstUsableLba, header.lastUsableLba, header.entriesLba].every((lba) => Number.isSafeInteger(lba)) &&
  header.entryCount > 0 &&
  header.entryCount <= MAX_ENTRIES &&
  [128, 256, 512].includes(header.entrySizeBytes);

/**
 * The entries in use, numbered as `/dev/sdaN` and sgdisk number them; undefined if the array fails its CRC. One whose two ends are no
 * stretch of sectors is no partition for anybody, and `impossible` says that there is one.
 */
export const parseGptEntries = (header: GptHeader, array: Uint8Array): GptEntries | undefined => {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  if (bytes.length !== header.entryCount * header.entrySizeBytes || crc32(bytes) !== header.entriesCrc32) return undefined;
  const partitions: Partition[] = [];
  let impossible = false;
  for (let index = 0; index < header.entryCount; index++) {
    const entry = bytes.subarray(index * header.entrySizeBytes, (index + 1) * header.entrySizeBytes);
    if (guidAt(entry, 0) === UNUSED) continue;
    const partition = parseEntry(entry, index + 1);
    if (partition === undefined) impossible = true;
    else partitions.push(partition);
  }
  return { partitions, impossible };
};

export type GptEntries = { readonly partitions: readonly Partition[]; readonly impossible: boolean };

const parseEntry = (entry: Buffer, number: number): Partition | undefined => {
  const type = guidAt(entry, 0);
  const startLba = lbaAt(entry, 32);
  const sectors = lbaAt(entry, 40) - startLba + 1;
  if (!Number.isSafeInteger(startLba) || !Number.isSafeInteger(startLba + sectors) || sectors <= 0) return undefined;
  const name = entry.toString('utf16le', 56, 128).replace(/\0.*$/su, '').toWellFormed();
  const attributes = entry.readBigUInt64LE(48).toString(16).padStart(16, '0');
  return { number, type, guid: guidAt(entry, 16), startLba, sectors, attributes, name };
};

/** Makes the table value from a verified header and its entries. `problems` are those the reader of the copies saw. */
export const gptTable = (
  header: GptHeader,
  entries: Uint8Array,
  { partitions, impossible }: GptEntries,
  disk: { readonly sizeBytes: number; readonly logicalSectorBytes: SectorBytes },
  problems: readonly TableProblem[],
): PartitionTable => ({
  kind: 'gpt',
  diskSizeBytes: disk.sizeBytes,
  logicalSectorBytes: disk.logicalSectorBytes,
  id: header.diskGuid,
  partitions,
  problems: [
    ...problems,
    ...(impossible ? ['partition-impossible' as const] : []),
    ...partitionProblems(partitions, Math.floor(disk.sizeBytes / disk.logicalSectorBytes)),
    ...(partitions.some((partition) => isOverTable(partition, header, disk)) ? ['partitions-overlap' as const] : []),
  ],
  gpt: {
    entriesLba: header.myLba === 1 ? header.entriesLba : 2,
    entryCount: header.entryCount,
    entrySizeBytes: header.entrySizeBytes,
    firstUsableLba: header.firstUsableLba,
    lastUsableLba: header.lastUsableLba,
    backupLba: header.myLba === 1 ? header.alternateLba : header.myLba,
    entries,
  },
  mbr: null,
});

/** Whoever writes the first copy of the table would write over the partition. */
const isOverTable = (
  { startLba, sectors }: Partition,
  { myLba, entriesLba, entryCount, entrySizeBytes }: GptHeader,
  { logicalSectorBytes }: { readonly logicalSectorBytes: SectorBytes },
): boolean => {
  const first = myLba === 1 ? entriesLba : 2;
  const end = first + Math.ceil((entryCount * entrySizeBytes) / logicalSectorBytes);
  return startLba <= 1 || (startLba < end && first < startLba + sectors);
};

/** One header sector with both CRCs; `copy` says which of the two it is. */
export const encodeGptHeader = (table: PartitionTable, copy: 'primary' | 'backup', entries: Uint8Array): Uint8Array => {
  if (table.gpt === null || table.id === null) throw new TypeError('not a GPT');
  const { gpt } = table;
  const sector = Buffer.alloc(table.logicalSectorBytes);
  sector.set(SIGNATURE, 0);
  sector.writeUInt32LE(0x0001_0000, 8);
  sector.writeUInt32LE(HEADER_BYTES, 12);
  sector.writeBigUInt64LE(BigInt(copy === 'primary' ? 1 : gpt.backupLba), 24);
  sector.writeBigUInt64LE(BigInt(copy === 'primary' ? gpt.backupLba : 1), 32);
  sector.writeBigUInt64LE(BigInt(gpt.firstUsableLba), 40);
  sector.writeBigUInt64LE(BigInt(gpt.lastUsableLba), 48);
  sector.set(guidBytes(table.id), 56);
  sector.writeBigUInt64LE(BigInt(copy === 'primary' ? gpt.entriesLba : gpt.backupLba - entriesSectors(table)), 72);
  sector.writeUInt32LE(gpt.entryCount, 80);
  sector.writeUInt32LE(gpt.entrySizeBytes, 84);
  sector.writeUInt32LE(crc32(entries), 88);
  sector.writeUInt32LE(crc32(sector.subarray(0, HEADER_BYTES)), 16);
  return sector;
};

/** The entry array with the table's partitions in it; bytes of larger entries that we do not know are kept. */
export const encodeGptEntries = (table: PartitionTable): Uint8Array => {
  if (table.gpt === null) throw new TypeError('not a GPT');
  const { entryCount, entrySizeBytes, entries } = table.gpt;
  const array = Buffer.alloc(entryCount * entrySizeBytes);
  for (const partition of table.partitions) {
    const entry = array.subarray((partition.number - 1) * entrySizeBytes, partition.number * entrySizeBytes);
    if (entry.length === 0) throw new RangeError(`no entry ${partition.number} in this table`);
    entry.set(entries.subarray((partition.number - 1) * entrySizeBytes, partition.number * entrySizeBytes));
    entry.set(guidBytes(partition.type), 0);
    entry.set(guidBytes(partition.guid ?? UNUSED), 16);
    entry.writeBigUInt64LE(BigInt(partition.startLba), 32);
    entry.writeBigUInt64LE(BigInt(partition.startLba + partition.sectors - 1), 40);
    entry.writeBigUInt64LE(BigInt(`0x${partition.attributes}`), 48);
    entry.fill(0, 56, 128).write(partition.name.slice(0, 36), 56, 'utf16le');
  }
  return array;
};

export const entriesSectors = (table: PartitionTable): number =>
  table.gpt === null ? 0 : Math.ceil((table.gpt.entryCount * table.gpt.entrySizeBytes) / table.logicalSectorBytes);

const UNUSED = '00000000-0000-0000-0000-000000000000';

/** NaN for what no number can hold, so that every later check fails. */
const lbaAt = (bytes: Buffer, offset: number): number => {
  const lba = bytes.readBigUInt64LE(offset);
  return lba <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(lba) : Number.NaN;
};

/** UEFI GUIDs: the first three groups are little-endian. */
const guidAt = (bytes: Buffer, offset: number): string => {
  const raw = Buffer.from(bytes.subarray(offset, offset + 16));
  raw.subarray(0, 4).reverse();
  raw.subarray(4, 6).reverse();
  raw.subarray(6, 8).reverse();
  return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const guidBytes = (guid: string): Uint8Array => {
  const raw = Buffer.from(guid.replaceAll('-', ''), 'hex');
  raw.subarray(0, 4).reverse();
  raw.subarray(4, 6).reverse();
  raw.subarray(6, 8).reverse();
  return raw;
};

// The classic partition table in sector 0, with logical partitions in a chain of extended boot records (UEFI 2.10 §5.2.1; the
// chain is convention, not standard: each link holds one partition relative to itself and the next link relative to the first).
import type { DiskPatch, Partition, PartitionTable, ReadAt, SectorBytes, TableProblem } from './partition-table.ts';
import { partitionProblems } from './partition-table.ts';

const ENTRIES_AT = 446;
const MAX_LOGICAL = 124;
const EXTENDED_TYPES = [0x05, 0x0f, 0x85];

type Entry = {
  readonly index: number;
  readonly active: boolean;
  readonly type: number;
  readonly startLba: number;
  readonly sectors: number;
};

export const hasMbrSignature = (sector: Uint8Array): boolean => sector.length >= 512 && sector[510] === 0x55 && sector[511] === 0xaa;

/** The four entries, if sector 0 can be a partition table at all (a FAT or NTFS boot sector carries the same 55 AA). */
export const parseMbrEntries = (sector: Uint8Array): readonly Entry[] | undefined => {
  if (!hasMbrSignature(sector)) return undefined;
  const bytes = Buffer.from(sector.buffer, sector.byteOffset, sector.byteLength);
  const entries = [0, 1, 2, 3].map((index) => entryAt(bytes, index));
  const flags = [0, 1, 2, 3].map((index) => bytes[ENTRIES_AT + index * 16]);
  if (flags.some((flag) => flag !== 0 && flag !== 0x80)) return undefined;
  const used = entries.filter((entry) => entry.type !== 0);
  return used.length === 0 || used.some((entry) => entry.sectors === 0 || entry.startLba === 0) ? undefined : used;
};

const PROTECTIVE_TYPE = 0xee;

export const isProtective = (entries: readonly Entry[]): boolean => entries.some((entry) => entry.type === PROTECTIVE_TYPE);

/** The last sector that the protective entry covers; null where it covers "everything", or there is none. */
export const protectiveEnd = (entries: readonly Entry[]): number | null => {
  const entry = entries.find(({ type }) => type === PROTECTIVE_TYPE);
  return entry === undefined || entry.sectors === 0xffff_ffff ? null : entry.startLba + entry.sectors - 1;
};

/** Reads table and chain; undefined if sector 0 holds no table. A broken or looping chain ends there and is a problem, not an error. */
export const readMbr = async (
  read: ReadAt,
  sector: Uint8Array,
  disk: { readonly sizeBytes: number; readonly logicalSectorBytes: SectorBytes },
): Promise<PartitionTable | undefined> => {
  const entries = parseMbrEntries(sector);
  if (entries === undefined) return undefined;
  const partitions = entries.filter((entry) => !EXTENDED_TYPES.includes(entry.type)).map((entry) => partitionOf(entry, entry.index + 1, 0));
  const extended = entries.find((entry) => EXTENDED_TYPES.includes(entry.type));
  const chain = extended === undefined ? noChain : await readChain(read, extended, disk.logicalSectorBytes);
  const all = [...partitions, ...chain.partitions];
  const problems: readonly TableProblem[] = [
    ...(chain.damaged ? ['mbr-chain-damaged' as const] : []),
    ...(entries.filter((entry) => EXTENDED_TYPES.includes(entry.type)).length > 1 ? ['mbr-two-extended' as const] : []),
    ...(extended !== undefined && isCrossed(extended, partitions, chain) ? ['partitions-overlap' as const] : []),
  ];
  return {
    kind: 'mbr',
    diskSizeBytes: disk.sizeBytes,
    logicalSectorBytes: disk.logicalSectorBytes,
    id: `0x${Buffer.from(sector).readUInt32LE(440).toString(16).padStart(8, '0')}`,
    partitions: all,
    problems: [...problems, ...partitionProblems(all, Math.floor(disk.sizeBytes / disk.logicalSectorBytes))],
    gpt: null,
    mbr: {
      sector: Uint8Array.from(sector.subarray(0, 512)),
      extended: extended === undefined ? null : { entry: extended.index, startLba: extended.startLba, sectors: extended.sectors },
      recordLbas: chain.recordLbas,
    },
  };
};

/** True where a primary partition reaches into the extended one, or a boot record lies in a partition: it could be its free space. */
const isCrossed = (extended: Entry, primaries: readonly Partition[], { partitions, recordLbas }: Chain): boolean =>
  primaries.some(({ startLba, sectors }) => startLba < extended.startLba + extended.sectors && extended.startLba < startLba + sectors) ||
  [...recordLbas.values()].some((lba) => partitions.some(({ startLba, sectors }) => startLba <= lba && lba < startLba + sectors));

/** Sector 0, and the boot records of logical partitions, with the table's numbers in place; everything else as found. */
export const mbrPatches = async (read: ReadAt, table: PartitionTable): Promise<readonly DiskPatch[]> => {
  if (table.mbr === null) throw new TypeError('not an MBR');
  const { sector, extended, recordLbas } = table.mbr;
  const first = Buffer.from(sector);
  if (extended !== null) writeLbas(first, extended.entry, extended.startLba, extended.sectors);
  const patches: DiskPatch[] = [];
  for (const partition of table.partitions) {
    const recordLba = recordLbas.get(partition.number);
    if (recordLba === undefined) {
      const at = ENTRIES_AT + (partition.number - 1) * 16;
      // An entry that the table had free: LBA alone counts, so the old cylinder numbers say "too large" as everywhere.
      if (first[at + 4] === 0) first.set([0, 0xfe, 0xff, 0xff, Number(partition.type), 0xfe, 0xff, 0xff], at);
      writeLbas(first, partition.number - 1, partition.startLba, partition.sectors);
      continue;
    }
    const offsetBytes = recordLba * table.logicalSectorBytes;
    const from = table.mbr.recordsFrom?.get(partition.number) ?? recordLba;
    const record = Buffer.from(await read(from * table.logicalSectorBytes, 512));
    writeLbas(record, 0, partition.startLba - recordLba, partition.sectors);
    patches.push({ offsetBytes, bytes: record });
  }
  return [...patches, { offsetBytes: 0, bytes: first }];
};

type Chain = { readonly partitions: readonly Partition[]; readonly recordLbas: ReadonlyMap<number, number>; readonly damaged: boolean };
const noChain: Chain = { partitions: [], recordLbas: new Map(), damaged: false };

const readChain = async (read: ReadAt, extended: Entry, sectorBytes: SectorBytes): Promise<Chain> => {
  const partitions: Partition[] = [];
  const recordLbas = new Map<number, number>();
  const seen = new Set<number>();
  for (let lba = extended.startLba; partitions.length < MAX_LOGICAL && !seen.has(lba);) {
    seen.add(lba);
    const record = Buffer.from(await read(lba * sectorBytes, 512));
    if (!hasMbrSignature(record)) return { partitions, recordLbas, damaged: true };
    const own = entryAt(record, 0);
    const next = entryAt(record, 1);
    if (own.type !== 0 && own.sectors > 0) {
      recordLbas.set(5 + partitions.length, lba);
      partitions.push(partitionOf(own, 5 + partitions.length, lba));
    }
    if (!EXTENDED_TYPES.includes(next.type)) return { partitions, recordLbas, damaged: false };
    lba = extended.startLba + next.startLba;
  }
  return { partitions, recordLbas, damaged: true };
};

const entryAt = (sector: Buffer, index: number): Entry => {
  const at = ENTRIES_AT + index * 16;
  return {
    index,
    active: sector[at] === 0x80,
    type: sector.readUInt8(at + 4),
    startLba: sector.readUInt32LE(at + 8),
    sectors: sector.readUInt32LE(at + 12),
  };
};

const partitionOf = (entry: Entry, number: number, baseLba: number): Partition => ({
  number,
  type: `0x${entry.type.toString(16).padStart(2, '0')}`,
  guid: null,
  startLba: baseLba + entry.startLba,
  sectors: entry.sectors,
  attributes: entry.active ? '0000000000000001' : '0000000000000000',
  name: '',
});

const writeLbas = (sector: Buffer, index: number, startLba: number, sectors: number): void => {
  sector.writeUInt32LE(startLba, ENTRIES_AT + index * 16 + 8);
  sector.writeUInt32LE(sectors, ENTRIES_AT + index * 16 + 12);
};

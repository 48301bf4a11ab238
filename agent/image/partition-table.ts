// The partition table of a disk as one value, whatever its kind; gpt.ts and mbr.ts read and write the two kinds.

/** Reads from a disk or image; gives fewer bytes only at its end. */
export type ReadAt = (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;

/** Bytes to put at a place of the disk. */
export type DiskPatch = { readonly offsetBytes: number; readonly bytes: Uint8Array };

export type SectorBytes = 512 | 4096;

export type Partition = {
  readonly number: number;
  /** GPT: lower-case type GUID. MBR: `0x` and two digits. */
  readonly type: string;
  /** GPT: the partition's own GUID, lower-case. MBR: null. */
  readonly guid: string | null;
  readonly startLba: number;
  readonly sectors: number;
  /** 16 hex digits: GPT attribute bits; MBR: bit 0 is the active flag. */
  readonly attributes: string;
  /** GPT name; empty on MBR. */
  readonly name: string;
};

export type PartitionTable = {
  readonly kind: 'gpt' | 'mbr' | 'none';
  readonly diskSizeBytes: number;
  readonly logicalSectorBytes: SectorBytes;
  /** GPT disk GUID, MBR disk signature (`0x` and 8 digits), null without a table. */
  readonly id: string | null;
  readonly partitions: readonly Partition[];
  /** What a person should know: a damaged copy, a backup that is not at the end, a partition beyond the end. */
  readonly problems: readonly TableProblem[];
  readonly gpt: GptDetails | null;
  readonly mbr: MbrDetails | null;
};

/** What only GPT knows; LBAs count logical sectors. */
export type GptDetails = {
  readonly entriesLba: number;
  readonly entryCount: number;
  readonly entrySizeBytes: number;
  readonly firstUsableLba: number;
  readonly lastUsableLba: number;
  readonly backupLba: number;
  /** All entries as found, `entryCount * entrySizeBytes`; unknown trailing fields of larger entries are kept. */
  readonly entries: Uint8Array;
};

/** What only MBR knows. */
export type MbrDetails = {
  /** Sector 0 as found: boot code and all. */
  readonly sector: Uint8Array;
  /** The extended partition, if there is one. */
  readonly extended: { readonly entry: number; readonly startLba: number; readonly sectors: number } | null;
  /** Where each logical partition's own boot record lies, by partition number. */
  readonly recordLbas: ReadonlyMap<number, number>;
  /** Where those records are to be read that are on their way to another place. */
  readonly recordsFrom?: ReadonlyMap<number, number>;
};

export type TableProblem =
  | 'gpt-primary-damaged'
  | 'gpt-backup-missing'
  | 'gpt-backup-not-at-end'
  | 'gpt-copies-differ'
  | 'disk-smaller-than-table'
  | 'partition-beyond-end'
  | 'partition-impossible'
  | 'partitions-overlap'
  | 'mbr-chain-damaged'
  | 'mbr-two-extended';

/** The types this product asks about. */
export const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
export const BIOS_BOOT_TYPE = '21686148-6449-6e6f-744e-656564454649';

export const isEsp = (partition: Partition): boolean => partition.type === ESP_TYPE || partition.type === '0xef';
export const partitionOffsetBytes = (table: PartitionTable, partition: Partition): number => partition.startLba * table.logicalSectorBytes;
export const partitionSizeBytes = (table: PartitionTable, partition: Partition): number => partition.sectors * table.logicalSectorBytes;

/** The partition that ends last on the disk; undefined if there is none. */
export const lastPartition = (table: PartitionTable): Partition | undefined =>
  table.partitions.reduce<Partition | undefined>(
    (last, one) => (last === undefined || one.startLba + one.sectors > last.startLba + last.sectors ? one : last),
    undefined,
  );

/** Problems that partitions alone show. An MBR's logical partitions lie inside an extended one, which is not listed: mbr.ts. */
export const partitionProblems = (partitions: readonly Partition[], diskSectors: number): readonly TableProblem[] => {
  const problems: TableProblem[] = [];
  const sorted = partitions.toSorted((a, b) => a.startLba - b.startLba);
  if (sorted.some((one) => one.startLba + one.sectors > diskSectors)) problems.push('partition-beyond-end');
  if (sorted.some((one, index) => one.startLba + one.sectors > (sorted[index + 1]?.startLba ?? Infinity)))
    problems.push('partitions-overlap');
  return problems;
};

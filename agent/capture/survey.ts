// What is on the source disk: its partition table, the blocks in use, and the provenance record's place, which is about this machine
// and no part of an image. Refuses what would make no honest image, before anything is read in bulk.
import { carry, valueOf } from '../disk/carried-failure.ts';
import type { SourceDisk } from '../disk/source-disk.ts';
import type { Range } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { PartitionTable, ReadAt, SectorBytes } from '../image/partition-table.ts';
import { PROVENANCE_BYTES, hasMark, provenancePlace } from '../image/provenance.ts';
import { readPartitionTable } from '../image/read-table.ts';
import type { DiskUse } from '../image/used/disk-use.ts';
import { tableNotes } from '../image/table-words.ts';
import { diskUseOf } from '../image/used/disk-use.ts';
import type { PartitionUse } from '../image/used/used-space.ts';
import { readUsedSpace } from '../image/used/used-space.ts';
import type { Failure } from '../protocol/failure.ts';
import type { CapturePublish } from '../protocol/capture.ts';

export type Survey = {
  readonly sectorBytes: SectorBytes;
  readonly table: PartitionTable;
  readonly uses: readonly PartitionUse[];
  readonly used: DiskUse;
  readonly filesystems: CapturePublish['filesystems'];
  /** What a person should know of a partition: why its free space is taken along. */
  readonly notes: readonly string[];
  /** Reads as zeros: a record, or the mark of a voided one, lies there. */
  readonly hidden: Range | null;
};

/** Codes: `capture.no-partition-table`, `capture.table-damaged`, `capture.table-unsupported`, `table.gpt-damaged`, `filesystem.*`; thrown, carried. */
export const surveyDisk = async (disk: SourceDisk, logicalSectorBytes: number, signal: AbortSignal): Promise<Survey> => {
  const readDisk = readerOf(disk);
  const read: ReadAt = async (offsetBytes, lengthBytes) => {
    signal.throwIfAborted();
    return readDisk(offsetBytes, lengthBytes);
  };
  const sectorBytes = logicalSectorBytes === 4096 ? 4096 : 512;
  const table = valueOf(await readPartitionTable(read, { sizeBytes: disk.sizeBytes, logicalSectorBytes: sectorBytes }));
  refuseTable(table);
  const uses = await readUsedSpace(read, table, { signal });
  refuseFilesystems(uses);
  const place = provenancePlace(table);
  const hidden = place !== null && hasMark(await read(place.offsetBytes, PROVENANCE_BYTES)) ? place : null;
  const filesystems = uses.map(({ number, capture, obstacle }) => ({
    ...{ number, capture },
    ...(obstacle === null ? {} : { note: obstacle.message.slice(0, 512).toWellFormed() }),
  }));
  const notes = [...tableNotes(table), ...uses.map(noteOf).filter((note) => note !== '')];
  return { sectorBytes, table, uses, used: diskUseOf(table, uses), filesystems, notes, hidden };
};

const refuseTable = (table: PartitionTable): void => {
  if (table.kind === 'none')
    throw carry({
      code: 'capture.no-partition-table',
      message: 'The disk has no partition table, so that nothing on it could be started.',
      next: 'Choose the disk that the system is on.',
    });
  if (table.problems.includes('mbr-two-extended'))
    throw carry({
      code: 'capture.table-unsupported',
      message: 'The partition table of the disk (MBR) has two extended partitions.',
      next: 'Put its logical partitions into one of them, or give the disk a GPT, then capture it again.',
    });
  const wrong = table.problems.find((problem) =>
    ['disk-smaller-than-table', 'partition-beyond-end', 'partition-impossible', 'partitions-overlap'].includes(problem),
  );
  if (wrong !== undefined)
    throw carry({
      code: 'capture.table-damaged',
      message: `The partition table of the disk contradicts itself or the disk (${wrong}).`,
      next: 'Repair it with sgdisk or fdisk on the machine, then capture it again.',
    });
};

/** One that is mounted, sleeps or contradicts itself may not be what its last user saw; no image is made of it, not even whole. */
const refuseFilesystems = (uses: readonly PartitionUse[]): void => {
  const refused = uses.find(({ refuses }) => refuses);
  if (refused?.obstacle == null) return;
  const { code, message, next }: Failure = refused.obstacle;
  throw carry({ code, message: `${nameOf(refused)}: ${message}`, next });
};

const nameOf = ({ number, kind, label }: PartitionUse): string =>
  `Partition ${number} (${[kind, label].filter((word) => word !== null).join(' ') || 'unknown'})`;

const noteOf = (use: PartitionUse): string => (use.obstacle === null ? '' : `${nameOf(use)} is taken whole: ${use.obstacle.message}`);

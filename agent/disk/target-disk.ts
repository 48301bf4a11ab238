// The one disk a job may write, as the rest of the agent sees it: bytes at offsets. Two kinds exist: a Linux block device
// (block-disk.ts) and a sparse file (file-disk.ts) for the software rack and tests.
import type { DiskIdentity } from '../protocol/disk.ts';
import type { Result } from '../protocol/failure.ts';
import type { DiskOverlay } from './overlay.ts';
import type { SourceDisk } from './source-disk.ts';

/**
 * An open disk. Methods reject with Node's system error (`code`, `errno`, `syscall`) when the disk fails; deploy.ts turns
 * that into a `Failure` at one place. Offsets and lengths are bytes and may be unaligned, though aligned ones are faster.
 */
export type TargetDisk = {
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  /** Fills `into` completely; rejects with EIO when the disk ends before. Never served from the page cache on a block device. */
  read(offsetBytes: number, into: Uint8Array): Promise<void>;
  /** Writes all of `bytes`. Durable only after `flush()`. */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>;
  /** Afterwards the range reads as zeros, guaranteed. */
  zero(offsetBytes: number, lengthBytes: number): Promise<void>;
  /** Tells the disk that the range is free. Best effort: never rejects; what it reads as afterwards is undefined. */
  discard(offsetBytes: number, lengthBytes: number): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** A piece of a closed disk made visible to filesystem tools as a path of its own. */
export type PartitionAccess = { readonly path: string; release(): Promise<void> };

/** A disk before it is opened: who it is, and how tools outside this program reach it. */
export type TargetDevice = {
  /** `/dev/…` or a file; for messages and for `efibootmgr -d`. */
  readonly path: string;
  readonly identity: DiskIdentity;
  readonly kind: 'block' | 'file';
  /** Opens for reading and writing, exclusively. Codes: `disk.busy`, `disk.open-failed`. */
  open(): Promise<Result<TargetDisk>>;
  /** Opens for reading only: nothing can be written through it. Code: `disk.open-failed`. */
  openSource(): Promise<Result<SourceDisk>>;
  /**
   * A disk of the same content on which filesystems can be mounted and changed, while this one is only read. Absent where the system
   * cannot do that. Code: `identity.unavailable`.
   */
  openOverlay?(): Promise<Result<DiskOverlay>>;
  /** The whole disk, closed here, for programs to write to until it is released; nothing else can be written meanwhile. Code: `disk.open-failed`. */
  lend(): Promise<Result<PartitionAccess>>;
  /** Rereads the partition table and hands out one partition; the disk must be closed. Codes: `disk.partition-unavailable`. */
  partition(place: PartitionPlace): Promise<Result<PartitionAccess>>;
};
export type PartitionPlace = { readonly number: number; readonly startBytes: number; readonly sizeBytes: number };

/** A byte range; what the pure parts of this folder calculate with. */
export type Range = { readonly offsetBytes: number; readonly lengthBytes: number };

/** Reads into fresh memory. */
export const readBytes = async (disk: Pick<TargetDisk, 'read'>, offsetBytes: number, lengthBytes: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(lengthBytes);
  await disk.read(offsetBytes, bytes);
  return bytes;
};

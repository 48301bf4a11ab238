// A partition, or a logical volume in one, as the readers of filesystems see it; and the ways out of a reader, thrown inside and
// made values again by used-space.ts, since any number in a filesystem can turn out to be a lie.
import type { Failure } from '../../protocol/failure.ts';
import type { ReadAt } from '../partition-table.ts';
import type { BlockMap, ByteRange } from './block-map.ts';

export type Volume = {
  readonly sizeBytes: number;
  /** Exactly these bytes; a place outside the volume, or more than 16 MiB, is `filesystem.malformed`. */
  readonly read: (offsetBytes: number, lengthBytes: number) => Promise<Buffer>;
};

/** What of a volume is used: stretches in order, relative to the volume, none touching the next. */
export type UsedSpace = Pick<BlockMap, 'blockSizeBytes' | 'ranges' | 'usedBytes'> & {
  /** What of it stands for zeros, whatever it holds; in order. */
  readonly blank?: readonly ByteRange[];
};

/** The same of one filesystem. */
export type UsedMap = BlockMap & UsedSpace;

/** Reads one kind of filesystem and says which of its blocks are in use. Throws a refusal; rejects with what the disk says. */
export type UsedReader<Used extends UsedSpace = UsedMap> = (volume: Volume) => Promise<Used>;

const MAX_READ_BYTES = 16 * 1024 * 1024;

export const volumeAt = (read: ReadAt, baseBytes: number, sizeBytes: number): Volume => ({
  sizeBytes,
  read: async (offset, length) => {
    const inside = Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && length <= MAX_READ_BYTES && offset + length <= sizeBytes;
    if (!inside) throw malformed('it points outside the partition');
    const bytes = await read(baseBytes + offset, length);
    if (bytes.length < length) throw malformed('the disk ends before it does');
    return Buffer.from(bytes.buffer, bytes.byteOffset, length);
  },
});

/** `refuses`: a capture must stop; otherwise the volume is simply taken whole. */
type Refusal = Error & { readonly failure: Failure; readonly refuses: boolean };

const refusal = (code: string, message: string, next: string, refuses = true): Refusal =>
  Object.assign(new Error(message), { failure: { code, message, next }, refuses });

export const refusalOf = (error: unknown): Refusal | null =>
  error instanceof Error && 'refuses' in error && 'failure' in error ? (error as Refusal) : null;

/** Its structures contradict themselves or each other. */
export const malformed = (what: string): Refusal =>
  refusal(
    'filesystem.malformed',
    `The filesystem is damaged: ${what}.`,
    'Check it with its own repair tool (fsck, chkdsk), then try again.',
  );

/** Not unmounted cleanly: what its maps of free blocks say may be old. */
export const dirty = (what: string): Refusal =>
  refusal(
    'filesystem.dirty',
    `The filesystem was not shut down cleanly: ${what}.`,
    'Start the system once and shut it down properly, then try again.',
  );

export const hibernated = (what: string): Refusal =>
  refusal(
    'filesystem.hibernated',
    `The system on it is asleep, not shut down: ${what}.`,
    'Start the system and shut it down fully (on Windows: shutdown /s /t 0 with fast startup off), then try again.',
  );

export const spansDisks = (what: string): Refusal =>
  refusal(
    'filesystem.spans-disks',
    `The filesystem needs more than this disk: ${what}.`,
    'Make an image of a system that is on one disk only.',
  );

/** Sound as far as can be seen, but beyond what the reader understands: nothing is wrong with taking all of it. */
export const unsupported = (what: string): Refusal =>
  refusal(
    'filesystem.unsupported',
    `Its free space cannot be told from its content: ${what}.`,
    'Nothing needs to be done: all of it is taken.',
    false,
  );

// A disk or partition as its two edges, and what is recognised in them: the values that every reader of this folder shares.
import type { ReadAt } from '../../image/partition-table.ts';

/** Bytes looked at from either end of a volume: a second DDF anchor lies 257 sectors before the end, Btrfs at 64 KiB from the start. */
export const EDGE_BYTES = 136 * 1024;

/** A disk or partition as two edges. `head` and `tail` overlap when it is smaller than both. */
export type Volume = {
  readonly startBytes: number;
  readonly sizeBytes: number;
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly sectorBytes: number;
};

/**
 * `kind` uses blkid's names. `span` says which larger thing a member belongs to; `members` lists the ids that the thing is made
 * of, and `self` this member's own, where the signature tells.
 */
export type Signature = {
  readonly kind: string;
  readonly offsetBytes: number;
  readonly label: string | null;
  readonly uuid: string | null;
  readonly membership: Membership | null;
};

export type Membership = {
  readonly of: 'raid' | 'volume-group' | 'pool';
  /** Members in all; null when the signature does not say, which counts as "more than one". */
  readonly count: number | null;
  /** Id of the whole. */
  readonly groupId: string | null;
  readonly selfId: string | null;
  readonly memberIds: readonly string[];
};

/** Reads both edges of the volume; bytes that the disk does not have read as zeros. */
export const readVolume = async (read: ReadAt, startBytes: number, sizeBytes: number, sectorBytes: number): Promise<Volume> => {
  const length = Math.min(EDGE_BYTES, sizeBytes);
  const padded = async (offset: number): Promise<Buffer> => {
    const whole = Buffer.alloc(EDGE_BYTES);
    whole.set((await read(offset, length)).subarray(0, length), offset === startBytes ? 0 : EDGE_BYTES - length);
    return whole;
  };
  const head = await padded(startBytes);
  const tail = sizeBytes <= EDGE_BYTES ? rightAligned(head, length) : await padded(startBytes + sizeBytes - length);
  return { startBytes, sizeBytes, head, tail, sectorBytes };
};

const rightAligned = (head: Buffer, length: number): Buffer => {
  const whole = Buffer.alloc(EDGE_BYTES);
  head.copy(whole, EDGE_BYTES - length, 0, length);
  return whole;
};

/** The 16 bytes as they lie, in the usual groups. */
export const uuidText = (bytes: Buffer, offset: number): string =>
  bytes.toString('hex', offset, offset + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

// File records of NTFS and their attributes (as described by the Linux-NTFS project, ntfs-3g's layout.h): what a file consists of,
// and in which runs of clusters its data lies. Nothing in a record is trusted to be where it says.
import { malformed } from './volume.ts';

export const ATTRIBUTE = { list: 0x20, volumeInformation: 0x70, data: 0x80, indexRoot: 0x90, indexAllocation: 0xa0 } as const;

/** A run of clusters; `lcn` is null for a hole. */
export type Run = { readonly lcn: number | null; readonly clusters: number };

export type Attribute = {
  readonly type: number;
  readonly name: string;
  /** For a resident attribute: its bytes. */
  readonly value: Buffer | null;
  /** For any other: the runs of this part of it, from cluster `lowestVcn` of the attribute on; sizes only in the first part. */
  readonly runs: readonly Run[];
  readonly lowestVcn: number;
  readonly sizeBytes: number;
  readonly initialisedBytes: number;
};

export type FileRecord = { readonly isInUse: boolean; readonly sequence: number; readonly attributes: readonly Attribute[] };

const MAX_ATTRIBUTES = 1024;
const STRIDE_BYTES = 512;

/**
 * Undoes the protection against torn writes: the last two bytes of each 512 are a counter, and what belongs there is in a table.
 * Undefined if the magic is another one, or a sector is older than the rest.
 */
export const unprotect = (block: Buffer, magic: string): Buffer | undefined => {
  const bytes = Buffer.from(block);
  if (bytes.toString('latin1', 0, 4) !== magic) return undefined;
  const at = bytes.readUInt16LE(4);
  const count = bytes.readUInt16LE(6);
  if (count < 2 || at + count * 2 > bytes.length || (count - 1) * STRIDE_BYTES !== bytes.length) return undefined;
  const stamp = bytes.readUInt16LE(at);
  for (let n = 1; n < count; n++) {
    const end = n * STRIDE_BYTES - 2;
    if (bytes.readUInt16LE(end) !== stamp) return undefined;
    bytes.writeUInt16LE(bytes.readUInt16LE(at + n * 2), end);
  }
  return bytes;
};

export const parseRecord = (block: Buffer): FileRecord => {
  const record = unprotect(block, 'FILE');
  if (record === undefined) throw malformed('a file record is damaged');
  const attributes: Attribute[] = [];
  for (let at = record.readUInt16LE(20); attributes.length < MAX_ATTRIBUTES;) {
    if (at + 4 > record.length) throw malformed('a file record has no end');
    if (record.readUInt32LE(at) === 0xffff_ffff) break;
    const length = at + 24 <= record.length ? record.readUInt32LE(at + 4) : 0;
    if (length < 24 || at + length > record.length) throw malformed('an attribute leaves its file record');
    attributes.push(parseAttribute(record.subarray(at, at + length)));
    at += length;
  }
  return { isInUse: (record.readUInt16LE(22) & 1) !== 0, sequence: record.readUInt16LE(16), attributes };
};

const parseAttribute = (bytes: Buffer): Attribute => {
  const nameEnd = bytes.readUInt16LE(10) + bytes.readUInt8(9) * 2;
  if (nameEnd > bytes.length) throw malformed('the name of an attribute leaves it');
  const head = { type: bytes.readUInt32LE(0), name: bytes.toString('utf16le', bytes.readUInt16LE(10), nameEnd) };
  if (bytes.readUInt8(8) === 0) {
    const start = bytes.readUInt16LE(20);
    const sizeBytes = bytes.readUInt32LE(16);
    if (start + sizeBytes > bytes.length) throw malformed('the value of an attribute leaves it');
    const value = bytes.subarray(start, start + sizeBytes);
    return { ...head, value, runs: [], lowestVcn: 0, sizeBytes, initialisedBytes: sizeBytes };
  }
  if (bytes.length < 64) throw malformed('an attribute is cut off');
  return {
    ...head,
    value: null,
    runs: parseRuns(bytes, bytes.readUInt16LE(32)),
    lowestVcn: Number(bytes.readBigUInt64LE(16)),
    sizeBytes: Number(bytes.readBigUInt64LE(48)),
    initialisedBytes: Number(bytes.readBigUInt64LE(56)),
  };
};

/** Mapping pairs: a byte with two lengths, then a count of clusters and the signed distance from the run before. */
const parseRuns = (bytes: Buffer, start: number): readonly Run[] => {
  const runs: Run[] = [];
  let lcn = 0;
  for (let at = start; at < bytes.length && bytes[at] !== 0;) {
    const lengths = bytes.readUInt8(at);
    const [countBytes, distanceBytes] = [lengths & 15, lengths >> 4];
    const end = at + 1 + countBytes + distanceBytes;
    if (countBytes < 1 || countBytes > 6 || distanceBytes > 6 || end > bytes.length) throw malformed('the runs of a file are damaged');
    const clusters = bytes.readUIntLE(at + 1, countBytes);
    if (distanceBytes > 0) lcn += bytes.readIntLE(at + 1 + countBytes, distanceBytes);
    if (clusters === 0 || lcn < 0) throw malformed('the runs of a file are damaged');
    runs.push({ lcn: distanceBytes === 0 ? null : lcn, clusters });
    at = end;
  }
  return runs;
};

// Packs (docs/FORMAT.md "Pack"): many frames in one immutable file, with a sorted trailer whose hash names the file. The `.idx`
// beside a pack is a copy of the trailer; a lost trailer is rebuilt from the frames.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { FRAME_HEADER_BYTES, LARGE_CHUNK_SIZE_BYTES, checkFrame } from './chunk.ts';

export const PACK_TARGET_BYTES = 64 * 1024 * 1024;
export const PACK_MAX_BYTES = 256 * 1024 * 1024;
export const PACK_HEADER_BYTES = 16;
/** Behind the trailer: its length and a mark, so that it can be found from the end. */
export const PACK_TAIL_BYTES = 8;

const PACK_MAGIC = Buffer.from('RSPACK01');
const TRAILER_MAGIC = Buffer.from('RSTRAIL1');
const TAIL_MAGIC = 0x444e4552; // 'REND'
const TRAILER_HEAD_BYTES = 20;
const DIGEST_BYTES = 32;
export const ENTRY_BYTES = 44;
/** What a trailer has beside its entries. */
export const TRAILER_FRAME_BYTES = TRAILER_HEAD_BYTES + DIGEST_BYTES;

/** Where one chunk's frame begins in a pack; the frame is `FRAME_HEADER_BYTES + encodedLength` long. */
export type PackEntry = { readonly chunkId: string; readonly offset: number; readonly encodedLength: number; readonly rawLength: number };

/** A verified trailer. `framesEnd` is where the frames stop and the trailer begins. */
export type PackIndex = { readonly packId: string; readonly framesEnd: number; readonly entries: readonly PackEntry[] };

/** Magic, encryption (0: none, all else refused) and CRC. */
export const encodePackHeader = (): Buffer => {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  header.set(PACK_MAGIC, 0);
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
  return header;
};

export const checkPackHeader = (bytes: Uint8Array): Result<null> => {
  const header = Buffer.from(bytes.subarray(0, PACK_HEADER_BYTES));
  if (header.length < PACK_HEADER_BYTES || !header.subarray(0, 8).equals(PACK_MAGIC)) return malformed('it does not begin like a pack');
  if (crc32(header.subarray(0, 12)) !== header.readUInt32LE(12)) return malformed('its header is damaged');
  if (header.readUInt32LE(8) !== 0)
    return failed('pack.encrypted', 'The library is encrypted, which this version cannot read.', 'Update this station, then try again.');
  return success(null);
};

/** The trailer for these frames, sorted by chunk id: exactly what the `.idx` file holds. */
export const encodeTrailer = (entries: readonly PackEntry[], framesEnd: number): { readonly packId: string; readonly trailer: Buffer } => {
  const sorted = entries.toSorted((a, b) => (a.chunkId < b.chunkId ? -1 : 1));
  const body = Buffer.alloc(TRAILER_HEAD_BYTES + sorted.length * ENTRY_BYTES);
  body.set(TRAILER_MAGIC, 0);
  body.writeUInt32LE(sorted.length, 8);
  body.writeUInt32LE(framesEnd, 12);
  for (const [index, entry] of sorted.entries()) {
    const at = TRAILER_HEAD_BYTES + index * ENTRY_BYTES;
    body.write(entry.chunkId, at, 32, 'hex');
    body.writeUInt32LE(entry.offset, at + 32);
    body.writeUInt32LE(entry.encodedLength, at + 36);
    body.writeUInt32LE(entry.rawLength, at + 40);
  }
  const digest = createHash('sha256').update(body).digest();
  return { packId: digest.toString('hex'), trailer: Buffer.concat([body, digest]) };
};

export const encodeTail = (trailer: Uint8Array): Buffer => {
  const tail = Buffer.alloc(PACK_TAIL_BYTES);
  tail.writeUInt32LE(trailer.length, 0);
  tail.writeUInt32LE(TAIL_MAGIC, 4);
  return tail;
};

/** Length of the trailer in front of a pack's last 8 bytes. */
export const parseTail = (tail: Uint8Array, packSizeBytes: number): Result<number> => {
  const bytes = Buffer.from(tail);
  if (bytes.length !== PACK_TAIL_BYTES || bytes.readUInt32LE(4) !== TAIL_MAGIC) return malformed('its end is missing');
  const length = bytes.readUInt32LE(0);
  const fits = length >= TRAILER_FRAME_BYTES && length <= packSizeBytes - PACK_HEADER_BYTES - PACK_TAIL_BYTES;
  return fits ? success(length) : malformed('its trailer has an impossible length');
};

/** Bytes of the trailer or `.idx` that begins at `at`, and the id that it claims; undefined where none begins or the bytes end in it. */
export const trailerAt = (bytes: Buffer, at: number): { readonly lengthBytes: number; readonly packId: string } | undefined => {
  if (at + TRAILER_HEAD_BYTES > bytes.length || bytes.compare(TRAILER_MAGIC, 0, 8, at, at + 8) !== 0) return undefined;
  const lengthBytes = TRAILER_FRAME_BYTES + bytes.readUInt32LE(at + 8) * ENTRY_BYTES;
  const end = at + lengthBytes;
  return end > bytes.length ? undefined : { lengthBytes, packId: bytes.toString('hex', end - DIGEST_BYTES, end) };
};

/** A verified trailer as it lies there: `entries` has `ENTRY_BYTES` for each chunk, its id first, then the three numbers. */
export type CheckedTrailer = { readonly packId: string; readonly framesEnd: number; readonly count: number; readonly entries: Buffer };

/** Checks a trailer or `.idx` file: hash first, then every entry within the frames, sorted and unique. Code `pack.malformed`. */
export const checkTrailer = (input: Uint8Array): Result<CheckedTrailer> => {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < TRAILER_FRAME_BYTES || !bytes.subarray(0, 8).equals(TRAILER_MAGIC)) return malformed('its index is of no known kind');
  const count = bytes.readUInt32LE(8);
  const framesEnd = bytes.readUInt32LE(12);
  if (bytes.length !== TRAILER_FRAME_BYTES + count * ENTRY_BYTES) return malformed('its index has the wrong length');
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  const digest = createHash('sha256').update(body).digest();
  if (!digest.equals(bytes.subarray(bytes.length - DIGEST_BYTES))) return malformed('its index is damaged');
  if (bytes.readUInt32LE(16) !== 0 || framesEnd > PACK_MAX_BYTES) return malformed('its index is of no known kind');
  for (let index = 0; index < count; index++) {
    const at = TRAILER_HEAD_BYTES + index * ENTRY_BYTES;
    if ((index > 0 && !isAscending(bytes, at - ENTRY_BYTES, at)) || !isWithin(bytes, at, framesEnd))
      return malformed(`index entry ${index} is impossible`);
  }
  const entries = bytes.subarray(TRAILER_HEAD_BYTES, TRAILER_HEAD_BYTES + count * ENTRY_BYTES);
  return success({ packId: digest.toString('hex'), framesEnd, count, entries });
};

/** The same as values, for whoever looks at single entries. */
export const parseTrailer = (input: Uint8Array): Result<PackIndex> => {
  const checked = checkTrailer(input);
  if (!checked.ok) return checked;
  const { packId, framesEnd, count, entries } = checked.value;
  return success({ packId, framesEnd, entries: Array.from({ length: count }, (_, index) => entryAt(entries, index * ENTRY_BYTES)) });
};

/** Every whole frame from the front of a pack: what can still be used of a torn one. Stops at the first byte that is no frame. */
export const recoverFrames = (pack: Uint8Array): readonly PackEntry[] => {
  const entries = new Map<string, PackEntry>();
  for (let offset = PACK_HEADER_BYTES; offset < pack.length;) {
    const frame = checkFrame(pack, offset);
    if (!frame.ok) break;
    const { chunkId, encodedLength, rawLength } = frame.value;
    if (!entries.has(chunkId)) entries.set(chunkId, { chunkId, offset, encodedLength, rawLength });
    offset += FRAME_HEADER_BYTES + encodedLength;
  }
  return [...entries.values()];
};

const entryAt = (bytes: Buffer, at: number): PackEntry => ({
  chunkId: bytes.toString('hex', at, at + 32),
  offset: bytes.readUInt32LE(at + 32),
  encodedLength: bytes.readUInt32LE(at + 36),
  rawLength: bytes.readUInt32LE(at + 40),
});

/** Whether the id at `one` comes before that at `other`: nearly always their first 4 bytes tell. */
const isAscending = (bytes: Buffer, one: number, other: number): boolean => {
  const difference = bytes.readUInt32BE(other) - bytes.readUInt32BE(one);
  return difference === 0 ? bytes.compare(bytes, one, one + 32, other, other + 32) > 0 : difference > 0;
};

const isWithin = (bytes: Buffer, at: number, framesEnd: number): boolean => {
  const [offset, encodedLength, rawLength] = [bytes.readUInt32LE(at + 32), bytes.readUInt32LE(at + 36), bytes.readUInt32LE(at + 40)];
  return (
    offset >= PACK_HEADER_BYTES &&
    offset + FRAME_HEADER_BYTES + encodedLength <= framesEnd &&
    rawLength > 0 &&
    rawLength <= LARGE_CHUNK_SIZE_BYTES &&
    encodedLength > 0 &&
    encodedLength <= rawLength
  );
};

const malformed = (what: string): ReturnType<typeof failed> =>
  failed('pack.malformed', `A pack of the library cannot be used: ${what}.`, 'Heal the library from another copy of it.');

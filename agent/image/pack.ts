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
const ENTRY_BYTES = 44;

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
  const fits = length >= TRAILER_HEAD_BYTES + 32 && length <= packSizeBytes - PACK_HEADER_BYTES - PACK_TAIL_BYTES;
  return fits ? success(length) : malformed('its trailer has an impossible length');
};

/** Reads a trailer or `.idx` file: hash first, then every entry within the frames, sorted and unique. Code `pack.malformed`. */
export const parseTrailer = (input: Uint8Array): Result<PackIndex> => {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < TRAILER_HEAD_BYTES + 32 || !bytes.subarray(0, 8).equals(TRAILER_MAGIC))
    return malformed('its index is of no known kind');
  const count = bytes.readUInt32LE(8);
  const framesEnd = bytes.readUInt32LE(12);
  if (bytes.length !== TRAILER_HEAD_BYTES + count * ENTRY_BYTES + 32) return malformed('its index has the wrong length');
  const body = bytes.subarray(0, bytes.length - 32);
  const digest = createHash('sha256').update(body).digest();
  if (!digest.equals(bytes.subarray(bytes.length - 32))) return malformed('its index is damaged');
  if (bytes.readUInt32LE(16) !== 0 || framesEnd > PACK_MAX_BYTES) return malformed('its index is of no known kind');
  const entries: PackEntry[] = [];
  for (let index = 0; index < count; index++) {
    const entry = entryAt(bytes, TRAILER_HEAD_BYTES + index * ENTRY_BYTES);
    if (!isWithin(entry, framesEnd) || entry.chunkId <= (entries.at(-1)?.chunkId ?? ''))
      return malformed(`index entry ${index} is impossible`);
    entries.push(entry);
  }
  return success({ packId: digest.toString('hex'), framesEnd, entries });
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

const isWithin = (entry: PackEntry, framesEnd: number): boolean =>
  entry.offset >= PACK_HEADER_BYTES &&
  entry.offset + FRAME_HEADER_BYTES + entry.encodedLength <= framesEnd &&
  entry.rawLength > 0 &&
  entry.rawLength <= LARGE_CHUNK_SIZE_BYTES &&
  entry.encodedLength > 0 &&
  entry.encodedLength <= entry.rawLength;

const malformed = (what: string): ReturnType<typeof failed> =>
  failed('pack.malformed', `A pack of the library cannot be used: ${what}.`, 'Heal the library from another copy of it.');

// Chunks and their frames (docs/FORMAT.md "Frame"): fixed pieces of disk content named by the SHA-256 of their raw bytes, and
// the self-checking envelope in which they are stored and travel.
import { constants, crc32, zstdDecompressSync } from 'node:zlib';
import { failed, success } from '../protocol/result.ts';
import type { Result } from '../protocol/result.ts';
import { CODECS, FRAME_HEADER_BYTES, FRAME_MAGIC, LARGE_CHUNK_SIZE_BYTES, chunkIdOf, encodeFrame } from './encode-frame.ts';
import type { Codec } from './encode-frame.ts';

export { FRAME_HEADER_BYTES, LARGE_CHUNK_SIZE_BYTES, chunkIdOf, encodeFrame };
export type { Codec };

export const CHUNK_SIZE_BYTES = 256 * 1024;
/** Above this use, images take large chunks: keeps the chunk table of a 2 TiB image under 84 MB. */
export const LARGE_IMAGE_BYTES = 512 * 1024 ** 3;
/** Chunks per request: 4 MiB of raw content at the default chunk size. */
export const BATCH_CHUNKS = 16;

/** Everything in front of a chunk's stored bytes. `chunkId` is 64 lower-case hex digits. */
export type FrameHeader = {
  readonly codec: Codec;
  readonly rawLength: number;
  readonly encodedLength: number;
  readonly chunkId: string;
  readonly bodyCrc32: number;
};

export const chunkSizeFor = (usedBytes: number): number => (usedBytes > LARGE_IMAGE_BYTES ? LARGE_CHUNK_SIZE_BYTES : CHUNK_SIZE_BYTES);

const zeros = Buffer.alloc(LARGE_CHUNK_SIZE_BYTES);

/** True if all bytes are zero; memcmp speed. */
export const isAllZero = (bytes: Uint8Array): boolean => {
  for (let offset = 0; offset < bytes.length; offset += zeros.length) {
    const part = bytes.subarray(offset, offset + zeros.length);
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
};

/** Reads and checks one header; `frame.malformed` if it is torn, foreign or claims sizes no chunk has. */
export const parseFrameHeader = (bytes: Uint8Array, offset = 0): Result<FrameHeader> => {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(offset, offset + FRAME_HEADER_BYTES);
  if (header.length < FRAME_HEADER_BYTES || header.readUInt32LE(0) !== FRAME_MAGIC) return malformedFrame('no frame begins here');
  if (crc32(header.subarray(0, 52)) !== header.readUInt32LE(52)) return malformedFrame('its header is damaged');
  const codec = CODECS[header.readUInt8(4)];
  const rawLength = header.readUInt32LE(8);
  const encodedLength = header.readUInt32LE(12);
  if (codec === undefined || header.readUIntLE(5, 3) !== 0) return malformedFrame('its codec is unknown to this version');
  if (rawLength === 0 || rawLength > LARGE_CHUNK_SIZE_BYTES) return malformedFrame(`it claims ${rawLength} raw bytes`);
  if (encodedLength === 0 || (codec === 'raw' ? encodedLength !== rawLength : encodedLength >= rawLength))
    return malformedFrame(`it claims ${encodedLength} stored bytes for ${rawLength}`);
  return success({ codec, rawLength, encodedLength, chunkId: header.toString('hex', 16, 48), bodyCrc32: header.readUInt32LE(48) });
};

/** Checks header and stored bytes without decompressing: enough to pass a frame on to somebody who will verify the hash. */
export const checkFrame = (bytes: Uint8Array, offset = 0): Result<FrameHeader> => {
  const header = parseFrameHeader(bytes, offset);
  if (!header.ok) return header;
  const body = bodyOf(bytes, offset, header.value);
  if (body.length !== header.value.encodedLength) return malformedFrame('it is cut off');
  return crc32(body) === header.value.bodyCrc32 ? header : malformedFrame('its stored bytes are damaged');
};

/** Unwraps and verifies one chunk: memory is bounded by the 1 MiB that a header may claim, and the hash of the result is checked. */
export const decodeFrame = (bytes: Uint8Array, offset = 0): Result<{ readonly header: FrameHeader; readonly raw: Uint8Array }> => {
  const checked = checkFrame(bytes, offset);
  if (!checked.ok) return checked;
  const header = checked.value;
  const raw = inflate(header, bodyOf(bytes, offset, header));
  if (raw?.length !== header.rawLength) return malformedFrame('its content does not decompress');
  return chunkIdOf(raw) === header.chunkId ? success({ header, raw }) : malformedFrame('its content is not what its name says');
};

/**
 * Unwraps and verifies one chunk into memory of its length, without a copy on the way. The hash of the result is the proof; the CRC of
 * the stored bytes, for those who pass frames on, would only say the same again.
 */
export const decodeFrameInto = (
  bytes: Uint8Array,
  offset: number,
  into: Uint8Array,
  decompress: (stored: Uint8Array, into: Uint8Array) => boolean,
): Result<FrameHeader> => {
  const parsed = parseFrameHeader(bytes, offset);
  if (!parsed.ok) return parsed;
  const header = parsed.value;
  const body = bodyOf(bytes, offset, header);
  if (body.length !== header.encodedLength) return malformedFrame('it is cut off');
  if (header.rawLength !== into.length) return malformedFrame(`it has ${header.rawLength} bytes where ${into.length} belong`);
  if (header.codec === 'raw') into.set(body);
  else if (!decompress(body, into)) return malformedFrame('its content does not decompress');
  return chunkIdOf(into) === header.chunkId ? parsed : malformedFrame('its content is not what its name says');
};

/** The headers and offsets of back-to-back frames, as in a batch answer; fails on the first one that is not whole. */
export const splitFrames = (bytes: Uint8Array): Result<readonly { readonly offset: number; readonly header: FrameHeader }[]> => {
  const frames: { offset: number; header: FrameHeader }[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const checked = checkFrame(bytes, offset);
    if (!checked.ok) return checked;
    frames.push({ offset, header: checked.value });
    offset += FRAME_HEADER_BYTES + checked.value.encodedLength;
  }
  return success(frames);
};

const bodyOf = (bytes: Uint8Array, offset: number, header: FrameHeader): Uint8Array =>
  bytes.subarray(offset + FRAME_HEADER_BYTES, offset + FRAME_HEADER_BYTES + header.encodedLength);

const inflate = (header: FrameHeader, body: Uint8Array): Uint8Array | undefined => {
  if (header.codec === 'raw') return body;
  try {
    return zstdDecompressSync(body, {
      // One byte more than comes: where the buffer is full, zlib makes a second one to see whether more follows.
      chunkSize: Math.max(1024, header.rawLength + 1),
      maxOutputLength: header.rawLength,
      params: { [constants.ZSTD_d_windowLogMax]: 21 },
    });
  } catch {
    return undefined;
  }
};

const malformedFrame = (what: string): ReturnType<typeof failed> =>
  failed('frame.malformed', `A stored chunk cannot be used: ${what}.`, 'Fetch it again, or heal the library from another copy.');

// Making a frame (docs/FORMAT.md "Frame"). Apart from chunk.ts because worker threads load this and nothing else: they start in
// milliseconds.
import { createHash } from 'node:crypto';
import { constants, crc32, zstdCompressSync } from 'node:zlib';

export const LARGE_CHUNK_SIZE_BYTES = 1024 * 1024;
export const FRAME_HEADER_BYTES = 56;
export const FRAME_MAGIC = 0x31465352; // 'RSF1'
export const CODECS = ['raw', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

/** The name of a chunk: SHA-256 of its raw bytes in lower-case hex. */
export const chunkIdOf = (raw: Uint8Array): string => createHash('sha256').update(raw).digest('hex');

/**
 * Compresses `raw` into the start of `into`; the length, or null where it does not fit there. Frames are made with whatever way the
 * caller has: agent/disk/zstd.ts knows a faster one than Node's own.
 */
export type Compress = (raw: Uint8Array, level: number, into: Uint8Array) => number | null;

export const builtInCompress: Compress = (raw, level, into) => {
  const compressed = zstdCompressSync(raw, {
    // Of half the chunk, which is enough for most: what is left of a buffer is garbage outside the heap, and its collection costs.
    chunkSize: Math.max(1024, Math.floor(raw.length / 2)),
    params: { [constants.ZSTD_c_compressionLevel]: level, ...tablesFor(level, raw.length) },
  });
  if (compressed.length > into.length) return null;
  into.set(compressed);
  return compressed.length;
};

/**
 * zstd does not know that a chunk is all there is, and reserves for a window of 2 MiB, which costs time to clear and to collect. With
 * tables made for the default chunk, and no matches of four bytes, which are hardly worth their search, level 3 takes three quarters of the
 * time and is half a percent larger on systems (1.5 % on large programs).
 */
export const tablesFor = (level: number, sizeBytes: number): Readonly<Record<number, number>> => ({
  [constants.ZSTD_c_windowLog]: Math.max(10, Math.ceil(Math.log2(sizeBytes))),
  ...(level === 3 && sizeBytes <= 256 * 1024 ? SMALL_TABLES : {}),
});

const SMALL_TABLES = { [constants.ZSTD_c_hashLog]: 15, [constants.ZSTD_c_chainLog]: 15, [constants.ZSTD_c_minMatch]: 5 };

/** Wraps one chunk (1 byte to 1 MiB); compressed only where that saves at least 3 %. `chunkId` spares a second hashing. */
export const encodeFrame = (
  raw: Uint8Array,
  options: { readonly level?: number; readonly chunkId?: string; readonly compress?: Compress } = {},
): Buffer<ArrayBuffer> => {
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + raw.length);
  return frame.subarray(0, writeFrame(frame, 0, { raw, chunkId: options.chunkId ?? chunkIdOf(raw) }, options));
};

/** Writes the frame at `at`, where 56 bytes and the raw length must have room; the offset behind it. */
export const writeFrame = (
  frames: Buffer,
  at: number,
  { raw, chunkId }: { readonly raw: Uint8Array; readonly chunkId: string },
  { level = 3, compress = builtInCompress }: { readonly level?: number; readonly compress?: Compress } = {},
): number => {
  if (raw.length === 0 || raw.length > LARGE_CHUNK_SIZE_BYTES) throw new RangeError(`a chunk of ${raw.length} bytes`);
  const bodyAt = at + FRAME_HEADER_BYTES;
  const packed = compress(raw, level, frames.subarray(bodyAt, bodyAt + Math.floor(raw.length * WORTHWHILE)));
  if (packed === null) frames.set(raw, bodyAt);
  const body = frames.subarray(bodyAt, bodyAt + (packed ?? raw.length));
  frames.writeUInt32LE(FRAME_MAGIC, at);
  frames.writeUInt8(CODECS.indexOf(packed === null ? 'raw' : 'zstd'), at + 4);
  frames.writeUIntLE(0, at + 5, 3);
  frames.writeUInt32LE(raw.length, at + 8);
  frames.writeUInt32LE(body.length, at + 12);
  frames.write(chunkId, at + 16, 32, 'hex');
  frames.writeUInt32LE(crc32(body), at + 48);
  frames.writeUInt32LE(crc32(frames.subarray(at, at + 52)), at + 52);
  return bodyAt + body.length;
};

const WORTHWHILE = 0.97;

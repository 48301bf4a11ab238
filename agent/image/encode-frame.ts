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

/** Wraps one chunk (1 byte to 1 MiB); compressed only where that saves at least 3 %. `chunkId` spares a second hashing. */
export const encodeFrame = (raw: Uint8Array, options: { readonly level?: number; readonly chunkId?: string } = {}): Buffer => {
  if (raw.length === 0 || raw.length > LARGE_CHUNK_SIZE_BYTES) throw new RangeError(`a chunk of ${raw.length} bytes`);
  const compressed = zstdCompressSync(raw, {
    chunkSize: Math.max(1024, raw.length),
    params: { [constants.ZSTD_c_compressionLevel]: options.level ?? 3 },
  });
  const keep = compressed.length <= raw.length * 0.97;
  return frameOf(keep ? 'zstd' : 'raw', raw.length, keep ? compressed : raw, options.chunkId ?? chunkIdOf(raw));
};

const frameOf = (codec: Codec, rawLength: number, body: Uint8Array, chunkId: string): Buffer => {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt8(CODECS.indexOf(codec), 4);
  frame.writeUIntLE(0, 5, 3);
  frame.writeUInt32LE(rawLength, 8);
  frame.writeUInt32LE(body.length, 12);
  frame.write(chunkId, 16, 32, 'hex');
  frame.writeUInt32LE(crc32(body), 48);
  frame.writeUInt32LE(crc32(frame.subarray(0, 52)), 52);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
};

// The work of a capture that costs processor time: naming chunks by their hash, and making frames of those that travel. It runs where
// agent/disk/chunk-work.ts runs, on the same shared memory.
import { createHash } from 'node:crypto';
import { compress } from '../disk/zstd.ts';
import { CHUNK_SIZE_BYTES, isAllZero } from '../image/chunk.ts';
import { FRAME_HEADER_BYTES, writeFrame } from '../image/encode-frame.ts';

/** Names the chunks of a slot; free blocks are zeros in it already. */
export type NameRequest = {
  readonly kind: 'name';
  readonly slotOffsetBytes: number;
  readonly lengthBytes: number;
  readonly chunkSizeBytes: number;
};
/** Makes frames, back to back, of some of a slot's chunks. */
export type EncodeRequest = {
  readonly kind: 'encode';
  readonly slotOffsetBytes: number;
  /** Where in the shared memory the frames go; a header and the raw length have room there for each chunk. */
  readonly framesOffsetBytes: number;
  readonly chunks: readonly { readonly offsetBytes: number; readonly lengthBytes: number; readonly chunkId: string }[];
};

/** Stands for a stretch of zeros, which is never stored; no content has this hash. */
const ZERO = new Uint8Array(32);
export const isZeroDigest = (digest: Uint8Array): boolean => digest.every((byte) => byte === 0);

/** The digests of the chunks, then those of the OSOID blocks where these are smaller; 32 bytes each, all zero for zeros. */
export const nameChunks = (memory: SharedArrayBuffer, request: NameRequest): Uint8Array => {
  const bytes = Buffer.from(memory, request.slotOffsetBytes, request.lengthBytes);
  // An OSOID block is a chunk of the default size.
  const sizes = request.chunkSizeBytes === CHUNK_SIZE_BYTES ? [CHUNK_SIZE_BYTES] : [request.chunkSizeBytes, CHUNK_SIZE_BYTES];
  const digests = sizes.flatMap((size) => digestsOf(bytes, size));
  // Memory of their own: they are kept to the end of the capture, and of a piece of Buffer's pool all 64 KiB would travel and stay.
  const all = new Uint8Array(digests.length * 32);
  for (const [n, digest] of digests.entries()) all.set(digest, n * 32);
  return all;
};

const digestsOf = (bytes: Uint8Array, sizeBytes: number): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / sizeBytes) }, (_, n) => {
    const part = bytes.subarray(n * sizeBytes, (n + 1) * sizeBytes);
    return isAllZero(part) ? ZERO : createHash('sha256').update(part).digest();
  });

/** zstd -3, or raw where that saves less than 3 %; the length of the frames. */
export const encodeChunks = (memory: SharedArrayBuffer, { slotOffsetBytes, framesOffsetBytes, chunks }: EncodeRequest): number => {
  const mostBytes = chunks.reduce((sum, { lengthBytes }) => sum + FRAME_HEADER_BYTES + lengthBytes, 0);
  const frames = Buffer.from(memory, framesOffsetBytes, mostBytes);
  return chunks.reduce((at, { offsetBytes, lengthBytes, chunkId }) => {
    const raw = Buffer.from(memory, slotOffsetBytes + offsetBytes, lengthBytes);
    return writeFrame(frames, at, { raw, chunkId }, { compress });
  }, 0);
};

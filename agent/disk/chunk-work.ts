// The two pieces of work that cost processor time: naming chunks by their hash, and unpacking frames with verification. They
// run in worker threads (chunk-pool.ts) or in line, on memory that both sides share.
import { createHash } from 'node:crypto';
import { FRAME_HEADER_BYTES, decodeFrame } from '../image/chunk.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';

export type ExpectedChunk = { readonly chunkId: string; readonly lengthBytes: number };

/** Work on the slot that begins at `slotOffsetBytes` of the shared memory. */
export type WorkRequest =
  | { readonly kind: 'hash'; readonly slotOffsetBytes: number; readonly lengthBytes: number; readonly chunkSizeBytes: number }
  | {
      readonly kind: 'unpack';
      readonly slotOffsetBytes: number;
      readonly chunkSizeBytes: number;
      readonly frames: Uint8Array;
      readonly expected: readonly ExpectedChunk[];
    };

/** `digests`: 32 bytes a chunk for `hash`, nothing for `unpack`. */
export type WorkAnswer = Result<{ readonly digests: Uint8Array }>;

export const doWork = (memory: SharedArrayBuffer, request: WorkRequest): WorkAnswer =>
  request.kind === 'hash'
    ? success({ digests: hashChunks(Buffer.from(memory, request.slotOffsetBytes, request.lengthBytes), request.chunkSizeBytes) })
    : unpackFrames(memory, request);

/** SHA-256 of each chunk of `bytes`, 32 bytes after another; the last chunk may be short. */
export const hashChunks = (bytes: Uint8Array, chunkSizeBytes: number): Uint8Array => {
  const chunks = Math.ceil(bytes.length / chunkSizeBytes);
  const digests = new Uint8Array(chunks * 32);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const part = bytes.subarray(chunk * chunkSizeBytes, (chunk + 1) * chunkSizeBytes);
    digests.set(createHash('sha256').update(part).digest(), chunk * 32);
  }
  return digests;
};

/** Lays chunk n of a batch at n × chunk size, each only after its hash was found right. Code `image.chunk-corrupt` names the first bad one. */
const unpackFrames = (memory: SharedArrayBuffer, request: WorkRequest & { readonly kind: 'unpack' }): WorkAnswer => {
  const { frames, expected, slotOffsetBytes, chunkSizeBytes } = request;
  let at = 0;
  for (const [index, { chunkId, lengthBytes }] of expected.entries()) {
    const frame = decodeFrame(frames, at);
    if (!frame.ok) return corrupt(chunkId, frame.failure.message);
    const { header, raw } = frame.value;
    if (header.chunkId !== chunkId) return corrupt(chunkId, `The station sent chunk ${header.chunkId} in its place.`);
    if (raw.length !== lengthBytes) return corrupt(chunkId, `It has ${raw.length} bytes where the image needs ${lengthBytes}.`);
    Buffer.from(memory, slotOffsetBytes + index * chunkSizeBytes, lengthBytes).set(raw);
    at += FRAME_HEADER_BYTES + header.encodedLength;
  }
  return success({ digests: new Uint8Array() });
};

const corrupt = (chunkId: string, why: string): WorkAnswer =>
  failed(
    'image.chunk-corrupt',
    `Chunk ${chunkId} of the image arrived damaged. ${why}`,
    'Verify the library (it heals from any other copy), then order the deploy again; it continues where it stopped.',
  );

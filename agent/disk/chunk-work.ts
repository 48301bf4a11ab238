// The work that costs processor time: naming chunks by their hash, unpacking frames with verification, and what a capture adds. It
// runs in worker threads (chunk-pool.ts) or in line, on memory that both sides share.
import { createHash } from 'node:crypto';
import { FRAME_HEADER_BYTES, decodeFrameInto, parseFrameHeader } from '../image/chunk.ts';
import { failed, success } from '../protocol/result.ts';
import type { Result } from '../protocol/result.ts';
import { encodeChunks, nameChunks } from '../capture/chunk-work.ts';
import type { EncodeRequest, NameRequest } from '../capture/chunk-work.ts';
import { decompress } from './zstd.ts';

export type ExpectedChunk = { readonly chunkId: string; readonly lengthBytes: number };

/** Offsets and lengths only: buffers in a message cost both sides a copy or a collection. Work on the slot that begins at `slotOffsetBytes` of the shared memory. */
export type WorkRequest =
  | { readonly kind: 'hash'; readonly slotOffsetBytes: number; readonly lengthBytes: number; readonly chunkSizeBytes: number }
  | {
      readonly kind: 'unpack';
      readonly slotOffsetBytes: number;
      readonly chunkSizeBytes: number;
      /** Where in the shared memory the frames lie, back to back. */
      readonly framesOffsetBytes: number;
      readonly framesBytes: number;
      readonly expected: readonly ExpectedChunk[];
    }
  | NameRequest
  | EncodeRequest;

/** `digests`: 32 bytes a chunk for `hash` and `name`. `framesBytes`: how long the frames of `encode` are. */
export type WorkAnswer = Result<{ readonly digests: Uint8Array; readonly framesBytes?: number }>;

export const doWork = (memory: SharedArrayBuffer, request: WorkRequest): WorkAnswer => {
  switch (request.kind) {
    case 'hash':
      return success({ digests: hashChunks(Buffer.from(memory, request.slotOffsetBytes, request.lengthBytes), request.chunkSizeBytes) });
    case 'unpack':
      return unpackFrames(memory, request);
    case 'name':
      return success({ digests: nameChunks(memory, request) });
    case 'encode':
      return success({ digests: new Uint8Array(), framesBytes: encodeChunks(memory, request) });
  }
};

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
  const { expected, slotOffsetBytes, chunkSizeBytes } = request;
  const frames = Buffer.from(memory, request.framesOffsetBytes, request.framesBytes);
  let at = 0;
  for (const [index, { chunkId, lengthBytes }] of expected.entries()) {
    const header = parseFrameHeader(frames, at);
    if (!header.ok) return corrupt(chunkId, header.failure.message);
    if (header.value.chunkId !== chunkId) return corrupt(chunkId, `The station sent chunk ${header.value.chunkId} in its place.`);
    const into = Buffer.from(memory, slotOffsetBytes + index * chunkSizeBytes, lengthBytes);
    const decoded = decodeFrameInto(frames, at, into, decompress);
    if (!decoded.ok) return corrupt(chunkId, decoded.failure.message);
    at += FRAME_HEADER_BYTES + header.value.encodedLength;
  }
  return success({ digests: new Uint8Array() });
};

const corrupt = (chunkId: string, why: string): WorkAnswer =>
  failed(
    'image.chunk-corrupt',
    `Chunk ${chunkId} of the image arrived damaged. ${why}`,
    'Verify the library (it heals from any other copy), then order the deploy again; it continues where it stopped.',
  );

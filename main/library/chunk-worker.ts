// Worker thread: hashes chunks and packs them into frames, and unpacks frames from the wire to check them. Buffers travel by transfer,
// both ways, so nothing is copied.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { decodeFrame } from '../../agent/image/chunk.ts';
import { encodeFrame } from '../../agent/image/encode-frame.ts';
import type { Failure } from '../../agent/protocol/failure.ts';

/** A piece of the batch's buffer that is one chunk. */
export type ChunkSpan = { readonly offset: number; readonly length: number };
export type HashTask = { readonly kind: 'hash'; readonly buffer: ArrayBuffer; readonly spans: readonly ChunkSpan[] };
export type EncodeTask = {
  readonly kind: 'encode';
  readonly buffer: ArrayBuffer;
  readonly spans: readonly ChunkSpan[];
  readonly chunkIds: readonly string[];
  readonly level: number;
};
/** Each span is one frame, whose content must be what its name says. */
export type VerifyTask = { readonly kind: 'verify'; readonly buffer: ArrayBuffer; readonly spans: readonly ChunkSpan[] };
export type ChunkTask = HashTask | EncodeTask | VerifyTask;
/** `hash` fills `chunkIds`, `encode` fills `frames`, `verify` says the first `problem`; the buffer always comes back. */
export type ChunkAnswer = {
  readonly buffer: ArrayBuffer;
  readonly chunkIds: readonly string[];
  readonly frames: readonly Uint8Array[];
  readonly problem: Failure | null;
};

const problemIn = (task: VerifyTask): Failure | null => {
  for (const { offset } of task.spans) {
    const decoded = decodeFrame(new Uint8Array(task.buffer), offset);
    if (!decoded.ok) return decoded.failure;
  }
  return null;
};

const answer = (task: ChunkTask): ChunkAnswer => {
  const nothing = { buffer: task.buffer, chunkIds: [], frames: [], problem: null };
  if (task.kind === 'verify') return { ...nothing, problem: problemIn(task) };
  const raws = task.spans.map((span) => new Uint8Array(task.buffer, span.offset, span.length));
  if (task.kind === 'hash') return { ...nothing, chunkIds: raws.map((raw) => createHash('sha256').update(raw).digest('hex')) };
  const frames = raws.map((raw, index) => Uint8Array.from(encodeFrame(raw, { level: task.level, chunkId: task.chunkIds[index] ?? '' })));
  return { ...nothing, frames };
};

parentPort?.on('message', (task: ChunkTask) => {
  const done = answer(task);
  parentPort?.postMessage(done, [done.buffer, ...done.frames.map((frame) => frame.buffer as ArrayBuffer)]);
});

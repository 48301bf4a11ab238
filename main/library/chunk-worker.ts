// Worker thread: hashes chunks and packs them into frames. Buffers travel by transfer, both ways, so nothing is copied.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { encodeFrame } from '../../agent/image/encode-frame.ts';

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
export type ChunkTask = HashTask | EncodeTask;
/** `hash` fills `chunkIds`, `encode` fills `frames`; the buffer always comes back. */
export type ChunkAnswer = { readonly buffer: ArrayBuffer; readonly chunkIds: readonly string[]; readonly frames: readonly Uint8Array[] };

const answer = (task: ChunkTask): ChunkAnswer => {
  const raws = task.spans.map((span) => new Uint8Array(task.buffer, span.offset, span.length));
  if (task.kind === 'hash')
    return { buffer: task.buffer, chunkIds: raws.map((raw) => createHash('sha256').update(raw).digest('hex')), frames: [] };
  const frames = raws.map((raw, index) => Uint8Array.from(encodeFrame(raw, { level: task.level, chunkId: task.chunkIds[index] ?? '' })));
  return { buffer: task.buffer, chunkIds: [], frames };
};

parentPort?.on('message', (task: ChunkTask) => {
  const done = answer(task);
  parentPort?.postMessage(done, [done.buffer, ...done.frames.map((frame) => frame.buffer as ArrayBuffer)]);
});

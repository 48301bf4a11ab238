// Chunk tables for property tests: any runs, and content that repeats so that copies happen.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';

export const digestOf = (content: number): Uint8Array => createHash('sha256').update(`${content}`).digest();

/** One entry a chunk: a number names data content (equal numbers, equal content). */
export const tableOf = (chunks: readonly (number | 'zero' | 'skip')[], tailBytes = CHUNK_SIZE_BYTES): ChunkTable => {
  const builder = buildChunkTable();
  for (const chunk of chunks)
    if (typeof chunk === 'number') builder.add('data', digestOf(chunk));
    else builder.add(chunk, null);
  return builder.finish((chunks.length - 1) * CHUNK_SIZE_BYTES + tailBytes);
};

export const chunksArbitrary = fc.array(fc.oneof(fc.nat(30), fc.constant('zero' as const), fc.constant('skip' as const)), {
  minLength: 1,
  maxLength: 120,
});

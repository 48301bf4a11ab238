// The image as stretches of disk small enough to hold in memory: what scanning and verifying walk through, in disk order.
import { chunkCountOf } from '../image/chunk-table.ts';
import type { ChunkTable, RunKind } from '../image/chunk-table.ts';
import type { Range } from './target-disk.ts';

/** Neighbouring chunks of one kind. `firstHash` numbers the first one's hash in the table (data only, else -1). */
export type Piece = Range & { readonly kind: RunKind; readonly firstChunk: number; readonly chunks: number; readonly firstHash: number };

/** Pieces of at most `maxBytes` (at least one chunk), of the given kinds. */
export function* piecesOf(table: ChunkTable, kinds: readonly RunKind[], maxBytes: number): Generator<Piece> {
  const most = Math.max(1, Math.floor(maxBytes / table.chunkSizeBytes));
  let firstHash = 0;
  for (const run of table.runs) {
    if (kinds.includes(run.kind))
      for (let done = 0; done < run.count; done += most) {
        const firstChunk = run.firstChunk + done;
        const chunks = Math.min(most, run.count - done);
        yield {
          ...spanOf(table, firstChunk, chunks),
          kind: run.kind,
          firstChunk,
          chunks,
          firstHash: run.kind === 'data' ? firstHash + done : -1,
        };
      }
    if (run.kind === 'data') firstHash += run.count;
  }
}

/** Where `chunks` chunks from `firstChunk` on lie; cut at the end of the image's disk. */
export const spanOf = (table: ChunkTable, firstChunk: number, chunks: number): Range => {
  const offsetBytes = firstChunk * table.chunkSizeBytes;
  return { offsetBytes, lengthBytes: Math.min(chunks * table.chunkSizeBytes, table.diskSizeBytes - offsetBytes) };
};

/** The chunk that each hash of the table belongs to. 4 bytes a data chunk: 8 MB for 2 TiB in use. */
export const chunkOfHash = (table: ChunkTable): Uint32Array => {
  if (chunkCountOf(table.diskSizeBytes, table.chunkSizeBytes) > 2 ** 32) throw new RangeError('more chunks than an index holds');
  const chunks = new Uint32Array(table.hashes.length / 32);
  for (const { firstChunk, firstHash, chunks: count } of piecesOf(table, ['data'], Infinity))
    for (let n = 0; n < count; n++) chunks[firstHash + n] = firstChunk + n;
  return chunks;
};

export const bytesOf = (table: ChunkTable, kinds: readonly RunKind[]): number => {
  let bytes = 0;
  for (const { lengthBytes } of piecesOf(table, kinds, Infinity)) bytes += lengthBytes;
  return bytes;
};

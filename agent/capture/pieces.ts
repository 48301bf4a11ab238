// The source disk as stretches of whole chunks in which something is used, small enough for one slot of memory; and, once they are
// named, the chunk table that they make.
import type { Range } from '../disk/target-disk.ts';
import { buildChunkTable } from '../image/chunk-map.ts';
import type { ChunkTable, UsedBitmap } from '../image/chunk-table.ts';
import { chunkCountOf } from '../image/chunk-table.ts';
import type { ExtentsDigest } from '../image/osoid.ts';
import { OSOID_BLOCK_BYTES, createExtentHasher } from '../image/osoid.ts';
import { isZeroDigest } from './chunk-work.ts';

export type SourcePiece = Range & { readonly firstChunk: number; readonly chunks: number };

type Layout = { readonly diskSizeBytes: number; readonly chunkSizeBytes: number };

/** In disk order, none of them touching a chunk twice. */
export function* usedPieces(ranges: Iterable<Range>, { diskSizeBytes, chunkSizeBytes }: Layout, maxBytes: number): Generator<SourcePiece> {
  const most = Math.floor(maxBytes / chunkSizeBytes);
  let next = 0;
  for (const { offsetBytes, lengthBytes } of ranges) {
    const end = Math.ceil((offsetBytes + lengthBytes) / chunkSizeBytes);
    for (let first = Math.max(next, Math.floor(offsetBytes / chunkSizeBytes)); first < end; first = next) {
      const chunks = Math.min(most, end - first);
      const start = first * chunkSizeBytes;
      yield { firstChunk: first, chunks, offsetBytes: start, lengthBytes: Math.min(chunks * chunkSizeBytes, diskSizeBytes - start) };
      next = first + chunks;
    }
  }
}

/** A piece with the digests of its chunks and then, where chunks are larger than these, of its OSOID blocks. */
export type NamedPiece = SourcePiece & { readonly digests: Uint8Array };

export const digestAt = (digests: Uint8Array, n: number): Uint8Array => digests.subarray(n * 32, n * 32 + 32);

/** What was not read is free space. */
export const tableOf = (
  named: readonly NamedPiece[],
  layout: Layout,
  bitmap: UsedBitmap | null,
): { readonly table: ChunkTable; readonly extents: ExtentsDigest } => {
  const { diskSizeBytes, chunkSizeBytes } = layout;
  const builder = buildChunkTable(chunkSizeBytes);
  const hasher = createExtentHasher();
  const blocksBefore = (chunk: number): number => Math.ceil(Math.min(chunk * chunkSizeBytes, diskSizeBytes) / OSOID_BLOCK_BYTES);
  let chunk = 0;
  const skipTo = (next: number): void => {
    // An extent ends where zeros are named, be it none of them.
    if (next === chunk) return;
    builder.add('skip', null, next - chunk);
    hasher.zeros(blocksBefore(next) - blocksBefore(chunk));
    chunk = next;
  };
  for (const piece of named.toSorted((a, b) => a.firstChunk - b.firstChunk)) {
    skipTo(piece.firstChunk);
    for (let n = 0; n < piece.chunks; n++) {
      const digest = digestAt(piece.digests, n);
      if (isZeroDigest(digest)) builder.add('zero', null);
      else builder.add('data', digest);
    }
    chunk += piece.chunks;
    const blocksAt = chunkSizeBytes === OSOID_BLOCK_BYTES ? 0 : piece.chunks;
    for (let n = 0; n < blocksBefore(chunk) - blocksBefore(piece.firstChunk); n++) {
      const digest = digestAt(piece.digests, blocksAt + n);
      if (isZeroDigest(digest)) hasher.zeros(1);
      else hasher.data(digest);
    }
  }
  skipTo(chunkCountOf(diskSizeBytes, chunkSizeBytes));
  return { table: builder.finish(diskSizeBytes, bitmap ?? undefined), extents: hasher.finish() };
};

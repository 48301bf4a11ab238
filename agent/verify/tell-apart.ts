// Which of the chunks that differ differ only where our own steps rewrote them. A chunk at the edge of such a place is fetched: the rest
// of it must be the image's, to the byte.
import { valueOf } from '../disk/carried-failure.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges, mergeRanges } from '../disk/ranges.ts';
import type { Range } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { ReadBench } from '../disk/workbench.ts';
import { chunkLookup } from '../image/chunk-map.ts';
import { chunkCountOf } from '../image/chunk-table.ts';
import { decodeFrame } from '../image/chunk.ts';
import type { ImageSource } from '../deploy/types.ts';

/** One byte a chunk. */
export const SAME = 0;
export const DIFFERENT = 1;
export const OWN = 2;

export const marksFor = ({ table }: Pick<ReadBench, 'table'>): Uint8Array =>
  new Uint8Array(chunkCountOf(table.diskSizeBytes, table.chunkSizeBytes));

/** Nobody has the chunk, or has it damaged. */
const LOST: ReadonlySet<string> = new Set(['library.chunk-missing', 'library.pack-corrupt']);

/**
 * Marks as `OWN` what was `DIFFERENT` for that reason alone. Throws the source's failure, carried; with `mayLack`, a chunk that no library
 * has leaves its place `DIFFERENT`: nobody can say any more that the rest of it is the image's.
 */
export const tellApart = async (
  bench: ReadBench,
  marks: Uint8Array,
  own: readonly Range[],
  { source: { chunks: fetchChunks }, mayLack }: { readonly source: Pick<ImageSource, 'chunks'>; readonly mayLack: boolean },
): Promise<void> => {
  const { table, signal } = bench;
  const places = mergeRanges(own);
  const edges = new Set<number>();
  for (const { offsetBytes, lengthBytes } of places) {
    const first = Math.ceil(offsetBytes / table.chunkSizeBytes);
    const endBytes = offsetBytes + lengthBytes;
    const isToTheEnd = endBytes >= table.diskSizeBytes;
    const end = isToTheEnd ? marks.length : Math.floor(endBytes / table.chunkSizeBytes);
    for (let chunk = first; chunk < end; chunk++) if (marks[chunk] === DIFFERENT) marks[chunk] = OWN;
    edges.add(Math.floor(offsetBytes / table.chunkSizeBytes));
    if (!isToTheEnd) edges.add(end);
  }
  const lookup = chunkLookup(table);
  for (const chunk of edges) {
    if (marks[chunk] !== DIFFERENT) continue;
    signal.throwIfAborted();
    const span = spanOf(table, chunk, 1);
    const { chunkId } = lookup(chunk);
    const fetched = chunkId === null ? null : await fetchChunks([chunkId], signal);
    if (mayLack && fetched?.ok === false && LOST.has(fetched.failure.code)) continue;
    const wanted = fetched === null ? Buffer.alloc(span.lengthBytes) : Buffer.from(valueOf(decodeFrame(valueOf(fetched))).raw);
    const found = await readBytes(bench.disk, span.offsetBytes, span.lengthBytes);
    for (const place of [...places, ...bench.reserved]) {
      const shared = intersectRanges(place, span);
      if (shared === null) continue;
      const from = shared.offsetBytes - span.offsetBytes;
      for (const bytes of [wanted, found]) bytes.fill(0, from, from + shared.lengthBytes);
    }
    if (found.equals(wanted)) marks[chunk] = OWN;
  }
};

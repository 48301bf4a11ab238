// Blocks that are free in the image, by its own map of used blocks (FORMAT.md, "chunks.bin"). A system in use leaves remains in them: a chunk
// that differs by these alone is put right by zeros and fetched by nobody.
import type { ChunkTable } from '../image/chunk-table.ts';
import { usedBitmapOf } from '../image/chunk-table.ts';
import { mergeRanges } from './ranges.ts';
import type { Range } from './target-disk.ts';

/** The free stretches inside a range of the image's disk, in order. */
export type FreeBlocks = (range: Range) => readonly Range[];

/** 1 TiB in blocks of 4096 bytes. A larger map is not worth its memory on a machine of 1 GiB: chunks are fetched instead. */
const MOST_MAP_BYTES = 32 * 1024 * 1024;

/** Null where the image has no map, or none that can be held or read. */
export const freeBlocksOf = (table: ChunkTable): FreeBlocks | null => {
  const blockSizeBytes = table.bitmap?.blockSizeBytes ?? 0;
  if (blockSizeBytes === 0 || table.diskSizeBytes / blockSizeBytes / 8 > MOST_MAP_BYTES) return null;
  const read = usedBitmapOf(table);
  if (!read.ok || read.value === null) return null;
  const bits = read.value;
  const isFree = (block: number): boolean => (((bits[block >>> 3] ?? 0xff) >>> (block & 7)) & 1) === 0;
  return ({ offsetBytes, lengthBytes }) => {
    const first = Math.ceil(offsetBytes / blockSizeBytes);
    const end = Math.floor((offsetBytes + lengthBytes) / blockSizeBytes);
    const blocks = Array.from({ length: Math.max(0, end - first) }, (_, n) => first + n);
    return mergeRanges(blocks.filter(isFree).map((block) => ({ offsetBytes: block * blockSizeBytes, lengthBytes: blockSizeBytes })));
  };
};

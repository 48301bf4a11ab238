// The chunk that holds sector 0 and the primary table. Earlier deploys fitted its table to the disk's size; undoing that in memory
// tells whether it is the image's all the same, so that a disk larger than its image is not "different" for ever.
import { chunkIdOf } from '../image/chunk.ts';
import { chunkLookup } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import type { DiskContent } from '../image/content.ts';
import type { DiskPatch, ReadAt } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import { moveGptBackup, tablePatches } from '../image/resize-table.ts';
import type { Difference } from '../disk/compare.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges } from '../disk/ranges.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { Range } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { ReadBench } from '../disk/workbench.ts';

export const TABLE_CHUNK = 0;

export const isTableChunkData = (table: ChunkTable): boolean => chunkLookup(table)(TABLE_CHUNK).kind === 'data';

/** `head`: the chunk as the image has it, where the disk tells; else null and it is among the chunks to fetch (or no data at all). */
export type KnownHead = { readonly difference: Difference; readonly head: Buffer | null };

export const findHead = async (bench: ReadBench, content: DiskContent, difference: Difference): Promise<KnownHead> => {
  const wanted = chunkLookup(bench.table)(TABLE_CHUNK);
  if (wanted.chunkId === null) return { difference, head: null };
  const head = await headOnDisk(bench, content);
  if (head === null || difference.wrongData[0] === 0) return { difference, head };
  return {
    head,
    difference: {
      ...difference,
      wrongData: difference.wrongData.with(0, 0),
      wrongDataBytes: difference.wrongDataBytes - wanted.lengthBytes,
      bytesInPlace: difference.bytesInPlace + wanted.lengthBytes,
    },
  };
};

/** The chunk as the image has it, made of what the disk holds; null where the disk does not tell. */
export const headOnDisk = async (bench: ReadBench, content: DiskContent): Promise<Buffer | null> => {
  const head = await readHead(bench);
  const { chunkId } = chunkLookup(bench.table)(TABLE_CHUNK);
  if (chunkIdOf(head) === chunkId) return head;
  const isTouched = putTable(await imageTable(bench, content, head), spanOf(bench.table, TABLE_CHUNK, 1), head);
  return isTouched && chunkIdOf(head) === chunkId ? head : null;
};

/** As it lies on the disk, our own record taken out. */
export const readHead = async (bench: ReadBench): Promise<Buffer> => {
  const span = spanOf(bench.table, TABLE_CHUNK, 1);
  const bytes = await readBytes(bench.disk, span.offsetBytes, span.lengthBytes);
  for (const range of bench.reserved) {
    const shared = intersectRanges(range, span);
    if (shared !== null) bytes.fill(0, shared.offsetBytes, shared.offsetBytes + shared.lengthBytes);
  }
  return bytes;
};

/** The bytes of the disk's table, moved back to the image's size and partitions; none where there is nothing to move. */
export const imageTable = async (bench: ReadBench, content: DiskContent, head: Buffer): Promise<readonly DiskPatch[]> => {
  const { sizeBytes, logicalSectorBytes } = content;
  const onDisk = await readPartitionTable(readerOf(bench.disk), { sizeBytes: bench.disk.sizeBytes, logicalSectorBytes });
  if (!onDisk.ok || onDisk.value.kind !== 'gpt' || content.table.kind !== 'gpt') return [];
  const moved = moveGptBackup({ ...onDisk.value, partitions: content.table.partitions }, sizeBytes);
  if (!moved.ok || moved.value.partitions.some(({ number }) => number > (moved.value.gpt?.entryCount ?? 0))) return [];
  const read: ReadAt = (offsetBytes, lengthBytes) => Promise.resolve(head.subarray(offsetBytes, offsetBytes + lengthBytes));
  return tablePatches(read, moved.value);
};

/** Lays what of the table belongs into `bytes`, which are those of `span`; false where nothing does. */
export const putTable = (patches: readonly DiskPatch[], span: Range, bytes: Buffer): boolean => {
  let isTouched = false;
  for (const patch of patches) {
    const shared = intersectRanges({ offsetBytes: patch.offsetBytes, lengthBytes: patch.bytes.length }, span);
    if (shared === null) continue;
    const from = shared.offsetBytes - patch.offsetBytes;
    bytes.set(patch.bytes.subarray(from, from + shared.lengthBytes), shared.offsetBytes - span.offsetBytes);
    isTouched = true;
  }
  return isTouched;
};

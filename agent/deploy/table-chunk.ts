// The chunk that holds sector 0 and the primary table. Earlier deploys fitted its table to the disk's size; undoing that in memory
// tells whether it is the image's all the same, so that a disk larger than its image is not "different" for ever.
import { chunkIdOf } from '../image/chunk.ts';
import { chunkLookup } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import type { DiskContent } from '../image/content.ts';
import type { ReadAt } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import { moveGptBackup, tablePatches } from '../image/resize-table.ts';
import type { Difference } from '../disk/compare.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges } from '../disk/ranges.ts';
import { readBytes } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { Workbench } from '../disk/workbench.ts';

export const TABLE_CHUNK = 0;

export const isTableChunkData = (table: ChunkTable): boolean => chunkLookup(table)(TABLE_CHUNK).kind === 'data';

/** `head`: the chunk as the image has it, where the disk tells; else null and it is among the chunks to fetch (or no data at all). */
export type KnownHead = { readonly difference: Difference; readonly head: Buffer | null };

export const findHead = async (bench: Workbench, content: DiskContent, difference: Difference): Promise<KnownHead> => {
  const wanted = chunkLookup(bench.table)(TABLE_CHUNK);
  if (wanted.chunkId === null) return { difference, head: null };
  const found = await readHead(bench);
  if (difference.wrongData[0] === 0) return { difference, head: found };
  const head = await unfitted(bench, content, found);
  if (head === null || chunkIdOf(head) !== wanted.chunkId) return { difference, head: null };
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

/** As it lies on the disk, our own record taken out. */
const readHead = async (bench: Workbench): Promise<Buffer> => {
  const span = spanOf(bench.table, TABLE_CHUNK, 1);
  const bytes = await readBytes(bench.disk, span.offsetBytes, span.lengthBytes);
  for (const range of bench.reserved) {
    const shared = intersectRanges(range, span);
    if (shared !== null) bytes.fill(0, shared.offsetBytes, shared.offsetBytes + shared.lengthBytes);
  }
  return bytes;
};

/** The chunk with the table of the disk moved back to the image's size and partitions; null where there is nothing to move. */
const unfitted = async (bench: Workbench, content: DiskContent, found: Buffer): Promise<Buffer | null> => {
  const { sizeBytes, logicalSectorBytes } = content;
  const onDisk = await readPartitionTable(readerOf(bench.disk), { sizeBytes: bench.disk.sizeBytes, logicalSectorBytes });
  if (!onDisk.ok || onDisk.value.kind !== 'gpt' || content.table.kind !== 'gpt') return null;
  const moved = moveGptBackup({ ...onDisk.value, partitions: content.table.partitions }, sizeBytes);
  if (!moved.ok || moved.value.partitions.some(({ number }) => number > (moved.value.gpt?.entryCount ?? 0))) return null;
  const read: ReadAt = (offsetBytes, lengthBytes) => Promise.resolve(found.subarray(offsetBytes, offsetBytes + lengthBytes));
  const head = Buffer.from(found);
  for (const { offsetBytes, bytes } of await tablePatches(read, moved.value))
    if (offsetBytes + bytes.length <= head.length) head.set(bytes, offsetBytes);
  return head;
};

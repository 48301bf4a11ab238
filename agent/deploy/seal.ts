// While an image is being written the disk has no partition table, so that a machine cut off in the middle boots the network and
// never half an operating system. The table's chunk is kept in memory and written last (install-table.ts).
import { chunkLookup } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges } from '../disk/ranges.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { Difference } from '../disk/compare.ts';
import type { Workbench } from '../disk/workbench.ts';
import { zeroAround } from '../disk/fetch-write.ts';

/** The chunk that holds sector 0 and, on GPT disks, the primary table. */
export const TABLE_CHUNK = 0;

export const isTableChunkData = (table: ChunkTable): boolean => chunkLookup(table)(TABLE_CHUNK).kind === 'data';

/** The table's chunk as the image has it, if the disk has it right; null if it will be fetched or the image has none. */
export const keepTableChunk = async (bench: Workbench, difference: Difference): Promise<Buffer | null> => {
  if (!isTableChunkData(bench.table) || difference.wrongData[0] === 1) return null;
  const span = spanOf(bench.table, TABLE_CHUNK, 1);
  const bytes = await readBytes(bench.disk, span.offsetBytes, span.lengthBytes);
  for (const range of bench.reserved) {
    const shared = intersectRanges(range, span);
    if (shared !== null) bytes.fill(0, shared.offsetBytes, shared.offsetBytes + shared.lengthBytes);
  }
  return bytes;
};

/**
 * Takes away sector 0 and the GPT header behind it; durable when it returns. A GPT backup may stay: firmware and kernels look for
 * it only behind a protective MBR (UEFI 2.10 §5.2.3), and it may be content of the image that is already in place.
 */
export const sealDisk = async (bench: Workbench): Promise<void> => {
  await zeroAround(bench, 0, 2 * bench.disk.logicalSectorBytes);
  await bench.disk.flush();
};

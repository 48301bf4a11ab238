// Whether the image leaves the provenance record its place. Tables alone do not say it: some loaders of small boards keep
// themselves in the gap that GPT and MBR leave, and then the image's bytes win and no record is written.
import type { FetchChunks } from '../disk/fetch-write.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { Range, TargetDisk } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { chunkLookup } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import { chunkIdOf, decodeFrame, isAllZero } from '../image/chunk.ts';
import type { DiskContent } from '../image/content.ts';
import type { PartitionTable } from '../image/partition-table.ts';
import { provenancePlace } from '../image/provenance.ts';
import { success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';

export type RecordPlace = { readonly place: Range | null; readonly bytesFetched: number };

/** Reads one chunk of the disk; where that does not settle it, fetches one chunk of the image. */
export const findRecordPlace = async (
  disk: TargetDisk,
  content: DiskContent,
  table: ChunkTable,
  fetchChunks: FetchChunks,
  signal: AbortSignal,
): Promise<Result<RecordPlace>> => {
  const place = provenancePlace(tableOf(content, disk.sizeBytes));
  if (place === null || place.offsetBytes >= table.diskSizeBytes) return success({ place, bytesFetched: 0 });
  const chunk = chunkLookup(table)(Math.floor(place.offsetBytes / table.chunkSizeBytes));
  if (chunk.chunkId === null) return success({ place, bytesFetched: 0 });
  const span = spanOf(table, chunk.index, 1);
  const shared = intersectRanges(place, span);
  const from = (shared?.offsetBytes ?? 0) - span.offsetBytes;
  const onDisk = await readBytes(disk, span.offsetBytes, span.lengthBytes);
  if (chunkIdOf(onDisk) === chunk.chunkId) {
    const isZero = isAllZero(onDisk.subarray(from, from + (shared?.lengthBytes ?? 0)));
    return success({ place: isZero ? place : null, bytesFetched: 0 });
  }
  onDisk.fill(0, from, from + (shared?.lengthBytes ?? 0));
  if (chunkIdOf(onDisk) === chunk.chunkId) return success({ place, bytesFetched: 0 });
  const frame = await fetchChunks([chunk.chunkId], signal);
  if (!frame.ok) return frame;
  const decoded = decodeFrame(frame.value);
  // A damaged frame is dealt with, by name, when the chunk is fetched to be written.
  const isFree = !decoded.ok || isAllZero(decoded.value.raw.subarray(from, from + (shared?.lengthBytes ?? 0)));
  return success({ place: isFree ? place : null, bytesFetched: frame.value.length });
};

/** As much of a table as the place depends on; where entries and boot records lie the image's own bytes tell. */
const tableOf = (content: DiskContent, diskSizeBytes: number): PartitionTable => ({
  kind: content.table.kind,
  diskSizeBytes,
  logicalSectorBytes: content.logicalSectorBytes,
  id: content.table.id,
  partitions: content.table.partitions,
  problems: [],
  gpt: null,
  mbr: null,
});

// What every pass over the disk works with: the open disk, the image's chunk table, the places that are not the image's, and the
// memory and threads to work in. Memory: lanes × 4 MiB of slots, and as much again for frames in flight.
import type { ChunkTable } from '../image/chunk-table.ts';
import type { Arena } from './aligned-memory.ts';
import { createArena } from './aligned-memory.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { startChunkPool } from './chunk-pool.ts';
import type { Range, TargetDisk } from './target-disk.ts';

export const SLOT_BYTES = 4 * 1024 * 1024;

/** A batch that does not compress at all: its chunks and their frame headers, in whole pages. */
const FRAMES_BYTES = SLOT_BYTES + 4096;

export type Workbench = {
  readonly disk: TargetDisk;
  readonly table: ChunkTable;
  /** Places that belong to our own record: read as zeros wherever the image looks at them, never overwritten by it. */
  readonly reserved: readonly Range[];
  readonly arena: Arena;
  /** One batch of frames for each lane, as it came over the wire. */
  readonly received: Arena;
  readonly pool: ChunkPool;
  readonly lanes: number;
  readonly signal: AbortSignal;
};

/** With threads, enough lanes that disk, link and processors all have work; without, two: one waits while the other works. */
export const lanesFor = (workers: number): number => (workers === 0 ? 2 : 6);

export const openWorkbench = (
  disk: TargetDisk,
  table: ChunkTable,
  reserved: readonly Range[],
  options: { readonly workers: number; readonly signal: AbortSignal },
): Workbench => {
  const lanes = lanesFor(options.workers);
  const arena = createArena(lanes, SLOT_BYTES);
  const received = createArena(lanes, FRAMES_BYTES);
  return { disk, table, reserved, arena, received, pool: startChunkPool(arena.memory, options.workers), lanes, signal: options.signal };
};

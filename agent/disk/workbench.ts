// What every pass over the disk works with: the open disk, the image's chunk table, the places that are not the image's, and the
// memory and threads to work in. Memory: lanes × 4 MiB of slots, and as much again for frames in flight.
import type { ChunkTable } from '../image/chunk-table.ts';
import type { Arena } from './aligned-memory.ts';
import { alignedMemory, createArena } from './aligned-memory.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { startChunkPool } from './chunk-pool.ts';
import type { Range, TargetDisk } from './target-disk.ts';

export const SLOT_BYTES = 4 * 1024 * 1024;

/** A batch that does not compress at all: its chunks and their frame headers, in whole pages. */
const FRAMES_BYTES = SLOT_BYTES + 4096;

/** A disk through which nothing can be written. */
export type ReadableDisk = Pick<TargetDisk, 'sizeBytes' | 'logicalSectorBytes' | 'read'>;

export type Bench<Disk extends ReadableDisk> = {
  readonly disk: Disk;
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
export type Workbench = Bench<TargetDisk>;
/** For passes that only read. */
export type ReadBench = Bench<ReadableDisk>;

/** With threads, enough lanes that disk, link and processors all have work; without, two: one waits while the other works. */
export const lanesFor = (workers: number): number => (workers === 0 ? 2 : 6);

/** The memory and threads of a pass: for each lane a slot of disk content, and room for its chunks as frames. */
type WorkMemory = { readonly lanes: number; readonly arena: Arena; readonly frames: Arena; readonly pool: ChunkPool };

export const openWorkMemory = (workers: number): WorkMemory => {
  const lanes = lanesFor(workers);
  // One memory for both, which the threads get once: every message that carries shared memory counts in full as fresh memory to the
  // garbage collector of either side.
  const memory = alignedMemory(lanes * (SLOT_BYTES + FRAMES_BYTES));
  const arena = createArena(lanes, SLOT_BYTES, memory);
  const frames = createArena(lanes, FRAMES_BYTES, memory, lanes * SLOT_BYTES);
  return { lanes, arena, frames, pool: startChunkPool(memory, workers) };
};

export const openWorkbench = <Disk extends ReadableDisk>(
  disk: Disk,
  table: ChunkTable,
  reserved: readonly Range[],
  options: { readonly workers: number; readonly signal: AbortSignal },
): Bench<Disk> => {
  const { lanes, arena, frames, pool } = openWorkMemory(options.workers);
  return { disk, table, reserved, arena, received: frames, pool, lanes, signal: options.signal };
};

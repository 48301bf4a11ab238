// Fetch what is missing and write it: several batches in flight, each chunk verified before it touches the disk, neighbours
// written as one. The chunk with the partition table is held back, so that a half-written disk never boots.
import type { Result } from '../protocol/failure.ts';
import { valueOf } from './carried-failure.ts';
import { runConcurrently } from './concurrent.ts';
import type { FetchPlan, PlannedChunk } from './fetch-plan.ts';
import { spanOf } from './pieces.ts';
import { subtractRanges } from './ranges.ts';
import type { Slot } from './aligned-memory.ts';
import type { Workbench } from './workbench.ts';

/** Frames of the chunks asked for, back to back in that order: a view of `into` from its start, or memory of their own. Waits through link trouble by itself; any failure is final. */
export type FetchChunks = (chunkIds: readonly string[], signal: AbortSignal, into?: Uint8Array) => Promise<Result<Uint8Array>>;

export type Written = {
  /** Bytes that came over the wire, frame headers included. */
  readonly bytesFetched: number;
  readonly bytesWritten: number;
  /** Content of the chunk that was held back, if it was among the fetched ones. */
  readonly held: Buffer | null;
};

/** A frame damaged on its way is asked for again this often; damage at its source stays and ends the job. */
const FETCH_ATTEMPTS = 3;

/** `heldChunk`: index of the chunk that is returned instead of written. `onBytes` hears of raw bytes done. */
export const fetchAndWrite = async (
  bench: Workbench,
  plan: FetchPlan,
  options: { readonly fetchChunks: FetchChunks; readonly heldChunk: number; readonly onBytes: (bytes: number) => void },
): Promise<Written> => {
  let bytesFetched = 0;
  let bytesWritten = 0;
  let held: Buffer | null = null;
  await runConcurrently(plan.batches, bench.lanes, bench.signal, async (batch, signal) => {
    const slot = await bench.arena.take(signal);
    try {
      // Not `bytesFetched += await …`: that adds to what it was before the wait, and other lanes' bytes are lost.
      const fetchedBytes = await fetchBatch(bench, batch, slot, options.fetchChunks, signal);
      bytesFetched += fetchedBytes;
      signal.throwIfAborted();
      for (const write of coalesce(bench, batch, options.heldChunk)) {
        await writeAround(bench, write.offsetBytes, slot.bytes.subarray(write.slotAtBytes, write.slotAtBytes + write.lengthBytes));
        bytesWritten += write.lengthBytes;
        options.onBytes(write.lengthBytes);
      }
      const at = batch.findIndex(({ places }) => places.includes(options.heldChunk));
      const chunk = batch[at];
      if (chunk !== undefined) {
        held = Buffer.from(slot.bytes.subarray(at * bench.table.chunkSizeBytes, at * bench.table.chunkSizeBytes + chunk.lengthBytes));
        options.onBytes(chunk.lengthBytes);
      }
    } finally {
      slot.release();
    }
  });
  return { bytesFetched, bytesWritten, held };
};

/** Leaves the batch in the slot, chunk n at n × chunk size, all verified. Returns the bytes that came over the wire. */
const fetchBatch = async (
  bench: Workbench,
  batch: readonly PlannedChunk[],
  slot: Slot,
  fetchChunks: FetchChunks,
  signal: AbortSignal,
): Promise<number> => {
  let bytesFetched = 0;
  const received = await bench.received.take(signal);
  try {
    for (let attempt = 1; ; attempt++) {
      const frames = valueOf(
        await fetchChunks(
          batch.map(({ chunkId }) => chunkId),
          signal,
          received.bytes,
        ),
      );
      bytesFetched += frames.length;
      if (frames.buffer !== received.bytes.buffer) received.bytes.set(frames.subarray(0, received.bytes.length));
      const unpacked = await bench.pool.run({
        kind: 'unpack',
        slotOffsetBytes: slot.offsetBytes,
        chunkSizeBytes: bench.table.chunkSizeBytes,
        framesOffsetBytes: received.offsetBytes,
        framesBytes: Math.min(frames.length, received.bytes.length),
        expected: batch.map(({ chunkId, lengthBytes }) => ({ chunkId, lengthBytes })),
      });
      if (unpacked.ok) return bytesFetched;
      if (attempt === FETCH_ATTEMPTS) valueOf(unpacked);
      signal.throwIfAborted();
    }
  } finally {
    received.release();
  }
};

type SlotWrite = { readonly offsetBytes: number; readonly slotAtBytes: number; readonly lengthBytes: number };

/** The writes of a batch: first places as long stretches where chunks follow each other on disk as in the slot, then the copies. */
const coalesce = (bench: Workbench, batch: readonly PlannedChunk[], heldChunk: number): readonly SlotWrite[] => {
  const writes: SlotWrite[] = [];
  const copies: SlotWrite[] = [];
  for (const [n, { places, lengthBytes }] of batch.entries())
    for (const [nth, chunk] of places.entries()) {
      if (chunk === heldChunk) continue;
      const write = { offsetBytes: spanOf(bench.table, chunk, 1).offsetBytes, slotAtBytes: n * bench.table.chunkSizeBytes, lengthBytes };
      const last = writes.at(-1);
      if (nth > 0) copies.push(write);
      else if (
        last !== undefined &&
        last.offsetBytes - last.slotAtBytes === write.offsetBytes - write.slotAtBytes &&
        last.slotAtBytes + last.lengthBytes === write.slotAtBytes
      )
        writes[writes.length - 1] = { ...last, lengthBytes: last.lengthBytes + lengthBytes };
      else writes.push(write);
    }
  return [...writes, ...copies];
};

/** Writes all of `bytes` except what lies in reserved places. */
export const writeAround = async (bench: Pick<Workbench, 'disk' | 'reserved'>, offsetBytes: number, bytes: Buffer): Promise<void> => {
  for (const part of subtractRanges({ offsetBytes, lengthBytes: bytes.length }, bench.reserved))
    await bench.disk.write(
      part.offsetBytes,
      bytes.subarray(part.offsetBytes - offsetBytes, part.offsetBytes - offsetBytes + part.lengthBytes),
    );
};

/** Makes a range read as zeros, reserved places excepted. */
export const zeroAround = async (bench: Pick<Workbench, 'disk' | 'reserved'>, offsetBytes: number, lengthBytes: number): Promise<void> => {
  for (const part of subtractRanges({ offsetBytes, lengthBytes }, bench.reserved))
    await bench.disk.zero(part.offsetBytes, part.lengthBytes);
};

// Finding one's way in a chunk table: the chunk at an index, all data chunks, and a builder that merges neighbours into runs.
import { CHUNK_SIZE_BYTES } from './chunk.ts';
import type { ChunkRun, ChunkTable, RunKind, UsedBitmap } from './chunk-table.ts';
import { chunkCountOf, chunkLength } from './chunk-table.ts';

/** One place on the disk; `chunkId` (lower-case hex) only for data. */
export type PlacedChunk = {
  readonly index: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly kind: RunKind;
  readonly chunkId: string | null;
};

/** Random access by chunk index: O(log runs). */
export const chunkLookup = (table: ChunkTable): ((index: number) => PlacedChunk) => {
  const firstHash = firstHashOfRuns(table.runs);
  return (index) => {
    const at = runIndexOf(table.runs, index);
    const run = table.runs[at];
    if (run === undefined || index >= run.firstChunk + run.count) throw new RangeError(`no chunk ${index}`);
    const hashIndex = run.kind === 'data' ? (firstHash[at] ?? 0) + index - run.firstChunk : null;
    return placedChunk(table, index, run.kind, hashIndex);
  };
};

/** All data chunks in disk order. */
export function* dataChunks(table: ChunkTable): Generator<PlacedChunk> {
  let hashIndex = 0;
  for (const run of table.runs) {
    if (run.kind !== 'data') continue;
    for (let n = 0; n < run.count; n++) yield placedChunk(table, run.firstChunk + n, 'data', hashIndex++);
  }
}

/** The hash of data chunk number `n` as lower-case hex. */
export const hashAt = (table: ChunkTable, n: number): string =>
  Buffer.from(table.hashes.buffer, table.hashes.byteOffset + n * 32, 32).toString('hex');

export type ChunkTableBuilder = {
  /** Chunks in disk order; `count` only for zero and skip. */
  readonly add: (kind: RunKind, hash: Uint8Array | null, count?: number) => void;
  /** Throws unless the chunks added fill a disk of this size exactly. */
  readonly finish: (diskSizeBytes: number, bitmap?: UsedBitmap) => ChunkTable;
};

/** Collects a table while a disk is read from front to back. */
export const buildChunkTable = (chunkSizeBytes: number = CHUNK_SIZE_BYTES): ChunkTableBuilder => {
  const runs: { firstChunk: number; count: number; kind: RunKind }[] = [];
  let hashes = Buffer.alloc(32 * 1024);
  let hashCount = 0;
  let nextChunk = 0;
  const pushHash = (hash: Uint8Array): void => {
    if ((hashCount + 1) * 32 > hashes.length) hashes = Buffer.concat([hashes], hashes.length * 2);
    hashes.set(hash, hashCount++ * 32);
  };
  return {
    add: (kind, hash, count = 1) => {
      if ((kind === 'data') !== (hash !== null) || (hash !== null && count !== 1)) throw new TypeError('a hash for each data chunk');
      if (hash !== null) pushHash(hash);
      const last = runs.at(-1);
      if (last?.kind === kind) last.count += count;
      else if (count > 0) runs.push({ firstChunk: nextChunk, count, kind });
      nextChunk += count;
    },
    finish: (diskSizeBytes, bitmap) => {
      if (nextChunk !== chunkCountOf(diskSizeBytes, chunkSizeBytes)) throw new RangeError(`${nextChunk} chunks do not fill the disk`);
      return { diskSizeBytes, chunkSizeBytes, runs, hashes: hashes.subarray(0, hashCount * 32), bitmap: bitmap ?? null };
    },
  };
};

const placedChunk = (table: ChunkTable, index: number, kind: RunKind, hashIndex: number | null): PlacedChunk => ({
  index,
  offsetBytes: index * table.chunkSizeBytes,
  lengthBytes: chunkLength(table, index),
  kind,
  chunkId: hashIndex === null ? null : hashAt(table, hashIndex),
});

const firstHashOfRuns = (runs: readonly ChunkRun[]): readonly number[] => {
  let next = 0;
  return runs.map((run) => {
    const first = next;
    if (run.kind === 'data') next += run.count;
    return first;
  });
};

const runIndexOf = (runs: readonly ChunkRun[], chunk: number): number => {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.firstChunk ?? Infinity) <= chunk) low = middle;
    else high = middle - 1;
  }
  return low;
};

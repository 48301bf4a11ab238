// What to fetch and where it goes: every missing chunk once, in disk order, in batches; copies of the same content are written
// from the one that was fetched.
import { BATCH_CHUNKS } from '../image/chunk.ts';
import { hashAt } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import { chunkLength } from '../image/chunk-table.ts';
import { chunkOfHash } from './pieces.ts';

export type PlannedChunk = {
  readonly chunkId: string;
  readonly lengthBytes: number;
  /** Chunk indexes of all places that need this content, ascending; the first decides the fetch order. */
  readonly places: readonly number[];
};
export type FetchPlan = { readonly chunks: number; readonly batches: Iterable<readonly PlannedChunk[]> };

const NONE = 0xffff_ffff;

/** `wrongData`: one byte a data chunk as `compare` gives it. Memory: 16 bytes a data chunk. */
export const planFetch = (table: ChunkTable, wrongData: Uint8Array, slotBytes: number): FetchPlan => {
  const { first, nextSame } = linkCopies(table, wrongData);
  const chunkOf = chunkOfHash(table);
  const perBatch = Math.max(1, Math.min(BATCH_CHUNKS, Math.floor(slotBytes / table.chunkSizeBytes)));
  const planned = (hash: number): PlannedChunk => {
    const places: number[] = [];
    for (let at = hash; at !== NONE; at = nextSame[at] ?? NONE) places.push(chunkOf[at] ?? 0);
    return { chunkId: hashAt(table, hash), lengthBytes: chunkLength(table, places[0] ?? 0), places };
  };
  const batches = {
    *[Symbol.iterator]() {
      for (let at = 0; at < first.length; at += perBatch) yield Array.from(first.subarray(at, at + perBatch), planned);
    },
  };
  return { chunks: first.length, batches };
};

/** `first`: one hash number per distinct content, ascending. `nextSame`: chain of further places of that content. */
const linkCopies = (table: ChunkTable, wrongData: Uint8Array): { readonly first: Uint32Array; readonly nextSame: Uint32Array } => {
  const hashes = Buffer.from(table.hashes.buffer, table.hashes.byteOffset, table.hashes.byteLength);
  const nextSame = new Uint32Array(wrongData.length).fill(NONE);
  const wrong = Uint32Array.from(wrongNumbers(wrongData));
  // Sorting numbers by the hash they stand for finds copies in 16 bytes a chunk; a Map of hash strings takes ten times that.
  const prefix = Float64Array.from({ length: wrongData.length }, (_, n) => (wrongData[n] === 1 ? hashes.readUIntBE(n * 32, 6) : 0));
  const byHash = wrong.slice().sort((a, b) => {
    const byPrefix = (prefix[a] ?? 0) - (prefix[b] ?? 0);
    return byPrefix !== 0 ? byPrefix : hashes.compare(hashes, b * 32, b * 32 + 32, a * 32, a * 32 + 32) || a - b;
  });
  const copies = new Uint8Array(wrongData.length);
  for (let at = 1; at < byHash.length; at++) {
    const [before = 0, own = 0] = [byHash[at - 1], byHash[at]];
    if (hashes.compare(hashes, own * 32, own * 32 + 32, before * 32, before * 32 + 32) !== 0) continue;
    nextSame[before] = own;
    copies[own] = 1;
  }
  return { first: wrong.filter((n) => copies[n] === 0), nextSame };
};

function* wrongNumbers(wrongData: Uint8Array): Generator<number> {
  for (let n = wrongData.indexOf(1); n !== -1; n = wrongData.indexOf(1, n + 1)) yield n;
}

// Reads an image as if it were a disk: for looking at its partition table and boot files, and for exporting it.
import type { PlacedChunk } from '../../agent/image/chunk-map.ts';
import { chunkLookup } from '../../agent/image/chunk-map.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import type { ReadAt } from '../../agent/image/partition-table.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { FindChunk } from './chunk-reader.ts';
import { readChunk } from './chunk-reader.ts';
import type { LibraryStore } from './store.ts';

/** Carries a failure through `ReadAt`, which has no other way to say it. */
export class ImageReadError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Every chunk is verified when read; the last one is kept. Rejects with `ImageReadError`. */
export const imageReader = (store: LibraryStore, find: FindChunk, table: ChunkTable): ReadAt => {
  const lookup = chunkLookup(table);
  let kept: { readonly chunkId: string; readonly raw: Uint8Array } | undefined;
  const rawOf = async (chunk: PlacedChunk): Promise<Uint8Array> => {
    if (chunk.chunkId === null) return new Uint8Array(chunk.lengthBytes);
    if (kept?.chunkId === chunk.chunkId) return kept.raw;
    const raw = await readChunk(store, find, chunk.chunkId);
    if (!raw.ok) throw new ImageReadError(raw.failure);
    kept = { chunkId: chunk.chunkId, raw: raw.value };
    return raw.value;
  };
  return async (offsetBytes, lengthBytes) => {
    const parts: Uint8Array[] = [];
    const end = Math.min(offsetBytes + lengthBytes, table.diskSizeBytes);
    for (let at = offsetBytes; at < end;) {
      const chunk = lookup(Math.floor(at / table.chunkSizeBytes));
      const from = at - chunk.offsetBytes;
      const part = (await rawOf(chunk)).subarray(from, Math.min(chunk.lengthBytes, from + end - at));
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  };
};

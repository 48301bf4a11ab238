// Moves the chunks that are still needed out of packs that are mostly waste or partly damaged. The new pack is durable before the old
// one goes, so at every moment each chunk lies in at least one of them.
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { indexName, packName } from './names.ts';
import { readPackFrames } from './pack-frames.ts';
import type { WrittenPack } from './pack-writer.ts';
import { createPackWriter } from './pack-writer.ts';
import { endQuarantine } from './quarantine.ts';
import type { LibraryStore } from './store.ts';

export type OldPack = { readonly packId: string; readonly keep: readonly PackEntry[] };
export type Repacked = { readonly packs: number; readonly freedBytes: number };
type Options = { readonly signal?: AbortSignal | undefined; readonly onPack?: () => void };

/** Old packs go as soon as so much of theirs is safe elsewhere: the room needed beside them stays that of one pack. */
const ROUND_BYTES = 32 * 1024 * 1024;

/** A frame that proves damaged is not moved, and its pack stays: it is for a scrub to judge. */
export const repack = async (
  store: LibraryStore,
  index: ChunkIndex,
  old: AsyncIterable<OldPack>,
  { signal, onPack }: Options,
): Promise<Result<Repacked>> => {
  const written: WrittenPack[] = [];
  const writer = createPackWriter(store, () => undefined);
  const anew = new Set<string>();
  let drained: string[] = [];
  let roundBytes = 0;
  let [packs, newBytes, oldBytes] = [0, 0, 0];
  const keep = (pack: Result<WrittenPack | null>): Result<null> => {
    if (pack.ok && pack.value !== null) written.push(pack.value);
    return pack.ok ? success(null) : pack;
  };
  const endRound = async (): Promise<Result<null>> => {
    const flushed = keep(await writer.flush());
    if (!flushed.ok) return flushed;
    for (const { packId, entries } of written.splice(0)) {
      anew.add(packId);
      index.relocate(packId, entries);
      newBytes += await sizeOf(store, packId);
    }
    // One that was packed anew to exactly what it was keeps its name.
    const gone = drained.filter((packId) => !anew.has(packId));
    for (const packId of gone) oldBytes += await sizeOf(store, packId);
    packs += gone.length;
    drained = [];
    roundBytes = 0;
    return removePacks(store, index, gone);
  };
  for await (const { packId, keep: entries } of old) {
    let isWhole = true;
    const read = await readPackFrames(store, packId, entries, {
      signal,
      onBad: () => void (isWhole = false),
      take: async (_chunkId, frame) => {
        roundBytes += frame.length;
        return keep(await writer.add(frame));
      },
    });
    if (!read.ok) return read;
    if (isWhole) drained.push(packId);
    onPack?.();
    if (roundBytes < ROUND_BYTES) continue;
    const ended = await endRound();
    if (!ended.ok) return ended;
  }
  const ended = await endRound();
  return ended.ok ? success({ packs, freedBytes: oldBytes - newBytes }) : ended;
};

const sizeOf = async (store: LibraryStore, packId: string): Promise<number> => {
  const size = await store.size(packName(packId));
  return size.ok ? (size.value ?? 0) : 0;
};

/** Index first: a pack without one is read from its own end, an index without a pack is nothing. */
export const removePacks = async (store: LibraryStore, index: ChunkIndex, packIds: readonly string[]): Promise<Result<null>> => {
  index.dropPacks(new Set(packIds));
  for (const packId of packIds) {
    const removed = [await store.delete(indexName(packId)), await store.delete(packName(packId)), await endQuarantine(store, packId)];
    const failure = removed.find((one) => !one.ok);
    if (failure !== undefined) return failure;
  }
  return success(null);
};

// Building the chunk index from a library's packs: the `.idx` files tell; a lost or damaged one is rebuilt from the pack's own
// trailer, a lost trailer from the frames.
import { availableParallelism } from 'node:os';
import { PACK_MAX_BYTES, PACK_TAIL_BYTES, checkPackHeader, parseTail, parseTrailer, recoverFrames } from '../../agent/image/pack.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { indexName, packIdOfName, packName } from './names.ts';
import type { LibraryStore } from './store.ts';

export type LoadedPack = { readonly packId: string; readonly entries: readonly PackEntry[] };
/** An index that was lost or damaged, as its pack has it. */
export type LostIndex = { readonly packId: string; readonly trailer: Uint8Array };
export type LoadedPacks = {
  readonly packs: readonly LoadedPack[];
  readonly lostIndexes: readonly LostIndex[];
  readonly problems: readonly Failure[];
};

/** All packs that can be used. A pack that cannot is a problem to show, and no reason not to open the rest. */
export const loadPacks = async (store: LibraryStore): Promise<Result<LoadedPacks>> => {
  const names = await store.list('packs');
  if (!names.ok) return names;
  const packIds = [...new Set(names.value.filter((name) => name.endsWith('.pack')).map(packIdOfName))].filter((id) => id !== undefined);
  const packs: LoadedPack[] = [];
  const lostIndexes: LostIndex[] = [];
  const problems: Failure[] = [];
  const queue = packIds.values();
  const worker = async (): Promise<void> => {
    for (const packId of queue) {
      const loaded = await loadPack(store, packId);
      if (!loaded.ok) problems.push(loaded.failure);
      else {
        packs.push(loaded.value.pack);
        if (loaded.value.problem !== undefined) problems.push(loaded.value.problem);
        if (loaded.value.trailer !== undefined) lostIndexes.push({ packId, trailer: loaded.value.trailer });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  return success({ packs, lostIndexes, problems });
};

type OnePack = { readonly pack: LoadedPack; readonly problem?: Failure; readonly trailer?: Uint8Array };

const loadPack = async (store: LibraryStore, packId: string): Promise<Result<OnePack>> => {
  const index = await store.readAll(indexName(packId), PACK_MAX_BYTES);
  if (index.ok) {
    const parsed = parseTrailer(index.value);
    if (parsed.ok && parsed.value.packId === packId) return success({ pack: { packId, entries: parsed.value.entries } });
  }
  return loadFromPack(store, packId);
};

const loadFromPack = async (store: LibraryStore, packId: string): Promise<Result<OnePack>> => {
  const size = await store.size(packName(packId));
  if (!size.ok) return size;
  const sizeBytes = size.value ?? 0;
  const trailer = await readTrailer(store, packId, sizeBytes);
  const parsed = trailer.ok ? parseTrailer(trailer.value) : trailer;
  if (trailer.ok && parsed.ok && parsed.value.packId === packId)
    return success({ pack: { packId, entries: parsed.value.entries }, trailer: trailer.value });
  const bytes = await store.readAll(packName(packId), PACK_MAX_BYTES);
  if (!bytes.ok) return bytes;
  const header = checkPackHeader(bytes.value);
  if (!header.ok) return header;
  const problem: Failure = {
    code: 'library.pack-torn',
    message: `Pack ${packId.slice(0, 16)} has lost its index; its whole chunks are still used.`,
    next: 'Heal the library from another copy of it.',
  };
  return success({ pack: { packId, entries: recoverFrames(bytes.value) }, problem });
};

const readTrailer = async (store: LibraryStore, packId: string, sizeBytes: number): Promise<Result<Uint8Array>> => {
  const tail = await store.readRange(packName(packId), Math.max(0, sizeBytes - PACK_TAIL_BYTES), PACK_TAIL_BYTES);
  if (!tail.ok) return tail;
  const length = parseTail(tail.value, sizeBytes);
  if (!length.ok) return length;
  return store.readRange(packName(packId), sizeBytes - PACK_TAIL_BYTES - length.value, length.value);
};

// Building the chunk index from a library's packs: the joined index tells of most at once, the `.idx` files of the others; a lost or
// damaged one is rebuilt from the pack's own trailer, a lost trailer from the frames.
import {
  PACK_MAX_BYTES,
  PACK_TAIL_BYTES,
  checkPackHeader,
  checkTrailer,
  parseTail,
  parseTrailer,
  recoverFrames,
} from '../../agent/image/pack.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { readJoinedIndex } from './joined-index.ts';
import type { JoinedRead } from './joined-index.ts';
import { indexName, packIdOfName, packName } from './names.ts';
import { readQuarantine } from './quarantine.ts';
import type { LibraryStore } from './store.ts';

export type LoadedPack = { readonly packId: string; readonly entries: readonly PackEntry[] };
/** An index that was lost or damaged, as its pack has it. */
export type LostIndex = { readonly packId: string; readonly trailer: Uint8Array };
export type LoadedPacks = {
  readonly lostIndexes: readonly LostIndex[];
  readonly problems: readonly Failure[];
  /** Packs that can be joined into one index file, and what that file has of them. */
  readonly joinable: readonly string[];
  readonly joined: JoinedRead;
};

/** Of a pack of 64 MiB: its index is then 11 KB. */
const TYPICAL_CHUNKS = 250;
const SCRATCH_BYTES = 256 * 1024;
/** A small file is four trips to the disk, between which a reader only waits. */
const READERS = 8;

export const listPacks = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const names = await store.list('packs');
  return names.ok ? success(idsOf(names.value, '.pack')) : names;
};

const idsOf = (names: readonly string[], ending: '.pack' | '.idx'): readonly string[] =>
  names
    .filter((name) => name.endsWith(ending))
    .map(packIdOfName)
    .filter((packId) => packId !== undefined);

/**
 * Puts the chunks of all packs that can be used into the index, without those in quarantine. A pack that cannot be used is a
 * problem to show, and no reason not to open the rest.
 */
export const loadPacks = async (store: LibraryStore, index: ChunkIndex): Promise<Result<LoadedPacks>> => {
  const names = await store.list('packs');
  if (!names.ok) return names;
  const packIds = idsOf(names.value, '.pack');
  const bad = await readQuarantine(store);
  if (!bad.ok) return bad;
  const lostIndexes: LostIndex[] = [];
  const problems: Failure[] = [];
  const indexed = new Set(idsOf(names.value, '.idx'));
  const joinable = packIds.filter((packId) => indexed.has(packId) && !bad.value.has(packId));
  const joined = await readJoinedIndex(store, new Set(joinable), index);
  const others = packIds.filter((packId) => !joined.added.has(packId));
  index.expect(others.length * TYPICAL_CHUNKS);
  const queue = others.values();
  const worker = async (): Promise<void> => {
    const scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
    for (const packId of queue) {
      const hidden = bad.value.get(packId);
      if (hidden === undefined && (await addIndexFile(store, packId, index, scratch))) continue;
      const loaded = await loadPack(store, packId);
      if (!loaded.ok) problems.push(loaded.failure);
      else {
        const { entries } = loaded.value.pack;
        index.addPack(packId, hidden === undefined ? entries : entries.filter(({ chunkId }) => !hidden.has(chunkId)));
        if (loaded.value.problem !== undefined) problems.push(loaded.value.problem);
        if (loaded.value.trailer !== undefined) lostIndexes.push({ packId, trailer: loaded.value.trailer });
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, worker));
  return success({ lostIndexes, problems, joinable, joined });
};

/** As nearly always: the pack has its `.idx`, and that is what it should be. */
const addIndexFile = async (store: LibraryStore, packId: string, index: ChunkIndex, scratch: Buffer): Promise<boolean> => {
  const bytes = await store.readAll(indexName(packId), PACK_MAX_BYTES, scratch);
  const trailer = bytes.ok ? checkTrailer(bytes.value) : bytes;
  if (!trailer.ok || trailer.value.packId !== packId) return false;
  index.addTrailer(trailer.value);
  return true;
};

type OnePack = { readonly pack: LoadedPack; readonly problem?: Failure; readonly trailer?: Uint8Array };

/** One pack's entries from its index, else from the pack itself. */
export const loadPack = async (store: LibraryStore, packId: string): Promise<Result<OnePack>> => {
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
  // A damaged header says nothing against the frames; a pack of a newer kind is not ours to read.
  if (!header.ok && header.failure.code !== 'pack.malformed') return header;
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

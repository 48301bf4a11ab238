// One file with the trailers of many packs (docs/adr/0031): a disk gives it at the speed at which it reads, where thousands of `.idx`
// files cost a search each. Every trailer in it proves itself by the hash that names its pack; what is damaged, out of date or absent
// is read from the `.idx` file as ever, and nothing depends on this one.
import { checkTrailer, ENTRY_BYTES, TRAILER_FRAME_BYTES, trailerAt } from '../../agent/image/pack.ts';
import { failed } from '../../agent/protocol/failure.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { indexName, JOINED_INDEX_NAME } from './names.ts';
import type { LibraryStore } from './store.ts';

/** Read at once; a longer trailer stays alone in its `.idx` file. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Room is made for so many chunks a pack on the word of the file's size alone. */
const BELIEVED_CHUNKS = 1024;
/** So many packs may stand alone, or so many trailers be of packs that are gone, before the file is worth writing. */
const WORTH_WRITING = 256;

export type JoinedRead = {
  /** Packs whose chunks are in the index now. */
  readonly added: ReadonlySet<string>;
  /** Trailers of packs that were not asked for. */
  readonly others: number;
  /** From somewhere on the file is not what was written. */
  readonly isDamaged: boolean;
};

/** Puts the chunks of those of the `wanted` packs into the index whose trailers are in the file and whole. */
export const readJoinedIndex = async (store: LibraryStore, wanted: ReadonlySet<string>, index: ChunkIndex): Promise<JoinedRead> => {
  const added = new Set<string>();
  let others = 0;
  const sizeBytes = await sizeOf(store);
  // An index that has to grow on the way is in memory twice.
  index.expect(Math.min(chunksIn(sizeBytes, wanted.size), wanted.size * BELIEVED_CHUNKS));
  const isWhole = await eachTrailer(store, sizeBytes, (packId, bytes) => {
    const trailer = checkTrailer(bytes);
    if (!trailer.ok) return false;
    if (!wanted.has(packId)) others += 1;
    else {
      index.addTrailer(trailer.value);
      added.add(packId);
    }
    return true;
  });
  return { added, others, isDamaged: !isWhole };
};

/** `library.index-damaged` where a scrub finds it so. */
export const verifyJoinedIndex = async (store: LibraryStore): Promise<readonly Failure[]> => {
  if (await eachTrailer(store, await sizeOf(store), (_packId, bytes) => checkTrailer(bytes).ok)) return [];
  const damage = failed(
    'library.index-damaged',
    'The joined index of the library is damaged; the index of each pack is used in its place.',
    'It is written anew when a station next opens the library for writing; no image depends on it.',
  );
  return [damage.failure];
};

/** 0 where there is none. */
const sizeOf = async (store: LibraryStore): Promise<number> => {
  const size = await store.size(JOINED_INDEX_NAME);
  return size.ok ? (size.value ?? 0) : 0;
};

const chunksIn = (sizeBytes: number, packs: number): number =>
  Math.max(0, Math.floor((sizeBytes - packs * TRAILER_FRAME_BYTES) / ENTRY_BYTES));

/** Calls `take` with each trailer in turn, until it says false. True if the whole file was taken, or there is none. */
const eachTrailer = async (store: LibraryStore, sizeBytes: number, take: (packId: string, bytes: Buffer) => boolean): Promise<boolean> => {
  const scratch = Buffer.allocUnsafe(Math.min(PIECE_BYTES, sizeBytes));
  for (let from = 0; from < sizeBytes;) {
    const read = await store.readRange(JOINED_INDEX_NAME, from, Math.min(scratch.length, sizeBytes - from), scratch);
    if (!read.ok) return false;
    const piece = Buffer.from(read.value.buffer, read.value.byteOffset, read.value.byteLength);
    let at = 0;
    for (let next = trailerAt(piece, at); next !== undefined; next = trailerAt(piece, at)) {
      if (!take(next.packId, piece.subarray(at, at + next.lengthBytes))) return false;
      at += next.lengthBytes;
    }
    if (at === 0) return false;
    from += at;
  }
  return true;
};

/** Whether the next who opens the library is spared much by a file written now. */
export const isWorthJoining = (packs: number, { added, others, isDamaged }: JoinedRead): boolean =>
  isDamaged || packs - added.size >= WORTH_WRITING || others >= Math.max(WORTH_WRITING, packs);

/** Of the packs that have their `.idx`; with the writer lock held. Where it cannot be written, nothing is lost. */
export const writeJoinedIndex = async (store: LibraryStore, packIds: readonly string[]): Promise<void> => {
  const trailers: Uint8Array[] = [];
  for (const packId of packIds) {
    const bytes = await store.readAll(indexName(packId), PIECE_BYTES);
    const trailer = bytes.ok ? checkTrailer(bytes.value) : bytes;
    if (bytes.ok && trailer.ok && trailer.value.packId === packId) trailers.push(bytes.value);
  }
  if (trailers.length === 0) await store.delete(JOINED_INDEX_NAME);
  else await store.replace(JOINED_INDEX_NAME, trailers);
};

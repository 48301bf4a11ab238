// Scrub: reads everything a library holds and checks it against its names. It only tells; what to do about it is the caller's.
import { setImmediate } from 'node:timers/promises';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { FRAME_HEADER_BYTES } from '../../agent/image/chunk.ts';
import { PACK_MAX_BYTES, PACK_TAIL_BYTES, checkPackHeader, parseTail, parseTrailer, recoverFrames } from '../../agent/image/pack.ts';
import type { PackIndex } from '../../agent/image/pack.ts';
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { createChunkSet } from './chunk-set.ts';
import type { ChunkSet } from './chunk-set.ts';
import { verifyDocuments } from './document-care.ts';
import type { DocumentCheck } from './document-care.ts';
import { verifyJoinedIndex } from './joined-index.ts';
import { readBase, readChunkTable, readEdit } from './images.ts';
import { HEAL_CHUNKS, libraryGone } from './failures.ts';
import { listPayloads } from './payload-files.ts';
import { HEADER_NAME, indexName, noteIdOfName, osoidOfName, packIdOfName, packName } from './names.ts';
import { allBases } from './needed-chunks.ts';
import { cancelled, checkEntry } from './pack-frames.ts';
import type { LibraryStore } from './store.ts';

/** Payload files count as packs. */
export type VerifyProgress = { readonly donePacks: number; readonly totalPacks: number };
/** An image that cannot be deployed as it is; `base` is the folder of its files. */
export type DamagedFiles = {
  readonly osoid: string;
  readonly base: string;
  readonly name: string | null;
  readonly missingChunks: number;
  readonly failure: Failure;
};
/** What one pack proved to be. `isSound` false: its header, trailer or index is damaged; its whole frames can still be used. */
export type VerifiedPack = { readonly packId: string; readonly isSound: boolean; readonly badChunks: readonly string[] };
export type VerifyReport = {
  readonly packs: number;
  readonly chunks: number;
  readonly images: number;
  readonly problems: readonly Failure[];
  readonly damagedImages: readonly DamagedFiles[];
  readonly damagedPacks: readonly VerifiedPack[];
} & Pick<DocumentCheck, 'documents' | 'payloads' | 'damagedDocuments' | 'damagedPayloads'>;
export type VerifyOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly onPack?: ((pack: VerifiedPack) => void) | undefined;
};

/** One pack in memory at a time. Code `job.cancelled`, and the store's own where the disk itself fails. */
export const verifyLibrary = async (
  store: LibraryStore,
  trustedKeys: TrustedKeys,
  options: VerifyOptions,
): Promise<Result<VerifyReport>> => {
  const names = await store.list('packs');
  if (!names.ok) return names;
  const packIds = [...new Set(names.value.map(packIdOfName))].filter((id) => id !== undefined);
  const payloads = await listPayloads(store);
  if (!payloads.ok) return payloads;
  const totalPacks = packIds.length + payloads.value.length;
  const problems: Failure[] = [];
  const damagedPacks: VerifiedPack[] = [];
  const whole = createChunkSet();
  for (const [donePacks, packId] of packIds.entries()) {
    if (options.signal?.aborted === true) return cancelled();
    const found = await verifyPack(store, packId, whole);
    if (!found.ok) return found;
    const { pack, failures } = found.value;
    problems.push(...failures);
    if (!pack.isSound || pack.badChunks.length > 0) damagedPacks.push(pack);
    options.onPack?.(pack);
    options.onProgress?.({ donePacks: donePacks + 1, totalPacks });
  }
  problems.push(...(await verifyJoinedIndex(store)));
  const images = await verifyImages(store, trustedKeys, whole);
  if (!images.ok) return images;
  const edits = await verifyEdits(store, trustedKeys);
  if (!edits.ok) return edits;
  const documents = await verifyDocuments(store, trustedKeys, options.signal, (done) =>
    options.onProgress?.({ donePacks: packIds.length + done, totalPacks }),
  );
  if (!documents.ok) return documents;
  problems.push(...images.value.damaged.map(({ failure }) => failure), ...edits.value, ...documents.value.problems);
  // Without its disk everything looks damaged.
  const header = await store.size(HEADER_NAME);
  if (!header.ok) return header;
  if (header.value === null) return libraryGone(store.location);
  const counts = { packs: packIds.length, chunks: whole.size(), images: images.value.count };
  return success({ ...documents.value, ...counts, problems, damagedImages: images.value.damaged, damagedPacks });
};

type Found = { readonly pack: VerifiedPack; readonly failures: readonly Failure[] };

/** Failures of the disk itself end the scrub: a disk that is unplugged would make everything look damaged. */
const isOfDisk = (failure: Failure): boolean => failure.code === 'library.unreadable';

/** Adds the chunks that proved whole to `whole`. */
const verifyPack = async (store: LibraryStore, packId: string, whole: ChunkSet): Promise<Result<Found>> => {
  const read = await store.readAll(packName(packId), PACK_MAX_BYTES);
  if (!read.ok) {
    const pack = { packId, isSound: false, badChunks: [] };
    return isOfDisk(read.failure) ? read : success({ pack, failures: [read.failure] });
  }
  const bytes = read.value;
  const failures: Failure[] = [];
  const header = checkPackHeader(bytes);
  if (!header.ok) failures.push(header.failure);
  const trailer = trailerOf(bytes);
  const index = await store.readAll(indexName(packId), PACK_MAX_BYTES);
  const indexed = index.ok ? parseTrailer(index.value) : index;
  for (const one of [trailer, indexed]) {
    if (!one.ok) failures.push(one.failure);
    else if (one.value.packId !== packId) failures.push(damaged(packId, 'its index belongs to another pack').failure);
  }
  const isSound = failures.length === 0;
  const known = [trailer, indexed].find((one) => one.ok && one.value.packId === packId);
  const entries = known?.ok === true ? known.value.entries : header.ok ? recoverFrames(bytes) : [];
  const badChunks: string[] = [];
  for (const [number, entry] of entries.entries()) {
    const frame = bytes.subarray(entry.offset, entry.offset + FRAME_HEADER_BYTES + entry.encodedLength);
    const checked = checkEntry(packId, entry, frame);
    if (checked.ok) whole.add(entry.chunkId);
    else {
      badChunks.push(entry.chunkId);
      failures.push(checked.failure);
    }
    if (number % 16 === 15) await setImmediate();
  }
  return success({ pack: { packId, isSound, badChunks }, failures });
};

const trailerOf = (pack: Uint8Array): Result<PackIndex> => {
  const length = parseTail(pack.subarray(-PACK_TAIL_BYTES), pack.length);
  return length.ok ? parseTrailer(pack.subarray(pack.length - PACK_TAIL_BYTES - length.value, pack.length - PACK_TAIL_BYTES)) : length;
};

const verifyImages = async (
  store: LibraryStore,
  trustedKeys: TrustedKeys,
  whole: ChunkSet,
): Promise<Result<{ readonly count: number; readonly damaged: readonly DamagedFiles[] }>> => {
  const bases = await allBases(store);
  if (!bases.ok) return bases;
  const damagedImages: DamagedFiles[] = [];
  for (const { osoid, base } of bases.value) {
    const found = { osoid, base, name: null, missingChunks: 0 };
    const image = await readBase(store, osoid, base, trustedKeys);
    if (!image.ok) {
      if (isOfDisk(image.failure)) return image;
      damagedImages.push({ ...found, failure: image.failure });
      continue;
    }
    const named = { ...found, name: image.value.name };
    if (image.value.trust === 'broken') damagedImages.push({ ...named, failure: damaged(osoid, 'its signature is wrong').failure });
    const table = await readChunkTable(store, image.value);
    if (!table.ok) {
      if (isOfDisk(table.failure)) return table;
      damagedImages.push({ ...named, failure: table.failure });
      continue;
    }
    const missing = createChunkSet();
    for (const { chunkId } of dataChunks(table.value.table)) if (chunkId !== null && !whole.has(chunkId)) missing.add(chunkId);
    const missingChunks = missing.size();
    if (missingChunks === 0) continue;
    const { failure } = damaged(osoid, `${missingChunks} of its chunks are damaged or missing`, image.value.name);
    damagedImages.push({ ...named, missingChunks, failure: { ...failure, next: HEAL_CHUNKS } });
  }
  return success({ count: new Set(bases.value.map(({ osoid }) => osoid)).size, damaged: damagedImages });
};

/** Names and labels that were given later: each file is named by its hash. */
const verifyEdits = async (store: LibraryStore, trustedKeys: TrustedKeys): Promise<Result<readonly Failure[]>> => {
  const names = await store.list('images');
  if (!names.ok) return names;
  const failures: Failure[] = [];
  for (const name of names.value) {
    const [osoid, id] = [osoidOfName(name), noteIdOfName(name)];
    if (osoid === undefined || id === undefined) continue;
    const edit = await readEdit(store, osoid, id, trustedKeys);
    if (!edit.ok) failures.push(edit.failure);
    else if (edit.value.verdict === 'broken') failures.push(damaged(osoid, 'the signature of an edit of its name is wrong').failure);
  }
  return success(failures);
};

const damaged = (id: string, why: string, name?: string): ReturnType<typeof failed> =>
  failed(
    'library.damaged',
    `${name === undefined ? id.slice(0, 16) : `Image "${name}" (${id.slice(0, 16)})`} in the library is damaged: ${why}.`,
    'Heal the library from another copy of it: rackside library repair --from FOLDER',
  );

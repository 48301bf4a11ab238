// Scrub: reads everything a library holds and checks it against its names. Nothing is changed; what is wrong is told.
import { FRAME_HEADER_BYTES, decodeFrame } from '../../agent/image/chunk.ts';
import { PACK_MAX_BYTES, PACK_TAIL_BYTES, checkPackHeader, parseTail, parseTrailer } from '../../agent/image/pack.ts';
import type { PackIndex } from '../../agent/image/pack.ts';
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { corruptPack } from './failures.ts';
import { chunkIdsOf, listOsoids, readChunkTable, readImage } from './images.ts';
import { indexName, packIdOfName, packName } from './names.ts';
import type { LibraryStore } from './store.ts';

export type VerifyProgress = { readonly donePacks: number; readonly totalPacks: number };
export type VerifyReport = {
  readonly packs: number;
  readonly chunks: number;
  readonly images: number;
  readonly problems: readonly Failure[];
};
export type VerifyOptions = { readonly signal?: AbortSignal; readonly onProgress?: (progress: VerifyProgress) => void };

/** One pack in memory at a time. Code `job.cancelled`, and the store's own where the disk itself fails. */
export const verifyLibrary = async (
  store: LibraryStore,
  trustedKeys: TrustedKeys,
  options: VerifyOptions,
): Promise<Result<VerifyReport>> => {
  const names = await store.list('packs');
  if (!names.ok) return names;
  const packIds = [...new Set(names.value.map(packIdOfName))].filter((id) => id !== undefined);
  const problems: Failure[] = [];
  const whole = new Set<string>();
  for (const [donePacks, packId] of packIds.entries()) {
    if (options.signal?.aborted === true) return failed('job.cancelled', 'The check was cancelled.', 'Start it again when you like.');
    problems.push(...(await verifyPack(store, packId, whole)));
    options.onProgress?.({ donePacks: donePacks + 1, totalPacks: packIds.length });
  }
  const osoids = await listOsoids(store);
  if (!osoids.ok) return osoids;
  for (const osoid of osoids.value) problems.push(...(await verifyImage(store, osoid, trustedKeys, whole)));
  return success({ packs: packIds.length, chunks: whole.size, images: osoids.value.length, problems });
};

/** Adds the chunks that proved whole to `whole`. */
const verifyPack = async (store: LibraryStore, packId: string, whole: Set<string>): Promise<readonly Failure[]> => {
  const read = await store.readAll(packName(packId), PACK_MAX_BYTES);
  if (!read.ok) return [read.failure];
  const bytes = read.value;
  const problems: Failure[] = [];
  const header = checkPackHeader(bytes);
  if (!header.ok) problems.push(header.failure);
  const trailer = trailerOf(bytes);
  const index = await store.readAll(indexName(packId), PACK_MAX_BYTES);
  const indexed = index.ok ? parseTrailer(index.value) : index;
  for (const one of [trailer, indexed]) {
    if (!one.ok) problems.push(one.failure);
    else if (one.value.packId !== packId) problems.push(damaged(packId, 'its index belongs to another pack').failure);
  }
  const entries = trailer.ok ? trailer.value.entries : indexed.ok ? indexed.value.entries : [];
  for (const entry of entries) {
    const frame = decodeFrame(bytes.subarray(entry.offset, entry.offset + FRAME_HEADER_BYTES + entry.encodedLength));
    if (!frame.ok) problems.push(corruptPack(packId, entry.chunkId, frame.failure.message).failure);
    else if (frame.value.header.chunkId !== entry.chunkId)
      problems.push(corruptPack(packId, entry.chunkId, 'another chunk lies there.').failure);
    else whole.add(entry.chunkId);
  }
  return problems;
};

const trailerOf = (pack: Uint8Array): Result<PackIndex> => {
  const length = parseTail(pack.subarray(-PACK_TAIL_BYTES), pack.length);
  return length.ok ? parseTrailer(pack.subarray(pack.length - PACK_TAIL_BYTES - length.value, pack.length - PACK_TAIL_BYTES)) : length;
};

const verifyImage = async (
  store: LibraryStore,
  osoid: string,
  trustedKeys: TrustedKeys,
  whole: ReadonlySet<string>,
): Promise<readonly Failure[]> => {
  const image = await readImage(store, osoid, trustedKeys);
  if (!image.ok) return image.failure.code === 'library.no-image' ? [] : [image.failure];
  const problems: Failure[] = [];
  if (image.value.trust === 'broken') problems.push(damaged(osoid, 'its signature is wrong').failure);
  const table = await readChunkTable(store, image.value);
  if (!table.ok) return [...problems, table.failure];
  const missing = [...chunkIdsOf(table.value.table)].filter((chunkId) => !whole.has(chunkId)).length;
  if (missing > 0) problems.push(damaged(osoid, `${missing} of its chunks are damaged or missing`).failure);
  return problems;
};

const damaged = (id: string, why: string): ReturnType<typeof failed> =>
  failed('library.damaged', `${id.slice(0, 16)} in the library is damaged: ${why}.`, 'Heal the library from another copy of it.');

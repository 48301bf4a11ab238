// Heals a library from another one: what of a damaged pack is whole moves to a new one, chunks that are lost come from the other, and so
// do the files of damaged images. What machines give back is in heals.ts.
import type { PackEntry } from '../../agent/image/pack.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { createChunkSet } from './chunk-set.ts';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { listBases, readBase, readChunkTable } from './images.ts';
import type { LibrarySource } from './library-source.ts';
import { listPacks, loadPack } from './load-index.ts';
import { imageFolder, trashFolder } from './names.ts';
import { allBases } from './needed-chunks.ts';
import { readPackFrames } from './pack-frames.ts';
import { createPackWriter } from './pack-writer.ts';
import type { WrittenPack } from './pack-writer.ts';
import { putFiles } from './put-image.ts';
import { repack } from './repack.ts';
import type { OldPack } from './repack.ts';
import type { LibraryStore } from './store.ts';
import type { DamagedFiles, VerifiedPack } from './verify-library.ts';

export type Damage = { readonly damagedPacks: readonly VerifiedPack[]; readonly damagedImages: readonly DamagedFiles[] };
export type RepairReport = { readonly healedChunks: number; readonly healedImages: number; readonly repackedPacks: number };
export type RepairOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

/**
 * `damage` is what a scrub has just found. With the writer lock held and no image being written. What cannot be healed stays as it
 * is; the caller scrubs again to tell.
 */
export const repairLibrary = async (
  store: LibraryStore,
  index: ChunkIndex,
  source: LibrarySource,
  damage: Damage,
  options: RepairOptions = {},
): Promise<Result<RepairReport>> => {
  const images = await healImages(store, source, damage.damagedImages);
  if (!images.ok) return images;
  const chunks = await fetchLost(store, index, source, options);
  if (!chunks.ok) return chunks;
  const damaged = damage.damagedPacks.map(({ packId }) => packId);
  const sound = await repackDamaged(store, index, damaged, options);
  if (!sound.ok) return sound;
  return success({ healedChunks: chunks.value, healedImages: images.value, repackedPacks: sound.value });
};

/** The signed files from the other library, where it has the very image. */
const healImages = async (store: LibraryStore, source: LibrarySource, damaged: readonly DamagedFiles[]): Promise<Result<number>> => {
  let healed = 0;
  for (const { osoid, base } of damaged.filter(({ missingChunks }) => missingChunks === 0)) {
    const bases = await listBases(source.store, imageFolder(osoid));
    if (!bases.ok) return bases;
    for (const other of bases.value) {
      const image = await readBase(source.store, osoid, other, new Map());
      const isWhole = image.ok && image.value.trust !== 'broken' && (await readChunkTable(source.store, image.value)).ok;
      // A variant's folder is named by its manifest: nothing else may lie there.
      const fits = isWhole && (base === imageFolder(osoid) || base === trashFolder(osoid) || base.endsWith(image.value.manifestSha256));
      if (!fits) continue;
      const put = await putFiles(source.store, image.value, store, base);
      if (!put.ok) return put;
      healed++;
      break;
    }
  }
  return success(healed);
};

/** What images need and the library has no more, as far as the source has it whole. */
const fetchLost = async (
  store: LibraryStore,
  index: ChunkIndex,
  source: LibrarySource,
  { signal, onProgress }: RepairOptions,
): Promise<Result<number>> => {
  const lost = createChunkSet();
  const bases = await allBases(store);
  if (!bases.ok) return bases;
  for (const { osoid, base } of bases.value) {
    const image = await readBase(store, osoid, base, new Map());
    const table = image.ok ? await readChunkTable(store, image.value) : image;
    if (!table.ok) continue;
    for (const { chunkId } of dataChunks(table.value.table)) if (chunkId !== null && index.find(chunkId) === undefined) lost.add(chunkId);
  }
  const packIds = await listPacks(source.store);
  if (!packIds.ok) return packIds;
  let healed = 0;
  const keep = (pack: Result<WrittenPack | null>): Result<null> => {
    if (pack.ok && pack.value !== null) index.relocate(pack.value.packId, pack.value.entries);
    return pack.ok ? success(null) : pack;
  };
  const writer = createPackWriter(store, () => undefined);
  for (const [done, packId] of packIds.value.slice(0, lost.size() === 0 ? 0 : Infinity).entries()) {
    onProgress?.(done, packIds.value.length);
    const loaded = await loadPack(source.store, packId);
    const entries: readonly PackEntry[] = loaded.ok ? loaded.value.pack.entries.filter(({ chunkId }) => lost.has(chunkId)) : [];
    const read = await readPackFrames(source.store, packId, entries, {
      signal,
      onBad: () => undefined,
      take: async (chunkId, frame) => {
        if (!lost.has(chunkId)) return success(null);
        lost.delete(chunkId);
        healed++;
        return keep(await writer.add(frame));
      },
    });
    if (!read.ok) return read;
  }
  const flushed = keep(await writer.flush());
  return flushed.ok ? success(healed) : flushed;
};

/** Packs that are not what their name says give up their whole frames, and go. */
export const repackDamaged = async (
  store: LibraryStore,
  index: ChunkIndex,
  damaged: readonly string[],
  { signal }: RepairOptions,
): Promise<Result<number>> => {
  async function* packs(): AsyncGenerator<OldPack> {
    for (const packId of damaged) {
      const loaded = await loadPack(store, packId);
      // Also what no image needs: it may be somebody's import that was cut short. What proved damaged is not in the index any more.
      const keep = (loaded.ok ? loaded.value.pack.entries : []).filter(({ chunkId }) => index.find(chunkId)?.packId === packId);
      yield { packId, keep };
    }
  }
  const repacked = await repack(store, index, packs(), { signal });
  return repacked.ok ? success(repacked.value.packs) : repacked;
};

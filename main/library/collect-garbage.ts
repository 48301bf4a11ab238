// Frees what no image needs: marks the chunks of every image, then removes packs of which none is marked.
import type { TrustedKeys } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { chunkIdsOf, listOsoids, readChunkTable, readImage } from './images.ts';
import type { LoadedPack } from './load-index.ts';
import { loadPacks } from './load-index.ts';
import { indexName, packName } from './names.ts';
import type { LibraryStore } from './store.ts';

/**
 * Only with the writer lock held and no image being written. Trust plays no part in marking: an image signed by a stranger keeps
 * its chunks. While any image cannot be read nothing is removed (`library.image-corrupt`), for its chunks are not known.
 */
export const collectGarbage = async (
  store: LibraryStore,
  index: ChunkIndex,
  trustedKeys: TrustedKeys,
): Promise<Result<{ readonly freedBytes: number }>> => {
  const osoids = await listOsoids(store);
  if (!osoids.ok) return osoids;
  const live = new Set<string>();
  for (const osoid of osoids.value) {
    const image = await readImage(store, osoid, trustedKeys);
    if (!image.ok && image.failure.code === 'library.no-image') continue;
    const table = image.ok ? await readChunkTable(store, image.value) : image;
    if (!table.ok)
      return failed(
        'library.image-corrupt',
        `Nothing is freed while image ${osoid.slice(0, 16)} cannot be read.`,
        'Heal or delete that image first.',
      );
    for (const chunkId of chunkIdsOf(table.value.table)) live.add(chunkId);
  }
  const loaded = await loadPacks(store);
  if (!loaded.ok) return loaded;
  const kept: LoadedPack[] = [];
  let freedBytes = 0;
  for (const pack of loaded.value.packs) {
    if (pack.entries.some((entry) => live.has(entry.chunkId))) {
      kept.push(pack);
      continue;
    }
    const size = await store.size(packName(pack.packId));
    const removed = [await store.delete(indexName(pack.packId)), await store.delete(packName(pack.packId))];
    if (removed.every((one) => one.ok) && size.ok) freedBytes += size.value ?? 0;
  }
  index.replaceAll(kept);
  return success({ freedBytes });
};

// Which chunks the images of a library need, those in the trash too: what a collection keeps and a repair looks for.
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { createChunkSet } from './chunk-set.ts';
import type { ChunkSet } from './chunk-set.ts';
import { listBases, readBase, readChunkTable } from './images.ts';
import { osoidOfName } from './names.ts';
import type { LibraryStore } from './store.ts';

type Base = { readonly osoid: string; readonly base: string };
const imageBases = async (store: LibraryStore): Promise<Result<readonly Base[]>> => {
  const images = await listBases(store, 'images');
  return images.ok ? success(images.value.map((base) => ({ base, osoid: osoidOfName(`${base}/`) ?? '' }))) : images;
};

/** Folders of all images and variants that are signed, in the trash or not. */
export const allBases = async (store: LibraryStore): Promise<Result<readonly Base[]>> => {
  const [images, trash] = [await listBases(store, 'images'), await listBases(store, 'trash')];
  if (!images.ok) return images;
  if (!trash.ok) return trash;
  return success([...images.value, ...trash.value].map((base) => ({ base, osoid: osoidOfName(`${base}/`) ?? '' })));
};

/**
 * Trust plays no part: an image signed by a stranger keeps its chunks. While any image cannot be read nothing may be removed, for its
 * chunks are not known: `library.image-corrupt`.
 */
export const neededChunks = async (store: LibraryStore, options: { readonly withoutTrash?: boolean } = {}): Promise<Result<ChunkSet>> => {
  const bases = options.withoutTrash === true ? await imageBases(store) : await allBases(store);
  if (!bases.ok) return bases;
  const needed = createChunkSet();
  for (const { osoid, base } of bases.value) {
    const image = await readBase(store, osoid, base, new Map());
    const table = image.ok ? await readChunkTable(store, image.value) : image;
    if (!table.ok)
      return failed(
        'library.image-corrupt',
        `Nothing is freed while image ${osoid.slice(0, 16)} cannot be read.`,
        'Heal it with: rackside library repair --from FOLDER, or delete it and empty the trash.',
      );
    for (const { chunkId } of dataChunks(table.value.table)) if (chunkId !== null) needed.add(chunkId);
  }
  return success(needed);
};

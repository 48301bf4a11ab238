// A library as somewhere to copy from: another folder, or the one file of an export. Nothing in it is changed, not even what an
// interrupted writer left there.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { createChunkIndex } from './chunk-index.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { folderStore } from './folder-store.ts';
import { isFile, openTarStore } from './tar-store.ts';
import { loadPacks } from './load-index.ts';
import { openHeader } from './open-header.ts';
import type { LibraryStore } from './store.ts';

export type LibrarySource = {
  readonly store: LibraryStore;
  readonly index: ChunkIndex;
  readonly libraryId: string;
  /** Packs that cannot be read. */
  readonly problems: readonly Failure[];
};

/** Codes: those of `openHeader` and `openTarStore`. */
export const openSource = async (path: string): Promise<Result<LibrarySource>> => {
  const store = (await isFile(path)) ? await openTarStore(path) : success(folderStore(path));
  return store.ok ? sourceOf(store.value) : store;
};

export const sourceOf = async (store: LibraryStore): Promise<Result<LibrarySource>> => {
  const header = await openHeader(store, false);
  if (!header.ok) return header;
  const index = createChunkIndex();
  const loaded = await loadPacks(store, index);
  if (!loaded.ok) return loaded;
  return success({ store, index, libraryId: header.value.libraryId, problems: loaded.value.problems });
};

// What an interrupted writer left behind: temporary files, and image folders that never got their signature. Packs without an
// image stay until the next collection, so that an import that is started again finds its chunks there.
import { TEMPORARY_FOLDER } from './folder-store.ts';
import { isWorthJoining, writeJoinedIndex } from './joined-index.ts';
import type { LoadedPacks } from './load-index.ts';
import { baseOfSignature, imageFolder, indexName, osoidOfName, trashFolder } from './names.ts';
import type { LibraryStore } from './store.ts';
import type { WriterLock } from './writer-lock.ts';

/** Does nothing on a library that another station writes to, or that cannot be written: leftovers harm nobody. */
export const sweepLeftovers = async (store: LibraryStore, lock: WriterLock): Promise<void> => {
  const temporary = await store.list(TEMPORARY_FOLDER);
  const images = await unsignedIn(store, 'images');
  const trash = await unsignedIn(store, 'trash');
  const leftovers = [...(temporary.ok ? temporary.value : []), ...images.map(imageFolder), ...trash.map(trashFolder)];
  if (leftovers.length === 0) return;
  const held = await lock.hold();
  if (!held.ok) return;
  try {
    for (const name of leftovers) await store.delete(name);
  } finally {
    await held.value();
  }
};

/** Images of which no variant has its signature. */
const unsignedIn = async (store: LibraryStore, folder: string): Promise<readonly string[]> => {
  const listed = await store.list(folder);
  const names = listed.ok ? listed.value : [];
  const signed = new Set(names.filter((name) => baseOfSignature(name) !== undefined).map(osoidOfName));
  return [...new Set(names.map(osoidOfName))].filter((osoid) => osoid !== undefined).filter((osoid) => !signed.has(osoid));
};

/** Writes lost `.idx` files again from their packs, and the joined index where that spares the next opening much; on the same terms. */
export const restoreIndexes = async (store: LibraryStore, lock: WriterLock, loaded: LoadedPacks): Promise<void> => {
  const { lostIndexes, joinable, joined } = loaded;
  const isWorthwhile = isWorthJoining(joinable.length, joined);
  if (lostIndexes.length === 0 && !isWorthwhile) return;
  const held = await lock.hold();
  if (!held.ok) return;
  try {
    for (const { packId, trailer } of lostIndexes) {
      await store.delete(indexName(packId));
      await store.putOnce(indexName(packId), [trailer]);
    }
    if (isWorthwhile) await writeJoinedIndex(store, joinable);
  } finally {
    await held.value();
  }
};

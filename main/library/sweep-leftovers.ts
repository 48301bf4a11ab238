// What an interrupted writer left behind: temporary files, and image folders that never got their signature. Packs without an
// image stay until the next collection, so that an import that is started again finds its chunks there.
import { TEMPORARY_FOLDER } from './folder-store.ts';
import type { LostIndex } from './load-index.ts';
import { imageFolder, indexName, osoidOfName, signatureName } from './names.ts';
import type { LibraryStore } from './store.ts';
import type { WriterLock } from './writer-lock.ts';

/** Does nothing on a library that another station writes to, or that cannot be written: leftovers harm nobody. */
export const sweepLeftovers = async (store: LibraryStore, lock: WriterLock): Promise<void> => {
  const temporary = await store.list(TEMPORARY_FOLDER);
  const images = await store.list('images');
  const names = images.ok ? images.value : [];
  const osoids = new Set(names.map(osoidOfName).filter((osoid) => osoid !== undefined));
  const unsigned = [...osoids].filter((osoid) => !names.includes(signatureName(osoid)));
  const leftovers = [...(temporary.ok ? temporary.value : []), ...unsigned.map(imageFolder)];
  if (leftovers.length === 0) return;
  const held = await lock.hold();
  if (!held.ok) return;
  try {
    for (const name of leftovers) await store.delete(name);
  } finally {
    await held.value();
  }
};

/** Writes lost `.idx` files again from their packs, on the same terms. */
export const restoreIndexes = async (store: LibraryStore, lock: WriterLock, lost: readonly LostIndex[]): Promise<void> => {
  if (lost.length === 0) return;
  const held = await lock.hold();
  if (!held.ok) return;
  try {
    for (const { packId, trailer } of lost) {
      await store.delete(indexName(packId));
      await store.putOnce(indexName(packId), [trailer]);
    }
  } finally {
    await held.value();
  }
};

// Deleted images wait in the trash with their chunks until a person empties it. Copied over and then taken away, signature last and
// first: an interruption leaves the image where it was, or in the trash, or in both, and never in neither.
import { MANIFEST_MAX_BYTES } from '../../agent/image/manifest.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { baseOfSignature, imageFolder, osoidOfName, trashFolder } from './names.ts';
import { CHUNK_TABLE_MAX_BYTES } from './images.ts';
import type { LibraryStore } from './store.ts';

/** Codes: the store's own, `library.no-image`. */
export const moveToTrash = async (store: LibraryStore, osoid: string): Promise<Result<null>> => {
  // What an earlier attempt left there is older than the image that stands.
  const cleared = await removeFolder(store, trashFolder(osoid));
  return cleared.ok ? moveFolder(store, imageFolder(osoid), trashFolder(osoid)) : cleared;
};

/** Codes: the store's own, `library.not-in-trash`. */
export const restoreFromTrash = async (store: LibraryStore, osoid: string): Promise<Result<null>> => {
  const waiting = await listTrash(store);
  if (!waiting.ok) return waiting;
  if (!waiting.value.includes(osoid))
    return failed('library.not-in-trash', `Image ${osoid.slice(0, 16)} is not in the trash.`, 'See what is, with: rackside images deleted');
  // Not an image, as nothing of it is signed, and not to be mixed with what comes back.
  const cleared = await removeFolder(store, imageFolder(osoid));
  if (!cleared.ok) return cleared;
  return moveFolder(store, trashFolder(osoid), imageFolder(osoid));
};

/** Images that are in the trash and not in the library. */
export const listTrash = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const [trash, images] = [await signedIn(store, 'trash'), await signedIn(store, 'images')];
  if (!trash.ok) return trash;
  if (!images.ok) return images;
  return success([...trash.value].filter((osoid) => !images.value.has(osoid)));
};

/** For ever. Their chunks go with the next collection. */
export const emptyTrash = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const trash = await signedIn(store, 'trash');
  if (!trash.ok) return trash;
  for (const osoid of trash.value) {
    const removed = await removeFolder(store, trashFolder(osoid));
    if (!removed.ok) return removed;
  }
  return success([...trash.value]);
};

const signedIn = async (store: LibraryStore, folder: string): Promise<Result<ReadonlySet<string>>> => {
  const names = await store.list(folder);
  if (!names.ok) return names;
  const signed = names.value.filter((name) => baseOfSignature(name) !== undefined);
  return success(new Set(signed.map(osoidOfName).filter((osoid) => osoid !== undefined)));
};

const moveFolder = async (store: LibraryStore, from: string, to: string): Promise<Result<null>> => {
  const names = await store.list(from);
  if (!names.ok) return names;
  const isSignature = (name: string): boolean => baseOfSignature(name) !== undefined;
  const ordered = [...names.value.filter((name) => !isSignature(name)), ...names.value.filter(isSignature)];
  for (const name of ordered) {
    const bytes = await store.readAll(name, Math.max(CHUNK_TABLE_MAX_BYTES, MANIFEST_MAX_BYTES));
    if (!bytes.ok) return bytes;
    const put = await store.putOnce(`${to}${name.slice(from.length)}`, [bytes.value]);
    if (!put.ok) return put;
  }
  return removeFolder(store, from);
};

/** Signatures first: from then on it is no image, whatever of the rest is still there. */
export const removeFolder = async (store: LibraryStore, folder: string): Promise<Result<null>> => {
  const names = await store.list(folder);
  if (!names.ok) return names;
  if (names.value.length === 0) return success(null);
  for (const name of names.value.filter((one) => baseOfSignature(one) !== undefined)) {
    const removed = await store.delete(name);
    if (!removed.ok) return removed;
  }
  return store.delete(folder);
};

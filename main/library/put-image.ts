// An image's own files, from one library into another: chunk table, manifest, signature last. Where the other has an image of the same
// content already, ours is put beside it and nothing of it is touched.
import { MANIFEST_MAX_BYTES } from '../../agent/image/manifest.ts';
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { EDIT_MAX_BYTES } from './description.ts';
import { firstFailure } from './failures.ts';
import { CHUNK_TABLE_MAX_BYTES, listBases, readBase, readEdit } from './images.ts';
import type { ImageSummary } from './images.ts';
import { chunkTableIn, imageFolder, manifestIn, noteIdOfName, noteName, signatureIn, variantFolder } from './names.ts';
import type { LibraryStore } from './store.ts';

/** What strangers say of one image is taken up to here: they shall not bury what we trust. */
const STRANGE_MAX = 32;

/** `known`: that very manifest is there, or another of the same content was, whole. One beside a broken one is `added`. */
export const putImage = async (from: LibraryStore, to: LibraryStore, image: ImageSummary): Promise<Result<'added' | 'known'>> => {
  const bases = await listBases(to, imageFolder(image.osoid));
  if (!bases.ok) return bases;
  let isFirstTaken = false;
  let isWholeThere = false;
  for (const base of bases.value) {
    const there = await readBase(to, image.osoid, base, new Map());
    if (there.ok && there.value.manifestSha256 === image.manifestSha256 && there.value.trust !== 'broken') return success('known');
    isFirstTaken ||= base === imageFolder(image.osoid) && there.ok;
    isWholeThere ||= there.ok && there.value.trust !== 'broken';
  }
  if (bases.value.length >= STRANGE_MAX && image.trust !== 'trusted') return success('known');
  const base = isFirstTaken ? variantFolder(image.osoid, image.manifestSha256) : imageFolder(image.osoid);
  const written = await putFiles(from, image, to, base);
  return written.ok ? success(isWholeThere ? 'known' : 'added') : written;
};

/** Replaces whatever lies at `base`: nothing that is signed, or something damaged. */
export const putFiles = async (from: LibraryStore, image: ImageSummary, to: LibraryStore, base: string): Promise<Result<null>> => {
  const files: readonly (readonly [(base: string) => string, number])[] = [
    [chunkTableIn, CHUNK_TABLE_MAX_BYTES],
    [manifestIn, MANIFEST_MAX_BYTES],
    [signatureIn, 1024],
  ];
  const cleared = [await to.delete(signatureIn(base)), await to.delete(manifestIn(base)), await to.delete(chunkTableIn(base))];
  const failure = firstFailure(cleared);
  if (failure !== undefined) return failure;
  for (const [nameIn, maxBytes] of files) {
    const bytes = await from.readAll(nameIn(image.base), maxBytes);
    if (!bytes.ok) return bytes;
    const put = await to.putOnce(nameIn(base), [bytes.value]);
    if (!put.ok) return put;
  }
  return success(null);
};

/** Edits are content-named: those that are not there are added. Gives how many. */
export const putEdits = async (
  from: LibraryStore,
  to: { readonly store: LibraryStore; readonly trustedKeys: TrustedKeys },
  osoid: string,
): Promise<Result<number>> => {
  const names = await from.list(imageFolder(osoid));
  if (!names.ok) return names;
  const there = await to.store.list(imageFolder(osoid));
  if (!there.ok) return there;
  let strange = there.value.filter((name) => noteIdOfName(name) !== undefined).length;
  let added = 0;
  for (const id of names.value.map(noteIdOfName)) {
    const edit = id === undefined ? undefined : await readEdit(from, osoid, id, to.trustedKeys);
    if (id === undefined || edit?.ok !== true || edit.value.verdict === 'broken') continue;
    if (edit.value.verdict !== 'trusted' && ++strange > STRANGE_MAX) continue;
    const bytes = await from.readAll(noteName(osoid, id), EDIT_MAX_BYTES);
    if (!bytes.ok) return bytes;
    const put = await to.store.putOnce(noteName(osoid, id), [bytes.value]);
    if (!put.ok) return put;
    if (put.value === 'created') added++;
  }
  return success(added);
};

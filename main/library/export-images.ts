// Chosen images as a library of their own, in a folder or in one file: only the chunks that they need, packed anew, with the recipes that
// they were built by and what else of the documents is wanted.
import { stat } from 'node:fs/promises';
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { createChunkIndex } from './chunk-index.ts';
import type { GarbageOptions } from './collect-garbage.ts';
import { copyDocuments } from './copy-documents.ts';
import type { DocumentCopy } from './copy-documents.ts';
import { copyImages } from './copy-images.ts';
import type { CopyReport, CopyTarget } from './copy-images.ts';
import { fencedStore } from './fenced-store.ts';
import { folderStore } from './folder-store.ts';
import type { StoredDocument } from './documents.ts';
import { listBases } from './images.ts';
import type { LibrarySource } from './library-source.ts';
import { loadPacks } from './load-index.ts';
import { imageFolder, isContentName } from './names.ts';
import { openHeader, prepareFolder } from './open-header.ts';
import { startTar } from './tar-writer.ts';
import { writerLock } from './writer-lock.ts';

export type ExportReport = CopyReport & { readonly path: string; readonly documents: DocumentCopy };
type Options = GarbageOptions & { readonly trustedKeys: TrustedKeys; readonly partBytes?: number | undefined };

/** `documents`: the recipes that built these images, with their payload files; or all of them, the policies too. */
export type ExportWish = { readonly osoids: readonly string[]; readonly documents: 'named' | 'all' };
type Copied = CopyReport & { readonly documents: DocumentCopy };

/**
 * To a file if `path` ends in `.tar`, else to a folder, which may be a library already: then what it lacks is added. All images or an
 * error: an export that lacks one would be found out at the wrong place. Codes: `library.no-image`, `export.exists`,
 * `library.in-use`, `library.file-too-large`, those of `copyImages`.
 */
export const exportImages = async (
  source: LibrarySource,
  path: string,
  { osoids, documents }: ExportWish,
  options: Options,
): Promise<Result<ExportReport>> => {
  const bases: { readonly osoid: string; readonly base: string }[] = [];
  for (const osoid of osoids) {
    const listed = isContentName(osoid) ? await listBases(source.store, imageFolder(osoid)) : success([]);
    if (!listed.ok) return listed;
    if (listed.value.length === 0)
      return failed('library.no-image', `The library has no image ${osoid.slice(0, 16)}.`, 'Choose an image from the list.');
    bases.push(...listed.value.map((base) => ({ osoid, base })));
  }
  const wanted = { bases, documents };
  return path.endsWith('.tar') ? toFile(source, path, wanted, options) : toFolder(source, path, wanted, options);
};

type Wanted = Pick<ExportWish, 'documents'> & { readonly bases: readonly { readonly osoid: string; readonly base: string }[] };

const copyAll = async (source: LibrarySource, target: CopyTarget, wanted: Wanted, options: Options): Promise<Result<Copied>> => {
  const copied = await copyImages(source, target, wanted.bases, { ...options, wholePacks: false });
  if (!copied.ok) return copied;
  const { added, known, skipped } = copied.value;
  if (skipped[0] !== undefined) return { ok: false, failure: skipped[0].failure };
  const recipes = new Set([...added, ...known].flatMap(({ manifest }) => manifest.recipe?.id ?? []));
  const isNamed = ({ kind, name }: StoredDocument): boolean => kind === 'recipe' && recipes.has(name);
  const documents = await copyDocuments(source.store, target.store, {
    ...options,
    which: (document) => wanted.documents === 'all' || isNamed(document),
  });
  if (!documents.ok) return documents;
  // What else was wanted and cannot come is told of; an image without the recipe that built it would be found out at the wrong place.
  const left = documents.value.skipped.find(({ document }) => document.trust === 'trusted' && isNamed(document));
  return left === undefined ? success({ ...copied.value, documents: documents.value }) : { ok: false, failure: left.failure };
};

const toFile = async (source: LibrarySource, path: string, wanted: Wanted, options: Options): Promise<Result<ExportReport>> => {
  const isTaken = await stat(path).then(
    () => true,
    () => false,
  );
  if (isTaken) return failed('export.exists', `There is a file ${path} already.`, 'Choose another name, or remove it first.');
  const tar = await startTar(path);
  if (!tar.ok) return tar;
  try {
    const { store } = tar.value;
    const header = await openHeader(store, true);
    if (!header.ok) return header;
    const copied = await copyAll(source, { store, index: createChunkIndex(), trustedKeys: options.trustedKeys }, wanted, options);
    if (!copied.ok) return copied;
    const finished = await tar.value.finish();
    return finished.ok ? success({ ...copied.value, path }) : finished;
  } finally {
    await tar.value.abandon();
  }
};

const toFolder = async (source: LibrarySource, path: string, wanted: Wanted, options: Options): Promise<Result<ExportReport>> => {
  const prepared = await prepareFolder(path);
  if (!prepared.ok) return prepared;
  const lock = writerLock(path);
  const store = fencedStore(folderStore(path), lock);
  const header = await openHeader(store, true);
  if (!header.ok) return header;
  const held = await lock.hold();
  if (!held.ok) return held;
  try {
    const index = createChunkIndex();
    const loaded = await loadPacks(store, index);
    if (!loaded.ok) return loaded;
    const copied = await copyAll(source, { store, index, trustedKeys: options.trustedKeys }, wanted, options);
    return copied.ok ? success({ ...copied.value, path }) : copied;
  } finally {
    await held.value();
  }
};

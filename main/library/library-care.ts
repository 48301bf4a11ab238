// What keeps a library in order: descriptions, trash, collection, scrub, repair, merge and export. Everything that writes holds the
// writer lock; what removes packs waits until nobody else writes, or refuses.
import type { SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { collectGarbage, previewGarbage } from './collect-garbage.ts';
import type { GarbageOptions, GarbageReport } from './collect-garbage.ts';
import { copyDocuments, healDocuments, healPayloads } from './copy-documents.ts';
import type { DocumentCopy } from './copy-documents.ts';
import { copyImages } from './copy-images.ts';
import type { CopyReport } from './copy-images.ts';
import { collectDocuments, documentConflicts } from './document-care.ts';
import type { DocumentConflict, DocumentGarbage } from './document-care.ts';
import { currentDocuments } from './documents.ts';
import { listDocuments } from './document-store.ts';
import { encodeEdit } from './description.ts';
import type { DescriptionChange } from './description.ts';
import { exportImages } from './export-images.ts';
import type { ExportReport, ExportWish } from './export-images.ts';
import { listBases, listOsoids, readBase, readImage } from './images.ts';
import type { ImageSummary } from './images.ts';
import { knownDamage } from './known-damage.ts';
import { openSource } from './library-source.ts';
import { isContentName, noteName, osoidOfName, trashFolder } from './names.ts';
import { nameConflicts } from './name-conflicts.ts';
import type { NameConflict } from './name-conflicts.ts';
import { repairLibrary } from './repair-library.ts';
import type { RepairReport } from './repair-library.ts';
import type { LibraryStore } from './store.ts';
import { emptyTrash, listTrash, moveToTrash, restoreFromTrash } from './trash.ts';
import type { VerifyOptions, VerifyReport } from './verify-library.ts';
import type { WriterLock } from './writer-lock.ts';

export type CareOptions = GarbageOptions;
export type MergeReport = CopyReport & {
  readonly conflicts: readonly NameConflict[];
  readonly problems: readonly Failure[];
  readonly documents: DocumentCopy;
  readonly documentConflicts: readonly DocumentConflict[];
};
export type CollectOptions = CareOptions & {
  readonly emptyTrash?: boolean;
  /** Payload files that are wanted although no document here names them. */
  readonly keepPayloads?: ReadonlySet<string>;
};
export type CollectReport = GarbageReport & DocumentGarbage & { readonly emptied: number };

export type LibraryCare = {
  /** Gives an image another name, labels or notes; its content and its signed manifest stay as they are. */
  readonly describe: (osoid: string, change: DescriptionChange, by: string) => Promise<Result<ImageSummary>>;
  /** Into the trash; nothing is freed yet. */
  readonly deleteImage: (osoid: string) => Promise<Result<null>>;
  readonly restoreImage: (osoid: string) => Promise<Result<null>>;
  readonly deletedImages: () => Promise<Result<readonly ImageSummary[]>>;
  /** Frees what no image needs. Code `library.busy` while an image is being written or merged. */
  readonly collect: (options?: CollectOptions) => Promise<Result<CollectReport>>;
  /** Nothing is collected while `work` runs: for whoever brings payload files that nobody names yet. */
  readonly relying: <T>(work: () => Promise<T>) => Promise<T>;
  /** What `collect` would do now; changes nothing. */
  readonly collectPreview: (options?: Omit<CollectOptions, 'onProgress'>) => Promise<Result<CollectReport>>;
  /** Reads and checks everything (at the speed of the disk); what proves damaged is no longer taken for present. */
  readonly verify: (options?: VerifyOptions) => Promise<Result<VerifyReport>>;
  /** Scrubs, takes what is missing from the library at `path`, and scrubs again: what that finds could not be healed. */
  readonly repair: (
    path: string,
    options?: CareOptions,
  ) => Promise<Result<RepairReport & { readonly healedFiles: number; readonly left: VerifyReport }>>;
  /** Packs that are known to be damaged, or gone, give up what of them is whole; how many. Codes `library.busy`, `job.cancelled`. */
  readonly mend: (signal?: AbortSignal) => Promise<Result<number>>;
  readonly merge: (path: string, options?: CareOptions) => Promise<Result<MergeReport>>;
  readonly exportTo: (path: string, wish: ExportWish, options?: CareOptions) => Promise<Result<ExportReport>>;
};

export type CareContext = {
  readonly store: LibraryStore;
  readonly index: ChunkIndex;
  readonly lock: WriterLock;
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Packs that are known to be damaged. */
  readonly damaged: Set<string>;
  /** Images being written just now. */
  readonly writers: ReadonlySet<unknown>;
  readonly trustedKeys: () => TrustedKeys;
  readonly signingKey: SigningKey;
  readonly now: () => number;
  /** Nothing is written, not even what a scrub finds. */
  readonly readOnly: boolean;
  readonly partBytes?: number | undefined;
};

export const libraryCare = (context: CareContext): LibraryCare => {
  const { store, index, exclusively, trustedKeys, writers, partBytes } = context;
  let copying = 0;
  const locked = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    const held = await context.lock.hold();
    if (!held.ok) return held;
    try {
      return await work();
    } finally {
      await held.value();
    }
  };
  /** For work that removes packs: an image on its way may rely on any of them. */
  const alone = <T>(work: () => Promise<Result<T>>): Promise<Result<T>> =>
    locked(() => exclusively(() => (writers.size > 0 || copying > 0 ? Promise.resolve(busy) : work())));
  /** Work that relies on what is there. Begun in turn: never while a collection decides what nobody needs. */
  const relying = async <T>(work: () => Promise<T>): Promise<T> => {
    await exclusively(() => Promise.resolve(copying++));
    try {
      return await work();
    } finally {
      copying--;
    }
  };
  const known = (osoid: string): Promise<Result<ImageSummary>> =>
    isContentName(osoid)
      ? readImage(store, osoid, trustedKeys())
      : Promise.resolve(failed('library.no-image', 'This is not the id of an image.', 'Choose an image from the list.'));
  const imagesOf = async (from: LibraryStore): Promise<Result<readonly ImageSummary[]>> => {
    const osoids = await listOsoids(from);
    if (!osoids.ok) return osoids;
    const images: ImageSummary[] = [];
    for (const osoid of osoids.value) {
      const image = await readImage(from, osoid, trustedKeys());
      if (image.ok) images.push(image.value);
    }
    return success(images);
  };

  const { scrub, mend } = knownDamage({ ...context, locked, alone });

  return {
    describe: (osoid, change, by) =>
      locked(() =>
        exclusively(async () => {
          const image = await known(osoid);
          if (!image.ok) return image;
          const edit = image.value.description.edit + 1;
          const at = new Date(context.now()).toISOString();
          const { id, bytes } = encodeEdit(context.signingKey, { osoid, edit, set: change, by: by.slice(0, 200), at });
          const put = await store.putOnce(noteName(osoid, id), [bytes]);
          return put.ok ? known(osoid) : put;
        }),
      ),
    deleteImage: (osoid) =>
      locked(() =>
        exclusively(async () => {
          const image = await known(osoid);
          // A damaged image may be thrown away as well; one that is not there may not.
          if (!image.ok && image.failure.code === 'library.no-image') return image;
          return moveToTrash(store, osoid);
        }),
      ),
    restoreImage: (osoid) => locked(() => exclusively(() => restoreFromTrash(store, osoid))),
    deletedImages: async () => {
      const osoids = await listTrash(store);
      if (!osoids.ok) return osoids;
      const images: ImageSummary[] = [];
      for (const osoid of osoids.value) {
        const image = await readBase(store, osoid, trashFolder(osoid), trustedKeys());
        if (image.ok) images.push(image.value);
      }
      return success(images);
    },
    relying,
    collect: ({ emptyTrash: empties = false, keepPayloads = new Set<string>(), ...options } = {}) =>
      alone(async () => {
        const emptied = empties ? await emptyTrash(store) : success([]);
        if (!emptied.ok) return emptied;
        const freed = await collectGarbage(store, index, options);
        if (!freed.ok) return freed;
        const documents = await collectDocuments(store, keepPayloads);
        if (!documents.ok) return documents;
        const freedBytes = freed.value.freedBytes + documents.value.freedBytes;
        return success({ ...freed.value, ...documents.value, freedBytes, emptied: emptied.value.length });
      }),
    collectPreview: async ({ emptyTrash: empties = false, keepPayloads = new Set<string>(), signal } = {}) => {
      const trash = empties ? await listTrash(store) : success([]);
      if (!trash.ok) return trash;
      const freed = await previewGarbage(store, index, { signal, withoutTrash: empties });
      if (!freed.ok) return freed;
      const documents = await collectDocuments(store, keepPayloads, { dryRun: true });
      if (!documents.ok) return documents;
      const freedBytes = freed.value.freedBytes + documents.value.freedBytes;
      return success({ ...freed.value, ...documents.value, freedBytes, emptied: trash.value.length });
    },
    verify: (options = {}) => scrub(options),
    repair: async (path, options = {}) => {
      const source = await openSource(path);
      if (!source.ok) return source;
      const before = await scrub({ signal: options.signal });
      if (!before.ok) return before;
      const from = source.value.store;
      const repaired = await alone(async () => {
        const chunks = await repairLibrary(store, index, source.value, before.value, options);
        if (!chunks.ok) return chunks;
        const documents = await healDocuments(from, store, before.value.damagedDocuments);
        if (!documents.ok) return documents;
        const payloads = await healPayloads(from, store, before.value.damagedPayloads, { signal: options.signal, partBytes });
        return payloads.ok ? success({ ...chunks.value, healedFiles: documents.value + payloads.value }) : payloads;
      });
      if (!repaired.ok) return repaired;
      const left = await scrub({ signal: options.signal });
      return left.ok ? success({ ...repaired.value, left: left.value }) : left;
    },
    mend,
    merge: async (path, options = {}) => {
      const source = await openSource(path);
      if (!source.ok) return source;
      return locked(() =>
        relying(async () => {
          const [ours, theirs] = [await imagesOf(store), await imagesOf(source.value.store)];
          if (!ours.ok) return ours;
          if (!theirs.ok) return theirs;
          const listed = await listBases(source.value.store, 'images');
          if (!listed.ok) return listed;
          const bases = listed.value.map((base) => ({ base, osoid: osoidOfName(`${base}/`) ?? '' }));
          const copied = await copyImages(source.value, { store, index, trustedKeys: trustedKeys() }, bases, {
            ...options,
            wholePacks: true,
          });
          if (!copied.ok) return copied;
          const after = await imagesOf(store);
          if (!after.ok) return after;
          const conflicts = nameConflicts(ours.value, theirs.value, after.value);
          const documents = await copyDocuments(source.value.store, store, {
            trustedKeys: trustedKeys(),
            signal: options.signal,
            partBytes,
          });
          if (!documents.ok) return documents;
          const said = await listDocuments(store, trustedKeys());
          if (!said.ok) return said;
          return success({
            ...copied.value,
            conflicts,
            problems: source.value.problems,
            documents: documents.value,
            documentConflicts: documentConflicts(currentDocuments(said.value.documents)),
          });
        }),
      );
    },
    exportTo: (path, wish, options = {}) =>
      relying(() =>
        exportImages({ store, index, libraryId: '', problems: [] }, path, wish, { ...options, trustedKeys: trustedKeys(), partBytes }),
      ),
  };
};

const busy = failed('library.busy', 'An image is being written, merged or exported just now.', 'Wait until that is done, then try again.');

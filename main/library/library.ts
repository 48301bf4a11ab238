// The library as the station uses it: open a folder, list and show images, import, serve manifests and chunks, delete.
import { availableParallelism } from 'node:os';
import { LARGE_CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import type { SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { createBufferPool } from './buffer-pool.ts';
import type { Borrowed } from './buffer-pool.ts';
import { createChunkIndex } from './chunk-index.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { startChunkPool } from './chunk-pool.ts';
import { joinFrames, readFrames } from './chunk-reader.ts';
import { collectGarbage } from './collect-garbage.ts';
import { folderStore } from './folder-store.ts';
import type { DamagedImage, ImageFiles, ImageSummary } from './images.ts';
import { chunkIdsOf, listOsoids, readChunkTable, readImage, readImageFiles } from './images.ts';
import type { ImageWriter } from './image-writer.ts';
import { startImageWriter } from './image-writer.ts';
import type { ImportRequest } from './import-image.ts';
import { importInto } from './import-image.ts';
import { loadPacks } from './load-index.ts';
import { imageFolder, isContentName, signatureName } from './names.ts';
import { openHeader, prepareFolder } from './open-header.ts';
import type { LibraryStore } from './store.ts';
import { restoreIndexes, sweepLeftovers } from './sweep-leftovers.ts';
import type { VerifyOptions, VerifyReport } from './verify-library.ts';
import { verifyLibrary } from './verify-library.ts';
import { writerLock } from './writer-lock.ts';

export type LibraryOptions = {
  readonly folder: string;
  /** Makes a new library in an empty or absent folder; default true. */
  readonly create?: boolean;
  /** The station's own keys and those it was told to trust; asked at every judgement. */
  readonly trustedKeys: () => TrustedKeys;
  /** Signs what is imported or captured here. */
  readonly signingKey: SigningKey;
  /** Workers to hash and compress with; default one per core, at most 8. */
  readonly workers?: number;
  /** A pool shared with other libraries; the caller stops it. */
  readonly pool?: ChunkPool;
  readonly now?: () => number;
  /** Another way to reach the bytes; default the folder itself. */
  readonly store?: LibraryStore;
};

export type LibraryList = { readonly images: readonly ImageSummary[]; readonly damaged: readonly DamagedImage[] };

/** `uniqueBytes`: what deleting the image would free. */
export type ImageDetails = { readonly image: ImageSummary; readonly uniqueBytes: number; readonly missingChunks: number };

export type LibraryState = {
  readonly libraryId: string;
  readonly folder: string;
  readonly chunkCount: number;
  readonly freeBytes: number | null;
  /** Packs that could not be read at opening. */
  readonly problems: readonly Failure[];
};

export type Library = {
  readonly state: () => Promise<LibraryState>;
  readonly list: () => Promise<Result<LibraryList>>;
  readonly show: (osoid: string) => Promise<Result<ImageDetails>>;
  /** True for a complete image that the station trusts. */
  readonly has: (osoid: string) => Promise<boolean>;
  readonly importImage: (request: ImportRequest) => Promise<Result<ImageSummary & { readonly alreadyPresent: boolean }>>;
  /** For captures: takes frames from the wire. The caller publishes or abandons it. */
  readonly startImage: () => Promise<Result<ImageWriter>>;
  /** Manifest, signature and chunk table as signed; untrusted images only with a person's override. */
  readonly manifest: (osoid: string, options?: { readonly allowUntrusted?: boolean }) => Promise<Result<ImageFiles>>;
  /** Stored frames back to back in the order asked; at most 64 chunks. The caller releases the memory once the bytes are sent. */
  readonly frames: (chunkIds: readonly string[]) => Promise<Result<{ readonly bytes: Uint8Array; release(): void }>>;
  /** True if the library holds the chunk. */
  readonly hasChunk: (chunkId: string) => boolean;
  /** Removes the image, and the packs that no other image needs unless somebody writes just now. */
  readonly deleteImage: (osoid: string) => Promise<Result<{ readonly freedBytes: number }>>;
  /** Reads and checks everything (at the speed of the disk); tells what is wrong and changes nothing. */
  readonly verify: (options?: VerifyOptions) => Promise<Result<VerifyReport>>;
  readonly close: () => Promise<void>;
};

const MAX_FRAMES = 64;
const MAX_FRAME_RAW_BYTES = 16 * LARGE_CHUNK_SIZE_BYTES;

/** Codes: `library.missing`, `library.not-a-library`, `library.newer`, `library.read-only`, `library.full`, `library.unreadable`. */
export const openLibrary = async (options: LibraryOptions): Promise<Result<Library>> => {
  const create = options.create ?? true;
  if (create && options.store === undefined) {
    const prepared = await prepareFolder(options.folder);
    if (!prepared.ok) return prepared;
  }
  const store = options.store ?? folderStore(options.folder);
  const header = await openHeader(store, create);
  if (!header.ok) return header;
  const lock = writerLock(options.folder, options.now);
  await sweepLeftovers(store, lock);
  const loaded = await loadPacks(store);
  if (!loaded.ok) return loaded;
  await restoreIndexes(store, lock, loaded.value.lostIndexes);
  const index = createChunkIndex();
  index.replaceAll(loaded.value.packs);
  return success(libraryOf(options, store, lock, index, { libraryId: header.value.libraryId, problems: loaded.value.problems }));
};

const libraryOf = (
  options: LibraryOptions,
  store: LibraryStore,
  lock: ReturnType<typeof writerLock>,
  index: ReturnType<typeof createChunkIndex>,
  opened: { readonly libraryId: string; readonly problems: readonly Failure[] },
): Library => {
  const now = options.now ?? Date.now;
  const packUsers = new Map<string, number>();
  const buffers = createBufferPool();
  const writers = new Set<ImageWriter>();
  let pool = options.pool;

  const read = (osoid: string): Promise<Result<ImageSummary>> =>
    isContentName(osoid)
      ? readImage(store, osoid, options.trustedKeys())
      : Promise.resolve(failed('library.no-image', 'This is not the id of an image.', 'Choose an image from the list.'));
  const has = async (osoid: string): Promise<boolean> => {
    const image = await read(osoid);
    return image.ok && image.value.trust === 'trusted' && (await readChunkTable(store, image.value)).ok;
  };
  let turn: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const startImage = async (): Promise<Result<ImageWriter>> => {
    const held = await lock.hold();
    if (!held.ok) return held;
    // In turn: never while a deletion decides which packs nobody needs.
    return exclusively(() => {
      const writer = startImageWriter({
        store,
        index,
        packUsers,
        signingKey: options.signingKey,
        isPublished: has,
        exclusively,
        onClosed: async () => {
          writers.delete(writer);
          await held.value();
        },
      });
      writers.add(writer);
      return Promise.resolve(success(writer));
    });
  };
  const tablesOf = async (images: readonly ImageSummary[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
    const sets = new Map<string, ReadonlySet<string>>();
    for (const image of images) {
      const table = await readChunkTable(store, image);
      if (table.ok) sets.set(image.osoid, chunkIdsOf(table.value.table));
    }
    return sets;
  };
  const list = async (): Promise<Result<LibraryList>> => {
    const osoids = await listOsoids(store);
    if (!osoids.ok) return osoids;
    const images: ImageSummary[] = [];
    const damaged: DamagedImage[] = [];
    for (const osoid of osoids.value) {
      const image = await read(osoid);
      if (image.ok) images.push(image.value);
      else if (image.failure.code !== 'library.no-image') damaged.push({ osoid, failure: image.failure });
    }
    return success({ images, damaged });
  };
  return {
    list,
    has,
    startImage,
    hasChunk: (chunkId) => isContentName(chunkId) && index.find(chunkId) !== undefined,
    state: async () => ({ ...opened, folder: options.folder, chunkCount: index.chunkCount(), freeBytes: await store.freeBytes() }),
    show: async (osoid) => {
      const image = await read(osoid);
      const all = await list();
      if (!image.ok) return image;
      if (!all.ok) return all;
      const sets = await tablesOf(all.value.images);
      const others = [...sets].filter(([other]) => other !== osoid).map(([, ids]) => ids);
      let uniqueBytes = 0;
      let missingChunks = 0;
      for (const chunkId of sets.get(osoid) ?? []) {
        const at = index.find(chunkId);
        if (at === undefined) missingChunks++;
        else if (!others.some((ids) => ids.has(chunkId))) uniqueBytes += at.encodedLength;
      }
      return success({ image: image.value, uniqueBytes, missingChunks });
    },
    importImage: async (request) => {
      const writer = await startImage();
      if (!writer.ok) return writer;
      pool ??= startChunkPool(options.workers ?? Math.min(8, availableParallelism()));
      const published = await importInto({ store, pool, writer: writer.value, now }, request);
      if (!published.ok) return published;
      const image = await read(published.value.osoid);
      return image.ok ? success({ ...image.value, alreadyPresent: published.value.alreadyPresent }) : image;
    },
    manifest: async (osoid, { allowUntrusted = false } = {}) => {
      const image = await read(osoid);
      return image.ok ? readImageFiles(store, osoid, options.trustedKeys(), allowUntrusted) : image;
    },
    frames: async (chunkIds) => {
      const rawBytes = chunkIds.reduce((sum, id) => sum + (isContentName(id) ? (index.find(id)?.rawLength ?? 0) : 0), 0);
      if (chunkIds.length > MAX_FRAMES || rawBytes > MAX_FRAME_RAW_BYTES || !chunkIds.every(isContentName))
        return failed(
          'library.bad-request',
          'Too many chunks, or names that are none, in one request.',
          'Ask for at most 16 chunks at a time.',
        );
      const borrowed: Borrowed[] = [];
      const memoryFor = (lengthBytes: number): Buffer => {
        const one = buffers.borrow(lengthBytes);
        borrowed.push(one);
        return one.bytes;
      };
      const release = (): void => borrowed.forEach((one) => one.release());
      const frames = await readFrames(store, index.find, chunkIds, memoryFor);
      if (frames.ok) return success({ bytes: joinFrames(frames.value), release });
      release();
      return frames;
    },
    deleteImage: async (osoid) => {
      if (!isContentName(osoid)) return failed('library.no-image', 'This is not the id of an image.', 'Choose an image from the list.');
      const held = await lock.hold();
      if (!held.ok) return held;
      try {
        return await exclusively(async () => {
          const unsigned = await store.delete(signatureName(osoid));
          if (!unsigned.ok) return unsigned;
          const removed = await store.delete(imageFolder(osoid));
          if (!removed.ok) return removed;
          // An image that is being written may rely on any pack: then nothing is swept now, and the next deletion does it.
          return writers.size > 0 ? success({ freedBytes: 0 }) : await collectGarbage(store, index, options.trustedKeys());
        });
      } finally {
        await held.value();
      }
    },
    verify: (verifying = {}) => verifyLibrary(store, options.trustedKeys(), verifying),
    close: async () => {
      for (const writer of writers) await writer.abandon();
      if (options.pool === undefined) await pool?.stop();
    },
  };
};

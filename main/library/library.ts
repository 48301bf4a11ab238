// The library as the station uses it: open a folder, list and show images, import, serve manifests and chunks; and what keeps it in
// order (library-care.ts).
import { availableParallelism } from 'node:os';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { LARGE_CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import type { SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { createBufferPool } from './buffer-pool.ts';
import type { Borrowed } from './buffer-pool.ts';
import { createChunkIndex } from './chunk-index.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { createChunkSet } from './chunk-set.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { startChunkPool } from './chunk-pool.ts';
import { joinFrames, readFrames } from './chunk-reader.ts';
import { fencedStore } from './fenced-store.ts';
import { folderStore } from './folder-store.ts';
import type { DamagedImage, ImageFiles, ImageSummary } from './images.ts';
import { chunkIdsOf, listOsoids, readChunkTable, readImage, readImageFiles } from './images.ts';
import { healingStore } from './healing-store.ts';
import type { ImageWriter } from './image-writer.ts';
import { startImageWriter } from './image-writer.ts';
import type { ImportRequest } from './import-image.ts';
import { importInto } from './import-image.ts';
import { libraryCare } from './library-care.ts';
import type { LibraryCare } from './library-care.ts';
import { loadPacks } from './load-index.ts';
import { isContentName } from './names.ts';
import { openHeader, prepareFolder } from './open-header.ts';
import { ownStore } from './own-store.ts';
import { documentKeep } from './document-store.ts';
import type { DocumentKeep } from './document-store.ts';
import { payloadKeep } from './payloads.ts';
import type { PayloadKeep } from './payloads.ts';
import { readQuarantine } from './quarantine.ts';
import type { LibraryStore } from './store.ts';
import { restoreIndexes, sweepLeftovers } from './sweep-leftovers.ts';
import { writerLock } from './writer-lock.ts';
import type { WriterLock } from './writer-lock.ts';

export type LibraryOptions = {
  readonly folder: string;
  /** Makes a new library in an empty or absent folder; default true. */
  readonly create?: boolean;
  /** Writes nothing, not even to tidy up. */
  readonly readOnly?: boolean;
  /** The station's own keys and those it was told to trust; asked at every judgement. */
  readonly trustedKeys: () => TrustedKeys;
  /** Signs what is imported or captured here. */
  readonly signingKey: SigningKey;
  /** Workers to hash and compress with; default one per core, at most 8. */
  readonly workers?: number;
  /** A pool shared with other libraries; the caller stops it. */
  readonly pool?: ChunkPool;
  readonly now?: () => number;
  /** Where compressed and virtual disks are unpacked to; default the system's temporary folder. */
  readonly scratchFolder?: string;
  /** Payload files of more bytes are kept in parts of so many. */
  readonly payloadPartBytes?: number;
  /** Another way to reach the bytes; default the folder itself. */
  readonly store?: LibraryStore;
};

export type LibraryList = { readonly images: readonly ImageSummary[]; readonly damaged: readonly DamagedImage[] };

/** `uniqueBytes`: what deleting the image would free. */
export type ImageDetails = {
  readonly image: ImageSummary;
  readonly uniqueBytes: number;
  readonly missingChunks: number;
  /** Folders of the libraries that have it. */
  readonly libraries: readonly string[];
};

export type ManifestOptions = {
  readonly allowUntrusted?: boolean;
  /** The variant with this manifest, where an image has several. */
  readonly manifestSha256?: string | undefined;
};

export type LibraryState = {
  readonly libraryId: string;
  readonly folder: string;
  readonly chunkCount: number;
  readonly freeBytes: number | null;
  /** Packs that could not be read at opening. */
  readonly problems: readonly Failure[];
};

export type Library = LibraryCare &
  PayloadKeep &
  DocumentKeep & {
    readonly state: () => Promise<LibraryState>;
    readonly list: () => Promise<Result<LibraryList>>;
    readonly show: (osoid: string) => Promise<Result<ImageDetails>>;
    /** True for a complete image that the station trusts. */
    readonly has: (osoid: string) => Promise<boolean>;
    readonly importImage: (request: ImportRequest) => Promise<Result<ImageSummary & { readonly alreadyPresent: boolean }>>;
    /** For captures: takes frames from the wire. The caller publishes or abandons it. */
    readonly startImage: () => Promise<Result<ImageWriter>>;
    /** Manifest, signature and chunk table as signed; untrusted images only with a person's override. */
    readonly manifest: (osoid: string, options?: ManifestOptions) => Promise<Result<ImageFiles>>;
    /** Stored frames back to back in the order asked; at most 64 chunks. The caller releases the memory once the bytes are sent. */
    readonly frames: (chunkIds: readonly string[]) => Promise<Result<{ readonly bytes: Uint8Array; release(): void }>>;
    /** True if the library holds the chunk. */
    readonly hasChunk: (chunkId: string) => boolean;
    /** Reads again which packs there are: the disk was away, and may have been written elsewhere. The store's codes. */
    readonly reload: () => Promise<Result<null>>;
    readonly close: () => Promise<void>;
  };

const MAX_FRAMES = 64;
const MAX_FRAME_RAW_BYTES = 16 * LARGE_CHUNK_SIZE_BYTES;

/** Codes: those of `openHeader`. */
export const openLibrary = async (options: LibraryOptions): Promise<Result<Library>> => {
  const create = options.create ?? true;
  if (create && options.store === undefined) {
    const prepared = await prepareFolder(options.folder);
    if (!prepared.ok) return prepared;
  }
  const bare = options.store ?? folderStore(options.folder);
  const header = await openHeader(bare, create);
  if (!header.ok) return header;
  const index = createChunkIndex();
  const lock = writerLock(options.folder, { now: options.now, reread: () => readAgain(bare, index) });
  const store = fencedStore(bare, lock);
  const readOnly = options.readOnly ?? false;
  if (!readOnly) await sweepLeftovers(store, lock);
  const loaded = await loadPacks(store, index);
  if (!loaded.ok) return loaded;
  if (!readOnly) await restoreIndexes(store, lock, loaded.value);
  const bad = await readQuarantine(store);
  const damaged = new Set(bad.ok ? bad.value.keys() : []);
  const opened = { libraryId: header.value.libraryId, problems: loaded.value.problems };
  return success(
    libraryOf(options, { store: healingStore(ownStore(store, header.value.libraryId), damaged), damaged, lock, index }, opened),
  );
};

const readAgain = async (store: LibraryStore, index: ChunkIndex): Promise<Result<null>> => {
  index.dropPacks(new Set(index.packIds()));
  const loaded = await loadPacks(store, index);
  return loaded.ok ? success(null) : loaded;
};

type Parts = {
  readonly store: LibraryStore;
  readonly damaged: Set<string>;
  readonly lock: WriterLock;
  readonly index: ChunkIndex;
};

const libraryOf = (
  options: LibraryOptions,
  { store, damaged, lock, index }: Parts,
  opened: { readonly libraryId: string; readonly problems: readonly Failure[] },
): Library => {
  const { now = Date.now, readOnly = false } = options;
  const scratch = options.scratchFolder === undefined ? {} : { scratchFolder: options.scratchFolder };
  const packUsers = new Map<string, number>();
  const buffers = createBufferPool();
  const writers = new Set<ImageWriter>();
  let pool = options.pool;
  const workers = (): ChunkPool => (pool ??= startChunkPool(options.workers ?? Math.min(8, availableParallelism())));

  const read = (osoid: string, manifestSha256?: string): Promise<Result<ImageSummary>> =>
    isContentName(osoid)
      ? readImage(store, osoid, options.trustedKeys(), { manifestSha256 })
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
        verify: async (frames, spans) => {
          const { problem } = await workers().run({ kind: 'verify', buffer: Uint8Array.from(frames).buffer, spans });
          return problem === null ? success(null) : { ok: false, failure: problem };
        },
        onClosed: async () => {
          writers.delete(writer);
          await held.value();
        },
      });
      writers.add(writer);
      return Promise.resolve(success(writer));
    });
  };
  const list = async (): Promise<Result<LibraryList>> => {
    const osoids = await listOsoids(store);
    if (!osoids.ok) return osoids;
    const images: ImageSummary[] = [];
    const broken: DamagedImage[] = [];
    for (const osoid of osoids.value) {
      const image = await read(osoid);
      if (image.ok) images.push(image.value);
      else if (image.failure.code !== 'library.no-image') broken.push({ osoid, failure: image.failure });
    }
    return success({ images, damaged: broken });
  };
  const care = libraryCare({
    store,
    index,
    lock,
    exclusively,
    damaged,
    writers,
    trustedKeys: options.trustedKeys,
    signingKey: options.signingKey,
    readOnly,
    partBytes: options.payloadPartBytes,
    now,
  });
  return {
    ...care,
    ...payloadKeep({ store, lock, partBytes: options.payloadPartBytes }),
    ...documentKeep({ store, lock, exclusively, trustedKeys: options.trustedKeys, signingKey: options.signingKey }),
    list,
    has,
    startImage,
    reload: () => readAgain(store, index),
    hasChunk: (chunkId) => isContentName(chunkId) && index.find(chunkId) !== undefined,
    state: async () => ({ ...opened, folder: options.folder, chunkCount: index.chunkCount(), freeBytes: await store.freeBytes() }),
    show: async (osoid) => {
      const image = await read(osoid);
      const all = await list();
      if (!image.ok) return image;
      if (!all.ok) return all;
      const table = await readChunkTable(store, image.value);
      if (!table.ok) return table;
      const others = createChunkSet();
      for (const other of all.value.images) {
        const its = other.osoid === osoid ? undefined : await readChunkTable(store, other);
        if (its?.ok === true) for (const { chunkId } of dataChunks(its.value.table)) if (chunkId !== null) others.add(chunkId);
      }
      let uniqueBytes = 0;
      let missingChunks = 0;
      for (const chunkId of chunkIdsOf(table.value.table)) {
        const at = index.find(chunkId);
        if (at === undefined) missingChunks++;
        else if (!others.has(chunkId)) uniqueBytes += at.encodedLength;
      }
      return success({ image: image.value, uniqueBytes, missingChunks, libraries: [options.folder] });
    },
    importImage: async (request) => {
      const writer = await startImage();
      if (!writer.ok) return writer;
      const published = await importInto({ store, pool: workers(), writer: writer.value, now }, { ...scratch, ...request });
      if (!published.ok) return published;
      const image = await read(published.value.osoid);
      return image.ok ? success({ ...image.value, alreadyPresent: published.value.alreadyPresent }) : image;
    },
    manifest: async (osoid, { allowUntrusted = false, manifestSha256 } = {}) => {
      const image = await read(osoid, manifestSha256);
      return image.ok ? readImageFiles(store, image.value, allowUntrusted) : image;
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
    close: async () => {
      for (const writer of writers) await writer.abandon();
      if (options.pool === undefined) await pool?.stop();
    },
  };
};

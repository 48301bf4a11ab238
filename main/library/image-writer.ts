// One image on its way into a library: frames first, then table, manifest, and the signature that makes it exist. Imports and
// captures both end here; what heals an image that is there ends before the table. What is not published is taken back, unless it is left.
import { FRAME_HEADER_BYTES, splitFrames } from '../../agent/image/chunk.ts';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { encodeChunkTable } from '../../agent/image/chunk-table.ts';
import { diskOf } from '../../agent/image/content.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { encodeManifest } from '../../agent/image/manifest.ts';
import type { ReadAt } from '../../agent/image/partition-table.ts';
import { extentsOfTable, osoidOf } from '../../agent/image/osoid.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { encodeSignature } from '../../agent/image/signature.ts';
import { createHash } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChunkIndex, ChunkLocation } from './chunk-index.ts';
import type { ChunkSpan } from './chunk-worker.ts';
import { createChunkIndex } from './chunk-index.ts';
import { firstFailure } from './failures.ts';
import { imageReader } from './image-reader.ts';
import { readBase, readChunkTable } from './images.ts';
import { chunkTableIn, imageFolder, indexName, manifestIn, packName, signatureIn, variantFolder } from './names.ts';
import type { WrittenPack } from './pack-writer.ts';
import { createPackWriter } from './pack-writer.ts';
import type { LibraryStore } from './store.ts';

export type PublishedImage = { readonly osoid: string; readonly alreadyPresent: boolean };

export type ImageWriter = {
  /** True if the library, or this image so far, has the chunk. */
  readonly has: (chunkId: string) => boolean;
  readonly find: (chunkId: string) => ChunkLocation | undefined;
  /** One frame whose content the caller made or verified itself. */
  readonly put: (frame: Uint8Array) => Promise<Result<null>>;
  /** Frames from the wire, back to back: each is unpacked and checked against its name before it is kept. */
  readonly receive: (frames: Uint8Array) => Promise<Result<{ readonly chunks: number }>>;
  /** Makes everything put so far readable by `find`. */
  readonly flush: () => Promise<Result<null>>;
  /** Makes everything put so far the whole library's, image or not: for chunks that images here lack. */
  readonly share: () => Promise<Result<null>>;
  /** Completes the image. All chunks must be there and the content part must be what the table says. */
  readonly publish: (draft: ImageDraft, table: ChunkTable) => Promise<Result<PublishedImage>>;
  /** The image as a disk, from the chunks that were flushed; rejects with `ImageReadError` where one is missing. */
  readonly read: (table: ChunkTable) => ReadAt;
  /** Ends without an image and keeps what was written: the next writer finds it, until a deletion frees it. */
  readonly leave: () => Promise<void>;
  /** Takes back what was written and not published; safe after `publish`, where it does nothing. */
  readonly abandon: () => Promise<void>;
};

export type WriterContext = {
  readonly store: LibraryStore;
  readonly index: ChunkIndex;
  /** How many unpublished images use a pack that no published one does. */
  readonly packUsers: Map<string, number>;
  readonly signingKey: SigningKey;
  /** True if a complete image of this id is there. */
  readonly isPublished: (osoid: string) => Promise<boolean>;
  /** One at a time among all writers of a library: two may carry the same pack or the same image. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Unpacks frames and checks each against its name, beside the station's own thread. */
  readonly verify: (frames: Uint8Array, spans: readonly ChunkSpan[]) => Promise<Result<null>>;
  readonly onClosed: () => Promise<void>;
};

export const startImageWriter = (context: WriterContext): ImageWriter => {
  const { store, index, packUsers, signingKey, exclusively } = context;
  const own = createChunkIndex();
  const packs: WrittenPack[] = [];
  const packIds: string[] = [];
  let state: 'open' | 'closed' = 'open';
  const writer = createPackWriter({ ...store, putOnce: (name, parts) => exclusively(() => store.putOnce(name, parts)) }, (packId) => {
    packIds.push(packId);
    packUsers.set(packId, (packUsers.get(packId) ?? 0) + 1);
  });
  const keep = (written: Result<WrittenPack | null>): Result<null> => {
    if (!written.ok) return written;
    if (written.value !== null) {
      packs.push(written.value);
      own.addPack(written.value.packId, written.value.entries);
    }
    return success(null);
  };
  const find = (chunkId: string): ChunkLocation | undefined => own.find(chunkId) ?? index.find(chunkId);
  const has = (chunkId: string): boolean => writer.isPending(chunkId) || find(chunkId) !== undefined;
  const put = async (frame: Uint8Array): Promise<Result<null>> => keep(await writer.add(frame));
  const flush = async (): Promise<Result<null>> => keep(await writer.flush());
  /** Also where the pack is known: a damaged one was written anew. */
  const giveToLibrary = (): void => {
    for (const { packId, entries } of packs.splice(0)) index.relocate(packId, entries);
  };
  const letGo = (): void => {
    state = 'closed';
    for (const packId of packIds) packUsers.set(packId, (packUsers.get(packId) ?? 1) - 1);
  };

  return {
    has,
    find,
    put,
    flush,
    receive: async (frames) => {
      const split = splitFrames(frames);
      if (!split.ok) return split;
      const fresh = split.value.filter(({ header }) => !has(header.chunkId));
      const spans = fresh.map(({ offset, header }) => ({ offset, length: FRAME_HEADER_BYTES + header.encodedLength }));
      const verified = spans.length === 0 ? success(null) : await context.verify(frames, spans);
      if (!verified.ok) return verified;
      for (const { offset, length } of spans) {
        const stored = await put(Uint8Array.from(frames.subarray(offset, offset + length)));
        if (!stored.ok) return stored;
      }
      return success({ chunks: split.value.length });
    },
    share: async () => {
      const flushed = await flush();
      // What was whole before is of use, whatever became of the last.
      giveToLibrary();
      return flushed;
    },
    publish: async (draft, table) => {
      if (state !== 'open') throw new Error('this image is published or abandoned already');
      const flushed = await flush();
      if (!flushed.ok) return flushed;
      const checked = checkContent(draft, table, find);
      if (!checked.ok) return checked;
      const osoid = osoidOf(draft.content);
      const written = await exclusively(async (): Promise<Result<{ readonly alreadyPresent: boolean }>> => {
        if (await context.isPublished(osoid)) return success({ alreadyPresent: true });
        const image = await writeImage(store, osoid, draft, table, checked.value, signingKey);
        return image.ok ? success({ alreadyPresent: false }) : image;
      });
      if (!written.ok) return written;
      giveToLibrary();
      letGo();
      await context.onClosed();
      return success({ osoid, alreadyPresent: written.value.alreadyPresent });
    },
    read: (table) => imageReader(store, find, table),
    leave: async () => {
      if (state === 'closed') return;
      // A pack that cannot be written is one that is sent again.
      await flush();
      giveToLibrary();
      letGo();
      await context.onClosed();
    },
    abandon: async () => {
      if (state === 'closed') return;
      letGo();
      try {
        await exclusively(async () => {
          for (const packId of packIds) {
            if (index.hasPack(packId) || (packUsers.get(packId) ?? 0) > 0) continue;
            await store.delete(indexName(packId));
            await store.delete(packName(packId));
          }
        });
      } finally {
        await context.onClosed();
      }
    },
  };
};

/** Stored bytes of the image's distinct chunks, once every chunk is known to be there. */
const checkContent = (draft: ImageDraft, table: ChunkTable, find: ImageWriter['find']): Result<number> => {
  const disk = diskOf(draft.content);
  const extents = extentsOfTable(table);
  const fits =
    disk.sizeBytes === table.diskSizeBytes &&
    (extents === null || (extents.count === disk.extents.count && extents.sha256 === disk.extents.sha256));
  if (!fits) return failed('image.content-mismatch', 'The image is not what its description says.', 'Capture or import it again.');
  const seen = new Set<string>();
  let storedBytes = 0;
  for (const chunk of dataChunks(table)) {
    const id = chunk.chunkId ?? '';
    if (seen.has(id)) continue;
    const at = find(id);
    if (at === undefined || at.rawLength !== chunk.lengthBytes)
      return failed(
        'image.incomplete',
        `Chunk ${chunk.index} of the image did not arrive.`,
        'Send the missing chunks, then publish again.',
      );
    seen.add(id);
    storedBytes += at.encodedLength;
  }
  return success(storedBytes);
};

const writeImage = async (
  store: LibraryStore,
  osoid: string,
  draft: ImageDraft,
  table: ChunkTable,
  storedBytes: number,
  signingKey: SigningKey,
): Promise<Result<null>> => {
  const tableBytes = encodeChunkTable(table);
  const manifest = encodeManifest({
    ...draft,
    chunkSizeBytes: table.chunkSizeBytes === 256 * 1024 ? 256 * 1024 : 1024 * 1024,
    chunkTable: {
      file: 'chunks.bin',
      sha256: createHash('sha256').update(tableBytes).digest('hex'),
      sizeBytes: tableBytes.length,
      entries: table.hashes.length / 32,
    },
    stats: { ...draft.stats, storedBytes },
  });
  const base = await freeBase(store, osoid, createHash('sha256').update(manifest).digest('hex'));
  if (!base.ok) return base;
  const results = [await store.putOnce(chunkTableIn(base.value), [tableBytes]), await store.putOnce(manifestIn(base.value), [manifest])];
  const failure = firstFailure(results);
  if (failure !== undefined) return failure;
  const signature = await store.putOnce(signatureIn(base.value), [encodeSignature(signingKey, 'manifest', manifest)]);
  return signature.ok ? success(null) : signature;
};

/** Beside a stranger's image of the same content, which stays whole; in the image's own folder where none is, or a damaged one. */
const freeBase = async (store: LibraryStore, osoid: string, manifestSha256: string): Promise<Result<string>> => {
  const own = await readBase(store, osoid, imageFolder(osoid), new Map());
  const isWhole = own.ok && own.value.trust !== 'broken' && (await readChunkTable(store, own.value)).ok;
  const base = isWhole ? variantFolder(osoid, manifestSha256) : imageFolder(osoid);
  // What an interrupted writer left is no image: it has no signature, or is damaged. Its files would stay otherwise.
  const results = [await store.delete(signatureIn(base)), await store.delete(manifestIn(base)), await store.delete(chunkTableIn(base))];
  return firstFailure(results) ?? success(base);
};

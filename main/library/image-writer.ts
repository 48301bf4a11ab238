// One image on its way into a library: frames first, then table, manifest, and the signature that makes it exist. Imports and
// captures both end here. What is not published is taken back.
import { FRAME_HEADER_BYTES, decodeFrame, splitFrames } from '../../agent/image/chunk.ts';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { encodeChunkTable } from '../../agent/image/chunk-table.ts';
import { diskOf } from '../../agent/image/content.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { encodeManifest } from '../../agent/image/manifest.ts';
import { extentsOfTable, osoidOf } from '../../agent/image/osoid.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { encodeSignature } from '../../agent/image/signature.ts';
import { createHash } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChunkIndex, ChunkLocation } from './chunk-index.ts';
import { createChunkIndex } from './chunk-index.ts';
import { firstFailure } from './failures.ts';
import { chunkTableName, imageFolder, indexName, manifestName, packName, signatureName } from './names.ts';
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
  /** Completes the image. All chunks must be there and the content part must be what the table says. */
  readonly publish: (draft: ImageDraft, table: ChunkTable) => Promise<Result<PublishedImage>>;
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
      for (const { offset, header } of split.value) {
        if (has(header.chunkId)) continue;
        const decoded = decodeFrame(frames, offset);
        if (!decoded.ok) return decoded;
        const stored = await put(Uint8Array.from(frames.subarray(offset, offset + FRAME_HEADER_BYTES + header.encodedLength)));
        if (!stored.ok) return stored;
      }
      return success({ chunks: split.value.length });
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
      for (const { packId, entries } of packs) index.addPack(packId, entries);
      letGo();
      await context.onClosed();
      return success({ osoid, alreadyPresent: written.value.alreadyPresent });
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
  // What an interrupted writer left under this id is no image: it has no signature, or is damaged. Its files would stay otherwise.
  const cleared = await store.delete(imageFolder(osoid));
  if (!cleared.ok) return cleared;
  const results = [await store.putOnce(chunkTableName(osoid), [tableBytes]), await store.putOnce(manifestName(osoid), [manifest])];
  const failure = firstFailure(results);
  if (failure !== undefined) return failure;
  const signature = await store.putOnce(signatureName(osoid), [encodeSignature(signingKey, 'manifest', manifest)]);
  return signature.ok ? success(null) : signature;
};

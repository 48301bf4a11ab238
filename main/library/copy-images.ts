// Images from one library into another: first the chunks that are missing there, then the images' own files, signature last, then the
// edits of their descriptions. Whatever comes from the source is checked as if a stranger had made it. Can be interrupted anywhere
// and done again.
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { FRAME_HEADER_BYTES } from '../../agent/image/chunk.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import { PACK_MAX_BYTES } from '../../agent/image/pack.ts';
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { createChunkSet } from './chunk-set.ts';
import type { ChunkSet } from './chunk-set.ts';
import { readBase, readChunkTable } from './images.ts';
import type { ImageSummary } from './images.ts';
import type { LibrarySource } from './library-source.ts';
import { listPacks, loadPack } from './load-index.ts';
import { indexName, packName } from './names.ts';
import { cancelled, readPackFrames } from './pack-frames.ts';
import { createPackWriter } from './pack-writer.ts';
import type { WrittenPack } from './pack-writer.ts';
import { putEdits, putImage } from './put-image.ts';
import type { LibraryStore } from './store.ts';
import { wholePack } from './whole-pack.ts';

export type CopyTarget = { readonly store: LibraryStore; readonly index: ChunkIndex; readonly trustedKeys: TrustedKeys };
export type CopyOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Takes packs as they are where most of them is missing; otherwise only the chunks that are needed travel. */
  readonly wholePacks: boolean;
};
export type Skipped = { readonly osoid: string; readonly name: string | null; readonly failure: Failure };
export type CopyReport = {
  readonly added: readonly ImageSummary[];
  /** Already there, or added beside an image of the same content. */
  readonly known: readonly ImageSummary[];
  readonly skipped: readonly Skipped[];
  readonly chunks: number;
  readonly bytes: number;
  readonly edits: number;
};

/** A pack travels as it is if at least this share of it is missing at the other side. */
const WHOLE_SHARE = 0.6;

/** Codes: the stores' own and `job.cancelled`. An image that cannot be copied is told of in `skipped`, and the others are. */
export const copyImages = async (
  source: LibrarySource,
  target: CopyTarget,
  bases: readonly { readonly osoid: string; readonly base: string }[],
  options: CopyOptions,
): Promise<Result<CopyReport>> => {
  const skipped: Skipped[] = [];
  const wanted: ImageSummary[] = [];
  const missing = createChunkSet();
  for (const { osoid, base } of bases) {
    const image = await readBase(source.store, osoid, base, target.trustedKeys);
    const read = image.ok ? await wantImage(source, target.index, image.value, missing) : image;
    if (image.ok && read.ok) wanted.push(image.value);
    else if (!read.ok) skipped.push({ osoid, name: image.ok ? image.value.name : null, failure: read.failure });
  }
  const copied = await copyChunks(source, target, missing, options);
  if (!copied.ok) return copied;
  const [added, known]: [ImageSummary[], ImageSummary[]] = [[], []];
  let edits = 0;
  for (const image of wanted) {
    if (options.signal?.aborted === true) return cancelled();
    const lacking = await firstLacking(source, target.index, image);
    if (!lacking.ok) skipped.push({ osoid: image.osoid, name: image.name, failure: lacking.failure });
    else {
      const put = await putImage(source.store, target.store, image);
      if (!put.ok) return put;
      (put.value === 'added' ? added : known).push(image);
      const described = await putEdits(source.store, target, image.osoid);
      if (!described.ok) return described;
      edits += described.value;
    }
  }
  return success({ added, known, skipped, edits, ...copied.value });
};

/** Notes down what the target lacks of an image. Fails for one that must not travel: altered, damaged or incomplete. */
const wantImage = async (source: LibrarySource, has: ChunkIndex, image: ImageSummary, missing: ChunkSet): Promise<Result<null>> => {
  if (image.trust === 'broken')
    return failed('library.untrusted', `The signature of "${image.name}" is wrong: the image was altered.`, 'Copy it from another source.');
  const table = await readChunkTable(source.store, image);
  if (!table.ok) return table;
  const lacking: string[] = [];
  for (const { chunkId } of dataChunks(table.value.table)) {
    if (chunkId === null || has.find(chunkId) !== undefined) continue;
    if (source.index.find(chunkId) === undefined) return incomplete(image);
    lacking.push(chunkId);
  }
  for (const chunkId of lacking) missing.add(chunkId);
  return success(null);
};

const firstLacking = async (source: LibrarySource, has: ChunkIndex, image: ImageSummary): Promise<Result<null>> => {
  const table = await readChunkTable(source.store, image);
  if (!table.ok) return table;
  for (const { chunkId } of dataChunks(table.value.table))
    if (chunkId !== null && has.find(chunkId) === undefined) return incomplete(image);
  return success(null);
};

const incomplete = (image: ImageSummary): ReturnType<typeof failed> =>
  failed(
    'library.chunk-missing',
    `"${image.name}" is not complete there: chunks of it are missing or damaged.`,
    'Copy it from another source.',
  );

/** What could not be read whole stays missing; the images that need it are skipped afterwards. */
const copyChunks = async (
  source: LibrarySource,
  { store, index }: CopyTarget,
  missing: ChunkSet,
  { signal, onProgress, wholePacks }: CopyOptions,
): Promise<Result<{ readonly chunks: number; readonly bytes: number }>> => {
  const packIds = await listPacks(source.store);
  if (!packIds.ok) return packIds;
  let [chunks, bytes] = [0, 0];
  const keep = (pack: Result<WrittenPack | null>): Result<null> => {
    if (pack.ok && pack.value !== null) index.relocate(pack.value.packId, pack.value.entries);
    return pack.ok ? success(null) : pack;
  };
  const writer = createPackWriter(store, () => undefined);
  const total = missing.size() === 0 ? 0 : packIds.value.length;
  for (const [done, packId] of packIds.value.slice(0, total).entries()) {
    if (signal?.aborted === true) return cancelled();
    onProgress?.(done, total);
    const loaded = await loadPack(source.store, packId);
    if (!loaded.ok) continue;
    const { entries } = loaded.value.pack;
    const wanted = entries.filter(
      ({ chunkId }) =>
        missing.has(chunkId) && index.find(chunkId) === undefined && !writer.isPending(chunkId) && isHere(source, packId, chunkId),
    );
    if (wanted.length === 0) continue;
    if (wholePacks && bytesOf(wanted) >= WHOLE_SHARE * bytesOf(entries)) {
      const taken = await takeWhole(source.store, { store, index }, packId);
      if (!taken.ok) return taken;
      if (taken.value !== null) {
        chunks += wanted.length;
        bytes += taken.value;
        continue;
      }
    }
    const read = await readPackFrames(source.store, packId, wanted, {
      signal,
      onBad: () => undefined,
      take: async (_chunkId, frame) => {
        chunks++;
        bytes += frame.length;
        return keep(await writer.add(frame));
      },
    });
    if (!read.ok) return read;
  }
  const flushed = keep(await writer.flush());
  onProgress?.(total, total);
  return flushed.ok ? success({ chunks, bytes }) : flushed;
};

/** A chunk that lies in two packs of the source travels once. */
const isHere = (source: LibrarySource, packId: string, chunkId: string): boolean => source.index.find(chunkId)?.packId === packId;

/** The whole pack under its own name, if every byte of it proves right; else null. Gives its size. */
const takeWhole = async (from: LibraryStore, to: Omit<CopyTarget, 'trustedKeys'>, packId: string): Promise<Result<number | null>> => {
  const bytes = await from.readAll(packName(packId), PACK_MAX_BYTES);
  if (!bytes.ok) return bytes.failure.code === 'library.torn' ? success(null) : bytes;
  const pack = await wholePack(packId, bytes.value);
  if (pack === null) return success(null);
  const put = await to.store.putOnce(packName(packId), [bytes.value]);
  if (!put.ok) return put;
  const indexed = await to.store.putOnce(indexName(packId), [pack.trailer]);
  if (!indexed.ok) return indexed;
  to.index.relocate(packId, pack.entries);
  return success(bytes.value.length);
};

const bytesOf = (entries: readonly PackEntry[]): number =>
  entries.reduce((sum, { encodedLength }) => sum + FRAME_HEADER_BYTES + encodedLength, 0);

// A new image from one that the library has: the base's chunks stay what they are, and only those that an edit touches are made anew. So
// it takes seconds and the room of what is new, on any system and without rights.
import { createHash } from 'node:crypto';
import { buildChunkTable, chunkLookup, dataChunks } from '../../agent/image/chunk-map.ts';
import { chunkCountOf, compressBitmap, encodeChunkTable, parseChunkTable, usedBitmapOf } from '../../agent/image/chunk-table.ts';
import type { ChunkTable, UsedBitmap } from '../../agent/image/chunk-table.ts';
import { chunkIdOf, decodeFrame, encodeFrame, isAllZero } from '../../agent/image/chunk.ts';
import { createExtentHasher, extentsOfTable, hashBlocks } from '../../agent/image/osoid.ts';
import type { ExtentsDigest } from '../../agent/image/osoid.ts';
import { parseManifest } from '../../agent/image/manifest.ts';
import type { Manifest } from '../../agent/image/manifest.ts';
import type { ReadAt } from '../../agent/image/partition-table.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { ImageReadError } from './image-reader.ts';
import type { ImageWriter, PublishedImage } from './image-writer.ts';
import { layOutDisk } from './lay-out-disk.ts';
import type { DiskEdit, DiskLayout, DiskWish } from './lay-out-disk.ts';
import type { Library } from './library.ts';
import { publishCapture } from './publish-capture.ts';
import type { CaptureLabels } from './publish-capture.ts';

type Source = Pick<Library, 'manifest' | 'frames' | 'startImage'>;
type Base = { readonly manifest: Manifest; readonly table: ChunkTable };
export type ComposeOptions = {
  readonly library: Source;
  readonly baseOsoid: string;
  readonly wish: DiskWish;
  readonly labels: CaptureLabels;
  readonly signal: AbortSignal;
};

/** Codes: `compose.label-taken`, those of `layOutDisk`, `construct.cancelled`, and the library's. Nothing is left of an image that did not come about. */
export const composeImage = async (options: ComposeOptions): Promise<Result<PublishedImage>> => {
  const base = await readBase(options);
  if (!base.ok) return base;
  const { manifest, table } = base.value;
  const [disk] = manifest.content.disks;
  if (disk === undefined) throw new Error('an image without a disk passed its schema');
  const { logicalSectorBytes } = disk;
  // cloud-init takes its settings from `cidata` as well.
  const labels = new Set(manifest.filesystems.map(({ label }) => (label === 'cidata' ? 'CIDATA' : label)));
  const taken = options.wish.volumes.find(({ label }) => labels.has(label));
  if (taken !== undefined) return labelTaken(taken.label);
  const writer = await options.library.startImage();
  if (!writer.ok) return writer;
  try {
    const chunks = chunkReader(options.library);
    const read = readerOf(table, chunks);
    const partitions = await readPartitionTable(read, { sizeBytes: table.diskSizeBytes, logicalSectorBytes });
    if (!partitions.ok) return partitions;
    const layout = await layOutDisk(read, partitions.value, options.wish);
    if (!layout.ok) return layout;
    const composed = await applyEdits(base.value.table, layout.value, { chunks, writer: writer.value, signal: options.signal });
    if (!composed.ok) return composed;
    const tookOver = await takeOver(composed.value, writer.value, options);
    if (!tookOver.ok) return tookOver;
    const extents = extentsOfTable(composed.value) ?? (await extentsByContent(composed.value, chunks, options.signal));
    if (options.signal.aborted) return cancelled();
    const tableBytes = encodeChunkTable(composed.value);
    const editedBytes = layout.value.edits.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    const image = {
      chunkTable: { sizeBytes: tableBytes.length, sha256: createHash('sha256').update(tableBytes).digest('hex') },
      logicalSectorBytes,
      extents: { ...extents, blockSizeBytes: 256 * 1024 } as const,
      usedBytes: Math.min(manifest.stats.usedBytes + editedBytes, composed.value.diskSizeBytes),
      filesystems: manifest.filesystems.map(({ number, capture, note }) => ({ number, capture, ...(note === undefined ? {} : { note }) })),
      sent: { chunks: 0, bytes: 0 },
      seconds: 0,
    };
    return await publishCapture(writer.value, { tableBytes, image, diskSizeBytes: composed.value.diskSizeBytes }, options.labels);
  } catch (error) {
    if (error instanceof ImageReadError) return { ok: false, failure: error.failure };
    throw error;
  } finally {
    await writer.value.abandon();
  }
};

/** Volumes are found by their label: of two that have it, which one is read would be chance. */
const labelTaken = (label: string): ReturnType<typeof failed> =>
  failed(
    'compose.label-taken',
    `The base image has a volume "${label}" already.`,
    label === 'CIDATA'
      ? 'Choose a base without settings of its own: is it a composed image itself, by labels that both have?'
      : 'Choose a base without it, or another label, and give the recipe a higher version.',
  );

const cancelled = (): ReturnType<typeof failed> =>
  failed('construct.cancelled', 'The image was not made.', 'Let it try again when you like.');

const readBase = async ({ library, baseOsoid }: ComposeOptions): Promise<Result<Base>> => {
  const files = await library.manifest(baseOsoid);
  if (!files.ok) return files;
  const manifest = parseManifest(files.value.manifestBytes);
  if (!manifest.ok) return manifest;
  const table = parseChunkTable(files.value.chunkTableBytes);
  return table.ok ? success({ manifest: manifest.value.manifest, table: table.value }) : table;
};

type ChunkReader = (chunkId: string) => Promise<Uint8Array>;

/** From whichever library has it, verified; the last ones are kept, for tables are read in small pieces. Rejects with `ImageReadError`. */
const chunkReader = (library: Source): ChunkReader => {
  const kept = new Map<string, Uint8Array>();
  return async (chunkId) => {
    const known = kept.get(chunkId);
    if (known !== undefined) return known;
    const frames = await library.frames([chunkId]);
    if (!frames.ok) throw new ImageReadError(frames.failure);
    const decoded = decodeFrame(frames.value.bytes);
    // The frame's memory is lent, and what was stored as it is lies in it.
    const raw = decoded.ok ? Uint8Array.from(decoded.value.raw) : null;
    frames.value.release();
    if (!decoded.ok || raw === null) throw new ImageReadError(decoded.ok ? UNREADABLE : decoded.failure);
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT_MOST))) kept.delete(oldest);
    kept.set(chunkId, raw);
    return raw;
  };
};
const KEPT_MOST = 8;
const UNREADABLE = { code: 'library.corrupt', message: 'A chunk of the base image cannot be read.', next: 'Repair the library.' };

const readerOf = (table: ChunkTable, chunks: ChunkReader): ReadAt => {
  const lookup = chunkLookup(table);
  return async (offsetBytes, lengthBytes) => {
    const end = Math.min(offsetBytes + lengthBytes, table.diskSizeBytes);
    const parts: Uint8Array[] = [];
    for (let at = offsetBytes; at < end;) {
      const chunk = lookup(Math.floor(at / table.chunkSizeBytes));
      const raw = chunk.chunkId === null ? new Uint8Array(chunk.lengthBytes) : await chunks(chunk.chunkId);
      const part = raw.subarray(at - chunk.offsetBytes, Math.min(chunk.lengthBytes, end - chunk.offsetBytes));
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  };
};

type Applying = { readonly chunks: ChunkReader; readonly writer: ImageWriter; readonly signal: AbortSignal };

/** The new image's table; what is new is with the writer. Code `construct.cancelled`, and the library's. */
const applyEdits = async (base: ChunkTable, layout: DiskLayout, { chunks, writer, signal }: Applying): Promise<Result<ChunkTable>> => {
  const { chunkSizeBytes } = base;
  const count = chunkCountOf(layout.diskSizeBytes, chunkSizeBytes);
  const baseCount = chunkCountOf(base.diskSizeBytes, chunkSizeBytes);
  const byChunk = editsByChunk(layout.edits, chunkSizeBytes);
  // The base's last chunk may be a short one, and is longer now.
  if (layout.diskSizeBytes > base.diskSizeBytes && base.diskSizeBytes % chunkSizeBytes !== 0)
    byChunk.set(baseCount - 1, byChunk.get(baseCount - 1) ?? []);
  const lookup = chunkLookup(base);
  const builder = buildChunkTable(chunkSizeBytes);
  for (let index = 0; index < count; index += 1) {
    const old = index < baseCount ? lookup(index) : null;
    const edits = byChunk.get(index);
    if (edits === undefined) {
      builder.add(old?.kind ?? 'skip', old?.chunkId == null ? null : Buffer.from(old.chunkId, 'hex'));
      continue;
    }
    if (signal.aborted) return cancelled();
    const raw = new Uint8Array(Math.min(chunkSizeBytes, layout.diskSizeBytes - index * chunkSizeBytes));
    if (old?.chunkId != null) raw.set(await chunks(old.chunkId));
    for (const edit of edits) overlay(raw, index * chunkSizeBytes, edit);
    if (isAllZero(raw)) {
      builder.add('zero', null);
      continue;
    }
    const chunkId = chunkIdOf(raw);
    builder.add('data', Buffer.from(chunkId, 'hex'));
    const stored = writer.has(chunkId) ? success(null) : await writer.put(encodeFrame(raw, { chunkId }));
    if (!stored.ok) return stored;
  }
  // A table of new chunks is read back before it is published.
  const flushed = await writer.flush();
  if (!flushed.ok) return flushed;
  const bitmap = usedBitmap(base, layout);
  return bitmap.ok ? success(builder.finish(layout.diskSizeBytes, bitmap.value ?? undefined)) : bitmap;
};

const editsByChunk = (edits: readonly DiskEdit[], chunkSizeBytes: number): Map<number, DiskEdit[]> => {
  const byChunk = new Map<number, DiskEdit[]>();
  for (const edit of edits)
    for (let at = Math.floor(edit.offsetBytes / chunkSizeBytes); at * chunkSizeBytes < edit.offsetBytes + edit.lengthBytes; at += 1)
      byChunk.set(at, [...(byChunk.get(at) ?? []), edit]);
  return byChunk;
};

const overlay = (raw: Uint8Array, chunkOffset: number, { offsetBytes, lengthBytes, bytes }: DiskEdit): void => {
  const from = Math.max(offsetBytes, chunkOffset);
  const to = Math.min(offsetBytes + lengthBytes, chunkOffset + raw.length);
  if (bytes === null) raw.fill(0, from - chunkOffset, to - chunkOffset);
  else raw.set(bytes.subarray(from - offsetBytes, to - offsetBytes), from - chunkOffset);
};

/** Blocks that an edit touches are in use. */
const usedBitmap = (base: ChunkTable, { diskSizeBytes, edits }: DiskLayout): Result<UsedBitmap | null> => {
  if (base.bitmap === null) return success(null);
  const before = usedBitmapOf(base);
  if (!before.ok) return before;
  const { blockSizeBytes } = base.bitmap;
  const bits = new Uint8Array(Math.ceil(diskSizeBytes / blockSizeBytes / 8));
  if (before.value !== null) bits.set(before.value);
  for (const { offsetBytes, lengthBytes } of edits)
    for (let block = Math.floor(offsetBytes / blockSizeBytes); block * blockSizeBytes < offsetBytes + lengthBytes; block += 1)
      bits[block >> 3] = (bits[block >> 3] ?? 0) | (1 << (block & 7));
  return success(compressBitmap(bits, blockSizeBytes));
};

/** Chunks of the base that lie in another library than the one that is written. */
const takeOver = async (table: ChunkTable, writer: ImageWriter, { library, signal }: ComposeOptions): Promise<Result<null>> => {
  const lacking = new Set<string>();
  for (const { chunkId } of dataChunks(table)) if (chunkId !== null && !writer.has(chunkId)) lacking.add(chunkId);
  const ids = [...lacking];
  for (let at = 0; at < ids.length; at += TAKEN_AT_ONCE) {
    if (signal.aborted) return cancelled();
    const frames = await library.frames(ids.slice(at, at + TAKEN_AT_ONCE));
    if (!frames.ok) return frames;
    const received = await writer.receive(frames.value.bytes);
    frames.value.release();
    if (!received.ok) return received;
  }
  return success(null);
};
const TAKEN_AT_ONCE = 16;

/** Large images have chunks of several blocks: their ids do not say what the blocks' hashes are. */
const extentsByContent = async (table: ChunkTable, chunks: ChunkReader, signal: AbortSignal): Promise<ExtentsDigest> => {
  const hasher = createExtentHasher();
  const lookup = chunkLookup(table);
  for (let index = 0; index < chunkCountOf(table.diskSizeBytes, table.chunkSizeBytes) && !signal.aborted; index += 1) {
    const chunk = lookup(index);
    hashBlocks(hasher, chunk.chunkId === null ? new Uint8Array(chunk.lengthBytes) : await chunks(chunk.chunkId));
  }
  return hasher.finish();
};

// The long part of an import: reads what is in use on the disk once, from front to back, and puts every chunk that the library lacks
// into it. Free blocks read as zeros, and chunks of nothing else are not read at all.
import type { ChunkTable, RunKind } from '../../agent/image/chunk-table.ts';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { BATCH_CHUNKS, isAllZero } from '../../agent/image/chunk.ts';
import type { ExtentsDigest } from '../../agent/image/osoid.ts';
import { createExtentHasher, hashBlocks } from '../../agent/image/osoid.ts';
import type { ByteRange } from '../../agent/image/used/block-map.ts';
import type { DiskUse } from '../../agent/image/used/disk-use.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { ChunkSpan } from './chunk-worker.ts';
import type { ImageWriter } from './image-writer.ts';
import type { ImportSource } from './import-source.ts';
import { sourceFailure } from './stream-source.ts';
import { TruncatedInput } from './zstd-frames.ts';

export type ReadDisk = { readonly table: ChunkTable; readonly extents: ExtentsDigest; readonly dataBytes: number };

export type ReadDiskOptions = {
  readonly source: ImportSource;
  readonly use: DiskUse;
  /** Reads as zeros: a provenance record of the source lies there. */
  readonly hidden: ByteRange | null;
  readonly writer: ImageWriter;
  readonly pool: ChunkPool;
  readonly chunkSizeBytes: number;
  readonly level: number;
  readonly signal: AbortSignal | undefined;
  readonly onBatch: (state: { readonly diskBytes: number }) => void;
};

type Span = ChunkSpan & { readonly kind: RunKind };
type Batch = { readonly buffer: ArrayBuffer; readonly spans: readonly Span[]; readonly sizeBytes: number };
type Processed = {
  readonly batch: Batch;
  readonly buffer: ArrayBuffer;
  readonly chunkIds: readonly string[];
  readonly frames: ReadonlyMap<string, Uint8Array>;
  /** Per data chunk, for chunks larger than an OSOID block only: its content, to hash block by block. */
  readonly raws: readonly Uint8Array[];
};

/** Codes: those of `sourceFailure`, `job.cancelled`, and the library's own. */
export const readDisk = async (options: ReadDiskOptions): Promise<Result<ReadDisk>> => {
  const { source, pool, chunkSizeBytes } = options;
  const spare: ArrayBuffer[] = [];
  const inFlight: Promise<Processed>[] = [];
  const batchBytes = BATCH_CHUNKS * Math.min(chunkSizeBytes, 256 * 1024);
  const state = createCollector(options);
  try {
    for (let at = 0; at < source.sizeBytes; at += batchBytes) {
      if (options.signal?.aborted === true) return cancelled();
      const batch = await readBatch(options, spare.pop() ?? new ArrayBuffer(batchBytes), at);
      inFlight.push(processBatch(batch, options));
      // A later batch may fail while an earlier one is awaited: its rejection is met when its turn comes.
      inFlight.at(-1)?.catch(() => undefined);
      while (inFlight.length > (at + batchBytes >= source.sizeBytes ? 0 : 2 * pool.size)) {
        const processed = await inFlight.shift();
        if (processed === undefined) break;
        const stored = await state.collect(processed);
        if (!stored.ok) return stored;
        spare.push(processed.buffer);
        options.onBatch({ diskBytes: state.diskBytes() });
      }
    }
    return success(state.finish());
  } catch (error) {
    const failure: Failure | undefined = sourceFailure(error);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  } finally {
    await Promise.allSettled(inFlight);
  }
};

const readBatch = async (options: ReadDiskOptions, buffer: ArrayBuffer, diskOffset: number): Promise<Batch> => {
  const { source, use, hidden, chunkSizeBytes } = options;
  const sizeBytes = Math.min(buffer.byteLength, source.sizeBytes - diskOffset);
  const bytes = new Uint8Array(buffer, 0, sizeBytes);
  const isFree = use.isFree(diskOffset, sizeBytes);
  if (!isFree && (await source.read(bytes, diskOffset)) < sizeBytes) throw new TruncatedInput('the file has become shorter');
  if (hidden !== null && diskOffset === 0) bytes.fill(0, hidden.offsetBytes, hidden.offsetBytes + hidden.lengthBytes);
  const spans: Span[] = [];
  for (let offset = 0; offset < sizeBytes; offset += chunkSizeBytes) {
    const length = Math.min(chunkSizeBytes, sizeBytes - offset);
    const piece = bytes.subarray(offset, offset + length);
    const hasNothing = isFree || use.clearFree(piece, diskOffset + offset);
    spans.push({ offset, length, kind: hasNothing ? 'skip' : isAllZero(piece) ? 'zero' : 'data' });
  }
  return { buffer, spans, sizeBytes };
};

const processBatch = async (batch: Batch, { pool, writer, level, chunkSizeBytes }: ReadDiskOptions): Promise<Processed> => {
  const spans = batch.spans.filter((span) => span.kind === 'data');
  if (spans.length === 0) return { batch, buffer: batch.buffer, chunkIds: [], frames: new Map(), raws: [] };
  const hashed = await pool.run({ kind: 'hash', buffer: batch.buffer, spans });
  const raws =
    chunkSizeBytes > 256 * 1024 ? spans.map((span) => new Uint8Array(hashed.buffer.slice(span.offset, span.offset + span.length))) : [];
  const wanted = new Map<string, ChunkSpan>();
  for (const [index, span] of spans.entries()) {
    const chunkId = hashed.chunkIds[index] ?? '';
    if (!writer.has(chunkId)) wanted.set(chunkId, span);
  }
  if (wanted.size === 0) return { batch, buffer: hashed.buffer, chunkIds: hashed.chunkIds, frames: new Map(), raws };
  const chunkIds = [...wanted.keys()];
  const encoded = await pool.run({ kind: 'encode', buffer: hashed.buffer, spans: [...wanted.values()], chunkIds, level });
  const frames = new Map(encoded.frames.map((frame, index) => [chunkIds[index] ?? '', frame]));
  return { batch, buffer: encoded.buffer, chunkIds: hashed.chunkIds, frames, raws };
};

/** Takes processed batches in disk order. */
const createCollector = ({ writer, chunkSizeBytes, use }: ReadDiskOptions) => {
  const builder = buildChunkTable(chunkSizeBytes);
  const hasher = createExtentHasher();
  let diskBytes = 0;
  let dataBytes = 0;
  const collect = async ({ batch, chunkIds, frames, raws }: Processed): Promise<Result<null>> => {
    let data = 0;
    for (const span of batch.spans) {
      diskBytes += span.length;
      if (span.kind !== 'data') {
        builder.add(span.kind, null);
        hasher.zeros(Math.ceil(span.length / (256 * 1024)));
        continue;
      }
      const chunkId = chunkIds[data] ?? '';
      const hash = Buffer.from(chunkId, 'hex');
      const raw = raws[data++];
      builder.add('data', hash);
      if (raw === undefined) hasher.data(hash);
      else hashBlocks(hasher, raw);
      dataBytes += span.length;
      const frame = frames.get(chunkId);
      if (frame === undefined || writer.has(chunkId)) continue;
      const stored = await writer.put(frame);
      if (!stored.ok) return stored;
    }
    return success(null);
  };
  const finish = (): ReadDisk => ({
    table: builder.finish(diskBytes, use.bitmap() ?? undefined),
    extents: hasher.finish(),
    dataBytes,
  });
  return { collect, finish, diskBytes: () => diskBytes };
};

const cancelled = (): ReturnType<typeof failed> => failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');

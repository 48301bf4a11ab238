// First half of an import: reads the disk's bytes once, from front to back, and puts every chunk that the library lacks into it.
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { MAX_DISK_BYTES } from '../../agent/image/chunk-table.ts';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { BATCH_CHUNKS, isAllZero } from '../../agent/image/chunk.ts';
import type { ExtentsDigest } from '../../agent/image/osoid.ts';
import { createExtentHasher, hashBlocks } from '../../agent/image/osoid.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES, hasMark, provenancePlace } from '../../agent/image/provenance.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { ChunkSpan } from './chunk-worker.ts';
import type { ImageWriter } from './image-writer.ts';
import type { ImportSource } from './import-source.ts';
import { sourceFailure } from './import-source.ts';

export type ReadDisk = { readonly table: ChunkTable; readonly extents: ExtentsDigest; readonly dataBytes: number };

export type ReadDiskOptions = {
  readonly source: ImportSource;
  readonly writer: ImageWriter;
  readonly pool: ChunkPool;
  readonly chunkSizeBytes: number;
  readonly level: number;
  readonly signal: AbortSignal | undefined;
  readonly onBatch: (state: { readonly diskBytes: number }) => void;
};

type Span = ChunkSpan & { readonly isZero: boolean };
type Batch = { readonly buffer: ArrayBuffer; readonly spans: readonly Span[]; readonly sizeBytes: number };
type Processed = {
  readonly batch: Batch;
  readonly buffer: ArrayBuffer;
  readonly chunkIds: readonly string[];
  readonly frames: ReadonlyMap<string, Uint8Array>;
  /** Per data chunk, for chunks larger than an OSOID block only: its content, to hash block by block. */
  readonly raws: readonly Uint8Array[];
};

/** Codes: those of `sourceFailure`, `image.odd-size`, `image.too-large`, `job.cancelled`, and the library's own. */
export const readDisk = async (options: ReadDiskOptions): Promise<Result<ReadDisk>> => {
  const { source, pool, chunkSizeBytes } = options;
  const spare: ArrayBuffer[] = [];
  const inFlight: Promise<Processed>[] = [];
  const batchBytes = BATCH_CHUNKS * Math.min(chunkSizeBytes, 256 * 1024);
  const state = createCollector(options);
  let diskBytes = 0;
  try {
    for (let isLast = false; !isLast;) {
      if (options.signal?.aborted === true) return cancelled();
      const batch = await readBatch(source, spare.pop() ?? new ArrayBuffer(batchBytes), chunkSizeBytes);
      isLast = batch.sizeBytes < batchBytes;
      if (diskBytes === 0) await hideProvenance(batch);
      diskBytes += batch.sizeBytes;
      if (diskBytes > MAX_DISK_BYTES) return failed('image.too-large', 'The disk is larger than 64 TiB.', 'Choose another file.');
      if (batch.sizeBytes > 0) inFlight.push(processBatch(batch, options));
      // A later batch may fail while an earlier one is awaited: its rejection is met when its turn comes.
      inFlight.at(-1)?.catch(() => undefined);
      while (inFlight.length > (isLast ? 0 : 2 * pool.size)) {
        const processed = await inFlight.shift();
        if (processed === undefined) break;
        const stored = await state.collect(processed);
        if (!stored.ok) return stored;
        spare.push(processed.buffer);
        options.onBatch({ diskBytes: state.diskBytes() });
      }
    }
    return state.finish();
  } catch (error) {
    const failure: Failure | undefined = sourceFailure(error);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  } finally {
    await Promise.allSettled(inFlight);
  }
};

const readBatch = async (source: ImportSource, buffer: ArrayBuffer, chunkSizeBytes: number): Promise<Batch> => {
  const sizeBytes = await source.read(new Uint8Array(buffer));
  const spans: Span[] = [];
  for (let offset = 0; offset < sizeBytes; offset += chunkSizeBytes) {
    const length = Math.min(chunkSizeBytes, sizeBytes - offset);
    spans.push({ offset, length, isZero: isAllZero(new Uint8Array(buffer, offset, length)) });
  }
  return { buffer, spans, sizeBytes };
};

/** A provenance record on the source is about the source, so its place reads as zeros (docs/FORMAT.md). It lies in the first batch. */
const hideProvenance = async (batch: Batch): Promise<void> => {
  const head = new Uint8Array(batch.buffer, 0, batch.sizeBytes);
  const mark = head.subarray(PROVENANCE_OFFSET_BYTES, PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES);
  if (!hasMark(mark)) return;
  const table = await readPartitionTable((offset, length) => Promise.resolve(head.subarray(offset, offset + length)), {
    sizeBytes: MAX_DISK_BYTES,
  });
  if (table.ok && provenancePlace(table.value) !== null) mark.fill(0);
};

const processBatch = async (batch: Batch, { pool, writer, level, chunkSizeBytes }: ReadDiskOptions): Promise<Processed> => {
  const spans = batch.spans.filter((span) => !span.isZero);
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
const createCollector = ({ writer, chunkSizeBytes }: ReadDiskOptions) => {
  const builder = buildChunkTable(chunkSizeBytes);
  const hasher = createExtentHasher();
  let diskBytes = 0;
  let dataBytes = 0;
  const collect = async ({ batch, chunkIds, frames, raws }: Processed): Promise<Result<null>> => {
    let data = 0;
    for (const span of batch.spans) {
      diskBytes += span.length;
      if (span.isZero) {
        builder.add('zero', null);
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
  const finish = (): Result<ReadDisk> => {
    if (diskBytes === 0 || diskBytes % 512 !== 0)
      return failed(
        'image.odd-size',
        `The disk image has ${diskBytes} bytes, which is no whole number of sectors.`,
        'Copy or download it again: a part may be missing.',
      );
    return success({ table: builder.finish(diskBytes), extents: hasher.finish(), dataBytes });
  };
  return { collect, finish, diskBytes: () => diskBytes };
};

const cancelled = (): ReturnType<typeof failed> => failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');

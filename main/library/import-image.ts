// Importing a disk image file into a library: read and store its content, look at what it is, publish it signed. A failure at any
// point leaves nothing behind.
import { basename } from 'node:path';
import { CHUNK_SIZE_BYTES, chunkSizeFor } from '../../agent/image/chunk.ts';
import { contentOf } from '../../agent/image/content.ts';
import { describeDisk } from '../../agent/image/describe-disk.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { MANIFEST_SCHEMA } from '../../agent/image/manifest.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { failed } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { ImageReadError, imageReader } from './image-reader.ts';
import type { ImageWriter, PublishedImage } from './image-writer.ts';
import type { ImportSource } from './import-source.ts';
import { openImportSource } from './import-source.ts';
import type { ReadDisk } from './read-disk.ts';
import { readDisk } from './read-disk.ts';
import type { LibraryStore } from './store.ts';

export type ImportProgress = {
  /** Bytes of the file read, of `totalBytes`. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly sequence: number;
};

export type ImportRequest = {
  readonly sourcePath: string;
  readonly name: string;
  readonly labels?: readonly string[];
  readonly notes?: string;
  /** Default 1. */
  readonly revision?: number;
  /** Images of one lineage replace each other; default: the name. */
  readonly lineage?: { readonly id: string; readonly parent: string | null };
  readonly signal?: AbortSignal;
  /** At most 4 times a second, and once at the end. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Takes a file without a partition table (a bare filesystem, a payload). */
  readonly allowNoPartitionTable?: boolean;
  /** zstd level; default 3, `9` is the smaller preset. */
  readonly level?: number;
  readonly chunkSizeBytes?: number;
  /** Where a virtual machine's disk is unpacked to; default the system's temporary folder. */
  readonly scratchFolder?: string;
};

type Context = { readonly store: LibraryStore; readonly pool: ChunkPool; readonly writer: ImageWriter; readonly now: () => number };

/** Runs one import with a writer of its own, which it publishes or abandons. */
export const importInto = async (context: Context, request: ImportRequest): Promise<Result<PublishedImage>> => {
  const { writer } = context;
  const opened = await openImportSource(request.sourcePath, {
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.scratchFolder === undefined ? {} : { scratchFolder: request.scratchFolder }),
  });
  if (!opened.ok) {
    await writer.abandon();
    return opened;
  }
  const source = opened.value;
  try {
    const disk = await readDisk({
      source,
      writer,
      pool: context.pool,
      chunkSizeBytes: request.chunkSizeBytes ?? (source.diskSizeBytes === null ? CHUNK_SIZE_BYTES : chunkSizeFor(source.diskSizeBytes)),
      level: request.level ?? 3,
      signal: request.signal,
      onBatch: progressOf(source, request, context.now),
    });
    return disk.ok ? await publishDisk(context, request, disk.value) : disk;
  } catch (error) {
    if (error instanceof ImageReadError) return { ok: false, failure: error.failure };
    throw error;
  } finally {
    await source.close();
    await writer.abandon();
  }
};

const publishDisk = async ({ store, writer, now }: Context, request: ImportRequest, disk: ReadDisk): Promise<Result<PublishedImage>> => {
  const flushed = await writer.flush();
  if (!flushed.ok) return flushed;
  const read = imageReader(store, writer.find, disk.table);
  const table = await readPartitionTable(read, { sizeBytes: disk.table.diskSizeBytes });
  if (!table.ok) return table;
  const refused = refuseTable(table.value, request.allowNoPartitionTable === true);
  if (refused !== undefined) return refused;
  const { firmware, architecture, bootChain, filesystems } = await describeDisk(read, table.value);
  if (request.signal?.aborted === true) return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
  const draft: ImageDraft = {
    schema: MANIFEST_SCHEMA,
    version: 1,
    required: ['sha256', 'zstd'],
    encryption: null,
    content: contentOf({ table: table.value, firmware, architecture, extents: disk.extents }),
    name: request.name,
    revision: request.revision ?? 1,
    lineage: { id: request.lineage?.id ?? request.name, parent: request.lineage?.parent ?? null },
    createdAt: new Date(now()).toISOString(),
    labels: [...(request.labels ?? [])],
    notes: request.notes ?? '',
    hashAlg: 'sha256',
    stats: { usedBytes: disk.dataBytes, dataBytes: disk.dataBytes },
    source: { kind: 'import', fileName: basename(request.sourcePath).toWellFormed().slice(0, 255), facts: {} },
    recipe: null,
    filesystems: [...filesystems],
    bootChain: [...bootChain],
    boundToMachine: false,
  };
  return writer.publish(draft, disk.table);
};

const refuseTable = (table: PartitionTable, allowNone: boolean): ReturnType<typeof failed> | undefined => {
  if (table.kind === 'none' && !allowNone)
    return failed(
      'image.no-partition-table',
      'The file has no partition table, so it is no image of a disk.',
      'Choose an image of a whole disk. If the file is an archive, unpack it first.',
    );
  if (table.problems.includes('disk-smaller-than-table') || table.problems.includes('partition-beyond-end'))
    return failed(
      'image.truncated',
      'The file ends before its own partition table says the disk does.',
      'Copy or download it again: a part is missing.',
    );
  if (table.problems.includes('partitions-overlap'))
    return failed('image.corrupt', 'The partitions of the image overlap.', 'Repair its partition table or choose another image.');
  return undefined;
};

const progressOf = (source: ImportSource, request: ImportRequest, now: () => number): (() => void) => {
  const startedAt = now();
  let lastAt = startedAt - 250;
  let sequence = 0;
  return () => {
    const at = now();
    const doneBytes = source.consumedBytes();
    if (request.onProgress === undefined || (at - lastAt < 250 && doneBytes < source.fileBytes)) return;
    lastAt = at;
    const seconds = Math.max(1, at - startedAt) / 1000;
    request.onProgress({ doneBytes, totalBytes: source.fileBytes, bytesPerSecond: Math.round(doneBytes / seconds), sequence: ++sequence });
  };
};

// Importing a disk image file into a library: look at what is on it, read and store what is in use, publish it signed. A failure at any
// point leaves nothing behind.
import { basename } from 'node:path';
import { chunkSizeFor } from '../../agent/image/chunk.ts';
import { findBootChain } from '../../agent/image/boot-chain.ts';
import { findBindings } from '../../agent/image/machine-binding.ts';
import { contentOf } from '../../agent/image/content.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { MANIFEST_SCHEMA } from '../../agent/image/manifest.ts';
import { cachedReads } from '../../agent/image/read-cache.ts';
import { failed } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { boundBy, notedOf } from './bound-by.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { ImageReadError, imageReader } from './image-reader.ts';
import type { ImageWriter, PublishedImage } from './image-writer.ts';
import { createProgress } from './import-progress.ts';
import type { ImportProgress } from './import-progress.ts';
import { openImportSource } from './import-source.ts';
import type { ReadDisk } from './read-disk.ts';
import { readDisk } from './read-disk.ts';
import type { SourceSurvey } from './survey-source.ts';
import { surveySource } from './survey-source.ts';
import type { LibraryStore } from './store.ts';

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
  /** An image that a recipe had built here: what it was built with. */
  readonly built?: { readonly facts: Readonly<Record<string, unknown>>; readonly recipe: ImageDraft['recipe'] };
  /** Where compressed and virtual disks are unpacked to; default the system's temporary folder. */
  readonly scratchFolder?: string;
};

type Context = { readonly store: LibraryStore; readonly pool: ChunkPool; readonly writer: ImageWriter; readonly now: () => number };

/** Runs one import with a writer of its own, which it publishes or abandons. */
export const importInto = async (context: Context, request: ImportRequest): Promise<Result<PublishedImage>> => {
  const { writer } = context;
  const progress = createProgress(request, context.now);
  const opened = await openImportSource(request.sourcePath, {
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.scratchFolder === undefined ? {} : { scratchFolder: request.scratchFolder }),
    onUnpack: progress.onUnpack,
  });
  if (!opened.ok) {
    await writer.abandon();
    return opened;
  }
  const source = opened.value;
  try {
    const survey = await surveySource(source, request);
    if (!survey.ok) return survey;
    const { use, hidden } = survey.value;
    const disk = await readDisk({
      source,
      use,
      hidden,
      writer,
      pool: context.pool,
      chunkSizeBytes: request.chunkSizeBytes ?? chunkSizeFor(use.usedBytes),
      level: request.level ?? 3,
      signal: request.signal,
      onBatch: ({ diskBytes }) => progress.onDisk(diskBytes, source.sizeBytes),
    });
    return disk.ok ? await publishDisk(context, request, survey.value, disk.value) : disk;
  } catch (error) {
    if (error instanceof ImageReadError) return { ok: false, failure: error.failure };
    throw error;
  } finally {
    await source.close();
    await writer.abandon();
  }
};

const publishDisk = async (
  { store, writer, now }: Context,
  request: ImportRequest,
  { table, filesystems, use }: SourceSurvey,
  disk: ReadDisk,
): Promise<Result<PublishedImage>> => {
  const flushed = await writer.flush();
  if (!flushed.ok) return flushed;
  const read = imageReader(store, writer.find, disk.table);
  const { firmware, architecture, bootChain } = await findBootChain(cachedReads(read), table);
  if (request.signal?.aborted === true) return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
  const draft: ImageDraft = {
    schema: MANIFEST_SCHEMA,
    version: 1,
    required: ['sha256', 'zstd'],
    encryption: null,
    content: contentOf({ table, firmware, architecture, extents: disk.extents }),
    name: request.name,
    revision: request.revision ?? 1,
    lineage: { id: request.lineage?.id ?? request.name, parent: request.lineage?.parent ?? null },
    createdAt: new Date(now()).toISOString(),
    labels: [...(request.labels ?? [])],
    notes: request.notes ?? '',
    hashAlg: 'sha256',
    stats: { usedBytes: use.usedBytes, dataBytes: disk.dataBytes },
    source:
      request.built === undefined
        ? { kind: 'import', fileName: basename(request.sourcePath).toWellFormed().slice(0, 255), facts: {} }
        : { kind: 'build', fileName: null, facts: request.built.facts },
    recipe: request.built?.recipe ?? null,
    filesystems: [...filesystems],
    bootChain: [...bootChain],
    ...notedOf(table),
    ...boundBy(await findBindings(cachedReads(read), table)),
  };
  return writer.publish(draft, disk.table);
};

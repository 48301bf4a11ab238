// Chunks on their way back into a library that lost them, from machines whose disk carries the image (docs/operating.md, "Deep check"). What
// an agent sends is taken only where the image names it and the library lacks it, is checked against its name, and is the library's as soon
// as it is written: the image's own files stay as they are.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { hashAt } from '../../agent/image/chunk-map.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { JobView } from '../../preload/contract/views.ts';
import type { VerifyJob } from '../jobs/job-rows.ts';
import { createChunkSet } from './chunk-set.ts';
import type { ChunkSet } from './chunk-set.ts';
import { libraryGone } from './failures.ts';
import { askedFrames } from './asked-frames.ts';
import type { ImageWriter } from './image-writer.ts';
import { createJobWriters } from './job-writers.ts';
import type { Library } from './library.ts';
import type { Shelf } from './shelf.ts';

type HealJob = Pick<VerifyJob, 'id' | 'osoid' | 'manifestSha256'>;

/** `entries`: a bit for each entry of the image's chunk table, the lowest of a byte first. */
export type Lacking = { readonly chunks: number; readonly entries: Uint8Array };

export type Heals = {
  /** What the library that is written lacks of the image, once all that came before is kept for good. Codes: `library.read-only` where that image lies in a library that is only read, and the library's. */
  missing(job: HealJob): Promise<Result<Lacking>>;
  /** Frames, back to back. Codes: `frame.malformed`, `heal.batch-too-large`, `heal.not-asked`, the library's. */
  receive(job: HealJob, frames: Uint8Array): Promise<Result<null>>;
  /** To hear of every change of a job: what came stays, however it ended. */
  onJob(job: Pick<JobView, 'id' | 'kind' | 'state'>): void;
  stop(): Promise<void>;
};

export type HealsOptions = {
  readonly library: Pick<Shelf, 'members'>;
  readonly now: () => number;
  readonly onBug: (error: unknown) => void;
};

/** The first batch is written at once, and with it all that a few bad sectors took; a cut later on costs what came in this time. */
const SHARE_EVERY_MS = 5000;
/** Hundreds of damaged packs are packed anew for minutes; an agent waits for the first of them and goes on. */
const MEND_PATIENCE_MS = 30_000;
/** A table of 2 TiB in use has 8 million entries; others want to be served meanwhile. */
const ENTRIES_AT_ONCE = 16_384;

type Image = { readonly library: Library; readonly table: ChunkTable };
type Running = { readonly writer: ImageWriter; readonly wanted: ChunkSet; sharedAtMs: number };

export const createHeals = ({ library: shelf, now, onBug }: HealsOptions): Heals => {
  const writers = createJobWriters(async (job: HealJob): Promise<Result<Running>> => {
    const image = await imageOf(shelf, job);
    if (!image.ok) return image;
    const writer = await image.value.library.startImage();
    if (!writer.ok) return writer;
    const { wanted } = await lackingOf(image.value);
    return success({ writer: writer.value, wanted, sharedAtMs: -Infinity });
  });
  const stopping = new AbortController();
  const mending = new Set<Promise<unknown>>();
  /** The damaged frames need not be told of any more. Where another image is on its way just now, the next collection does it. */
  const mend = async (library: Library): Promise<void> => {
    const work = library
      .mend(stopping.signal)
      .catch(onBug)
      .finally(() => mending.delete(work));
    mending.add(work);
    const patience = new AbortController();
    await Promise.race([work, setTimeout(MEND_PATIENCE_MS, null, { signal: patience.signal }).catch(() => null)]);
    patience.abort();
  };
  const isDue = ({ sharedAtMs }: Running): boolean => now() - sharedAtMs >= SHARE_EVERY_MS;

  return {
    missing: async (job) => {
      const image = await imageOf(shelf, job);
      if (!image.ok) return image;
      let lacking = await lackingOf(image.value);
      if (lacking.wanted.size() > 0 || writers.has(job.id)) {
        const shared = await writers.using(job, ({ writer }) => writer.share());
        if (!shared.ok) return shared;
        lacking = await lackingOf(image.value);
      }
      if (lacking.wanted.size() === 0) {
        await writers.close(job.id, 'keep');
        await mend(image.value.library);
      }
      return success({ chunks: lacking.wanted.size(), entries: lacking.entries });
    },
    receive: (job, frames) =>
      writers.using(job, async (running) => {
        const { writer, wanted } = running;
        const asked = askedFrames(frames, {
          area: 'heal',
          isExpected: (chunkId) => wanted.has(chunkId) || writer.has(chunkId),
          otherwise: 'The station does not lack this chunk.',
        });
        if (!asked.ok) return asked;
        const received = await writer.receive(frames);
        if (!received.ok) return received;
        if (!isDue(running)) return success(null);
        running.sharedAtMs = now();
        return writer.share();
      }),
    onJob: ({ id, kind, state }) => {
      if (kind !== 'verify' || state === 'queued' || state === 'running') return;
      writers.close(id, 'keep').catch(onBug);
    },
    stop: async () => {
      stopping.abort();
      await writers.stop();
      await Promise.all(mending);
    },
  };
};

/** In the library that is written: what is only read can be healed by nobody here. */
const imageOf = async (shelf: Pick<Shelf, 'members'>, { osoid, manifestSha256 }: HealJob): Promise<Result<Image>> => {
  const [first, ...others] = shelf.members();
  if (first === undefined || first.library === null || first.failure !== null) return libraryGone(first?.folder ?? '');
  // Only ids leave this place: whether the image may be used was judged when the check was ordered.
  const wanted = { allowUntrusted: true, manifestSha256 };
  const files = await first.library.manifest(osoid, wanted);
  if (files.ok) {
    const table = parseChunkTable(files.value.chunkTableBytes);
    return table.ok ? success({ library: first.library, table: table.value }) : table;
  }
  for (const { library, folder } of files.failure.code === 'library.no-image' ? others : [])
    if ((await library?.manifest(osoid, wanted))?.ok === true)
      return failed(
        'library.read-only',
        `The image lies in ${folder}, which is only read here, so that nothing can be given back to it.`,
        'Start the station with that library first (serve --library FOLDER before the others), then order this again.',
      );
  return files;
};

/** The set is of distinct chunks. */
const lackingOf = async ({ library, table }: Image): Promise<{ readonly wanted: ChunkSet; readonly entries: Uint8Array }> => {
  const count = table.hashes.length / 32;
  const wanted = createChunkSet();
  const entries = new Uint8Array(Math.ceil(count / 8));
  for (let at = 0; at < count; at++) {
    if (at % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) await setImmediate();
    const chunkId = hashAt(table, at);
    if (library.hasChunk(chunkId)) continue;
    wanted.add(chunkId);
    entries[at >>> 3] = (entries[at >>> 3] ?? 0) | (1 << (at & 7));
  }
  return { wanted, entries };
};

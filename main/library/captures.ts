// Captures and builds on their way into the library, one writer for each. What an agent sends is checked against what it was asked for, and what
// has arrived outlives the station: packs are found again by their index, and nothing is swept while a capture lives.
import { createHash } from 'node:crypto';
import { chunkCountOf } from '../../agent/image/chunk-table.ts';
import { CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FirmwareBoot } from '../../agent/protocol/firmware-boot.ts';
import type { IdentityReport } from '../../agent/protocol/identity.ts';
import type { CapturePublish, CaptureResult } from '../../agent/protocol/capture.ts';
import type { JobView } from '../../preload/contract/views.ts';
import type { ImagingJob } from '../jobs/job-rows.ts';
import type { Catalogue } from './catalogue.ts';
import { askedFrames } from './asked-frames.ts';
import type { ImageWriter } from './image-writer.ts';
import { createJobWriters } from './job-writers.ts';
import type { Library } from './library.ts';
import { publishCapture } from './publish-capture.ts';
import type { CaptureLabels } from './publish-capture.ts';
import { withoutValues } from './identity-values.ts';
import { createTableParts } from './table-parts.ts';
import type { TableParts } from './table-parts.ts';

export type Captures = {
  /** Positions of the ids that the library lacks; from now on they may be sent. */
  missing(job: ImagingJob, chunkIds: readonly string[]): Promise<Result<readonly number[]>>;
  /** Frames, back to back. Codes: `frame.malformed`, `capture.batch-too-large`, `capture.not-asked`, `capture.too-much`, the library's. */
  receive(job: ImagingJob, frames: Uint8Array): Promise<Result<null>>;
  /** A part of the chunk table. Code `capture.table-missing`. */
  table(job: ImagingJob, part: Uint8Array, atBytes: number): Promise<Result<null>>;
  publish(job: ImagingJob, image: CapturePublish): Promise<Result<CaptureResult>>;
  /** To hear of every change of a job: one that has ended without an image leaves what has arrived, or takes it back. */
  onJob(job: Pick<JobView, 'id' | 'kind' | 'state' | 'failure'>): void;
  /** Opens the writers of captures that an earlier run of the station had begun: nothing that they brought may be swept. */
  resume(jobs: readonly ImagingJob[]): Promise<void>;
  stop(): Promise<void>;
};

export type CapturesOptions = {
  readonly library: Library;
  readonly catalogue: Catalogue;
  readonly now: () => number;
  readonly onBug: (error: unknown) => void;
  /** Facts of the machine, what its disk was made from as far as that is proven, and the recipe that built it. */
  readonly sourceOf: (job: ImagingJob, boot: FirmwareBoot | null) => Pick<CaptureLabels, 'facts' | 'parent' | 'recipe' | 'boot'>;
};

/** Chunks asked for and not yet sent: an agent has a handful of batches in flight. */
const WANTED_MOST = 4096;

type Running = {
  readonly writer: ImageWriter;
  readonly wanted: Set<string>;
  readonly table: TableParts;
  receivedChunks: number;
  publishing: Promise<Result<CaptureResult>> | null;
};

export const createCaptures = ({ library, catalogue, now, onBug, sourceOf }: CapturesOptions): Captures => {
  /** One publishes at a time: two of one name are two revisions. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const writers = createJobWriters(async (_job: ImagingJob): Promise<Result<Running>> => {
    const writer = await library.startImage();
    if (!writer.ok) return writer;
    const fresh = { wanted: new Set<string>(), table: createTableParts(), receivedChunks: 0 };
    return success({ writer: writer.value, ...fresh, publishing: null });
  });
  const { using } = writers;

  const publishNow = async (job: ImagingJob, { writer, table }: Running, image: CapturePublish): Promise<Result<CaptureResult>> => {
    const tableBytes = table.whole();
    if (
      tableBytes.length !== image.chunkTable.sizeBytes ||
      createHash('sha256').update(tableBytes).digest('hex') !== image.chunkTable.sha256
    )
      return tableMissing();
    const line = catalogue.images().filter(({ name }) => name === job.imageName);
    const labels = {
      name: job.imageName,
      revision: Math.max(0, ...line.map(({ revision }) => revision)) + 1,
      labels: Object.entries(job.wish.labels).map(([key, value]) => `${key}=${value}`),
      notes: job.wish.notes,
      createdAt: new Date(now()).toISOString(),
      ...sourceOf(job, image.boot ?? null),
    };
    const identity = image.identity === undefined ? undefined : identityFor(job, image.identity);
    const sent = { tableBytes, image: { ...image, identity }, diskSizeBytes: job.disk.sizeBytes };
    const published = await publishCapture(writer, sent, labels);
    if (!published.ok) return published;
    // The image exists by now, whether the list of images can be read again or not. Until it is, who asks once more is given this answer
    // and not a writer of its own, which nobody would close.
    await catalogue.refresh().finally(() => writers.forget(job.id));
    const { osoid, alreadyPresent, dataBytes } = published.value;
    const listed = catalogue.find(osoid);
    return success({
      osoid,
      name: listed?.name ?? labels.name,
      revision: listed?.revision ?? labels.revision,
      alreadyPresent,
      diskBytes: job.disk.sizeBytes,
      dataBytes,
      chunksSent: image.sent.chunks,
      bytesSent: image.sent.bytes,
      seconds: image.seconds,
      ...(identity === undefined ? {} : { identity }),
    });
  };

  return {
    missing: (job, chunkIds) =>
      using(job, ({ writer, wanted }) => {
        const lacking = chunkIds.map((id, index) => ({ id, index })).filter(({ id }) => !writer.has(id));
        if (wanted.size + lacking.length > WANTED_MOST)
          return Promise.resolve(
            failed('capture.too-much', 'The agent asks for more chunks than it sends.', 'Boot the machine again into the current kit.'),
          );
        for (const { id } of lacking) wanted.add(id);
        return Promise.resolve(success(lacking.map(({ index }) => index)));
      }),
    receive: (job, frames) =>
      using(job, async (capture) => {
        const { writer, wanted } = capture;
        const asked = askedFrames(frames, {
          area: 'capture',
          isExpected: (chunkId) => wanted.has(chunkId) || writer.has(chunkId),
          otherwise: 'The station has not asked for this chunk.',
        });
        if (!asked.ok) return asked;
        capture.receivedChunks += asked.value.length;
        if (capture.receivedChunks > 2 * chunkCountOf(job.disk.sizeBytes, CHUNK_SIZE_BYTES))
          return failed('capture.too-much', 'The agent sends more than its disk holds.', 'Boot the machine again into the current kit.');
        const received = await writer.receive(frames);
        if (!received.ok) return received;
        for (const chunkId of asked.value) wanted.delete(chunkId);
        return success(null);
      }),
    table: (job, part, atBytes) => using(job, ({ table }) => Promise.resolve(table.add(part, atBytes) ? success(null) : tableMissing())),
    publish: (job, image) =>
      using(job, (capture) => {
        // Asked again while it is at it: an agent's patience may end before a large image is signed.
        capture.publishing ??= inTurn(() => publishNow(job, capture, image)).finally(() => {
          capture.publishing = null;
        });
        return capture.publishing;
      }),
    onJob: ({ id, kind, state, failure }) => {
      if (kind === 'deploy' || kind === 'verify' || (state !== 'failed' && state !== 'cancelled')) return;
      // A full library needs the room back, and what a person stopped nobody waits for.
      writers.close(id, state === 'cancelled' || failure?.code === 'library.full' ? 'take-back' : 'keep').catch(onBug);
    },
    resume: async (jobs) => {
      for (const job of jobs) await writers.find(job);
    },
    stop: writers.stop,
  };
};

const identityFor = (job: ImagingJob, identity: IdentityReport): IdentityReport =>
  job.kind === 'capture' && job.wish.redactSerials ? withoutValues(identity) : identity;

const tableMissing = (): ReturnType<typeof failed> =>
  failed('capture.table-missing', 'The chunk table has not arrived whole.', 'The agent sends it again by itself.');

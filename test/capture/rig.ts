// A capture of a disk in a file, with the station's own side behind it and no wire between: a real library, and a job as the database
// would have it. `restart` is a station that was stopped, or killed, and started again on that library.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { capture } from '../../agent/capture.ts';
import type { CaptureOptions, CaptureSink } from '../../agent/capture/types.ts';
import { openSourceDisk } from '../../agent/disk/source-disk.ts';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import { decodeFrame } from '../../agent/image/chunk.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { CaptureJob } from '../../main/jobs/job-rows.ts';
import { createCaptures } from '../../main/library/captures.ts';
import type { Captures } from '../../main/library/captures.ts';
import { openCatalogue } from '../../main/library/catalogue.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { Library } from '../../main/library/library.ts';
import type { LibraryStore } from '../../main/library/store.ts';
import { readSize } from '../deploy/rig.ts';

export const MIB = 1024 * 1024;

export const valueOf = <T>(result: Result<T>): T =>
  result.ok ? result.value : expect.fail(`${result.failure.code}: ${result.failure.message}`);
export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

export const jobFor = (sizeBytes: number, change: Partial<CaptureJob> = {}): CaptureJob => ({
  kind: 'capture',
  id: 'job-1',
  machineId: 'm1',
  imageName: 'golden',
  disk: { serial: 'S1', wwn: null, sizeBytes },
  wish: {
    labels: { role: 'web' },
    notes: 'a note',
    redactSerials: false,
    before: { state: 'waiting', question: null, failure: null, says: '', osoid: null, imageName: null, sessionId: 's', policy: null },
  },
  operator: 'Ada',
  siteName: 'Site A',
  state: 'running',
  attempt: 1,
  cancelRequested: false,
  createdAtMs: 0,
  endedAtMs: null,
  result: null,
  failure: null,
  ...change,
});

export type Run = {
  readonly result: Result<CaptureResult>;
  readonly steps: readonly string[];
  readonly notes: readonly string[];
  /** Distinct chunks that travelled. */
  readonly sentBytes: number;
};

export const createRig = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-capture-'));
  const libraryFolder = join(folder, 'library');
  const key = generateSigningKey();
  const bugs: unknown[] = [];
  let isFull = false;
  const plain = folderStore(libraryFolder);
  const store: LibraryStore = {
    ...plain,
    putOnce: (name, parts) =>
      isFull
        ? Promise.resolve({ ok: false, failure: { code: 'library.full', message: 'There is no room left.', next: 'Free some.' } })
        : plain.putOnce(name, parts),
  };
  const start = async (): Promise<{ readonly library: Library; readonly captures: Captures }> => {
    await mkdir(libraryFolder, { recursive: true });
    const library = valueOf(
      await openLibrary({ folder: libraryFolder, store, trustedKeys: () => trustedKeysOf([key.publicKey]), signingKey: key, workers: 1 }),
    );
    const catalogue = valueOf(await openCatalogue(library, () => undefined));
    const captures = createCaptures({
      library,
      catalogue,
      now: () => Date.parse('2026-11-29T12:00:00Z'),
      onBug: (error) => void bugs.push(error),
      sourceOf: (_job, boot) => ({ facts: { model: 'R650' }, parent: null, recipe: null, boot }),
    });
    return { library, captures };
  };
  const rig = { folder, libraryFolder, bugs, ...(await start()) };
  /** As the link does, it waits for a station that is away. */
  let isBack: Promise<unknown> = Promise.resolve();
  const patiently = async <T>(call: () => Promise<Result<T>>): Promise<Result<T>> => {
    for (;;) {
      await isBack;
      const answer = await call();
      if (answer.ok || answer.failure.code !== 'link.station-busy') return answer;
    }
  };
  const sinkOf = (job: CaptureJob): CaptureSink => ({
    missing: (ids) => patiently(() => rig.captures.missing(job, ids)),
    send: (frames) => patiently(() => rig.captures.receive(job, frames)),
    table: (part, at) => patiently(() => rig.captures.table(job, part, at)),
    publish: (image) => patiently(() => rig.captures.publish(job, image)),
  });
  const restart = async (how: 'stopped' | 'killed'): Promise<void> => {
    if (how === 'stopped') await rig.captures.stop();
    // A killed station's lock is stale; this process, which stands for both, still runs.
    else await rm(join(libraryFolder, 'lock.json'), { force: true });
    Object.assign(rig, await start());
  };
  return Object.assign(rig, {
    sinkOf,
    /** A sink in which `work` happens once, before the call with this number. */
    sinkBefore: (job: CaptureJob, call: keyof CaptureSink, number: number, work: () => Promise<void>): CaptureSink => {
      const sink = sinkOf(job);
      let calls = 0;
      const first = async (): Promise<void> => {
        calls += 1;
        if (calls === number) await work();
      };
      return {
        missing: async (ids) => (call === 'missing' && (await first()), sink.missing(ids)),
        send: async (frames) => (call === 'send' && (await first()), sink.send(frames)),
        table: async (part, at) => (call === 'table' && (await first()), sink.table(part, at)),
        publish: async (image) => (call === 'publish' && (await first()), sink.publish(image)),
      };
    },
    setFull: (full: boolean): void => void (isFull = full),
    run: async (path: string, options: Partial<CaptureOptions> & { readonly job?: CaptureJob } = {}): Promise<Run> => {
      const sizeBytes = readSize(path);
      const job = options.job ?? jobFor(sizeBytes);
      const steps: string[] = [];
      const notes: string[] = [];
      const sink = options.sink ?? sinkOf(job);
      let sentBytes = 0;
      const result = await capture({
        order: { kind: 'capture', jobId: job.id, disk: job.disk, imageName: job.imageName },
        logicalSectorBytes: 512,
        open: () => openSourceDisk(path, sizeBytes),
        workers: 0,
        signal: new AbortController().signal,
        onStep: (step, state, note) => {
          if (state === 'started') steps.push(step);
          if (note !== '') notes.push(note);
        },
        onProgress: () => undefined,
        ...options,
        sink: {
          ...sink,
          send: (frames) => {
            sentBytes += frames.length;
            return sink.send(frames);
          },
        },
      });
      return { result, steps, notes, sentBytes };
    },
    /** The disk as a deploy would write it; free space is 0xA5. */
    restored: async (osoid: string): Promise<Buffer> => {
      const table = valueOf(parseChunkTable(valueOf(await rig.library.manifest(osoid)).chunkTableBytes));
      const disk = Buffer.alloc(table.diskSizeBytes, 0xa5);
      for (const run of table.runs)
        if (run.kind === 'zero') disk.fill(0, run.firstChunk * table.chunkSizeBytes, (run.firstChunk + run.count) * table.chunkSizeBytes);
      for (const { chunkId, offsetBytes } of dataChunks(table)) {
        const frames = valueOf(await rig.library.frames([chunkId ?? '']));
        disk.set(valueOf(decodeFrame(frames.bytes)).raw, offsetBytes);
        frames.release();
      }
      return disk;
    },
    restart: (how: 'stopped' | 'killed'): Promise<void> => {
      const restarting = restart(how);
      isBack = restarting;
      return restarting;
    },
    close: async (): Promise<void> => {
      await rig.captures.stop();
      await rig.library.close();
      await rm(folder, { recursive: true, force: true });
      expect(bugs).toEqual([]);
    },
  });
};

/** The agent is gone, and what it was about to say is never said. */
export const cutting = (cut: AbortController): Promise<void> => {
  cut.abort();
  return new Promise(() => undefined);
};

export type Rig = Awaited<ReturnType<typeof createRig>>;

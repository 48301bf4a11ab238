// Hashing and unpacking on as many threads as asked for; with none, in line, yielding to the event loop between requests so that
// fifty software targets can share one process.
import { totalmem } from 'node:os';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { doWork } from './chunk-work.ts';
import type { WorkAnswer, WorkRequest } from './chunk-work.ts';

export type ChunkPool = {
  /** Rejects only when a worker died, which is a bug. */
  run(request: WorkRequest): Promise<WorkAnswer>;
  stop(): Promise<void>;
};

/** What a thread may cost in memory, its share of chunks in flight included. */
const THREAD_BYTES = 96 * 1024 * 1024;
/** A quarter of the machine is for threads; the rest is for this program, the kernel and stage 2 in RAM. */
const THREAD_SHARE = 0.25;

/**
 * Two cores and more: one thread each up to eight, which keeps a 10 GbE link busy, as far as memory goes. One core, or under
 * 384 MiB: none, in line is cheaper.
 */
export const workersFor = (cores: number, memoryBytes: number = totalmem()): number =>
  cores < 2 ? 0 : Math.min(cores, 8, Math.floor((memoryBytes * THREAD_SHARE) / THREAD_BYTES));

/** Work makes little garbage; what node:zlib makes where it decompresses is collected before it piles up. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 } as const;

/** Beside the TypeScript sources the worker is chunk-worker.ts, beside the bundle agent-worker.js. */
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './chunk-worker.ts' : './agent-worker.js', import.meta.url);

export const startChunkPool = (memory: SharedArrayBuffer, workers: number): ChunkPool =>
  workers > 0 ? threaded(memory, workers) : inline(memory);

const inline = (memory: SharedArrayBuffer): ChunkPool => ({
  run: async (request) => {
    await yieldToEvents();
    return doWork(memory, request);
  },
  stop: () => Promise.resolve(),
});

type Pending = { readonly resolve: (answer: WorkAnswer) => void; readonly reject: (error: Error) => void };

const threaded = (memory: SharedArrayBuffer, workers: number): ChunkPool => {
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  const threads = Array.from({ length: workers }, () => {
    const worker = new Worker(workerUrl(), { workerData: memory, resourceLimits: RESOURCE_LIMITS });
    const thread = { worker, load: 0 };
    worker.on('message', ({ id, answer }: { readonly id: number; readonly answer: WorkAnswer }) => {
      thread.load -= 1;
      pending.get(id)?.resolve(answer);
      pending.delete(id);
    });
    worker.on('error', fail);
    worker.unref();
    return thread;
  });
  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        const thread = threads.reduce((least, other) => (other.load < least.load ? other : least));
        if (broken !== undefined) return reject(broken);
        const id = nextId++;
        pending.set(id, { resolve, reject });
        thread.load += 1;
        thread.worker.ref();
        thread.worker.postMessage({ id, request });
      }),
    stop: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
};

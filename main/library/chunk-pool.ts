// A persistent pool of chunk workers; one task at a time for each, the rest wait in line.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ChunkAnswer, ChunkTask } from './chunk-worker.ts';

export type ChunkPool = {
  readonly size: number;
  /** Rejects only if a worker dies, which is a bug. The task's buffer is moved away and comes back in the answer. */
  readonly run: (task: ChunkTask) => Promise<ChunkAnswer>;
  readonly stop: () => Promise<void>;
};

type Waiting = { readonly task: ChunkTask; readonly resolve: (answer: ChunkAnswer) => void; readonly reject: (error: Error) => void };

/**
 * Where the worker's program is: this file's neighbour when run from source; in a bundle `chunk-worker.js` is its own entry, beside
 * the chunk that holds this code or one folder up.
 */
const workerLocation = (): URL => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const beside = new URL(`./chunk-worker.${extension}`, import.meta.url);
  return extension === 'ts' || existsSync(beside) ? beside : new URL('../chunk-worker.js', import.meta.url);
};

export const startChunkPool = (size = Math.max(1, Math.min(8, availableParallelism()))): ChunkPool => {
  const idle: Worker[] = [];
  const all: Worker[] = [];
  const line: Waiting[] = [];
  const busy = new Map<Worker, Waiting>();

  const drop = (worker: Worker, error: Error): void => {
    all.splice(all.indexOf(worker), 1);
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    busy.get(worker)?.reject(error);
    busy.delete(worker);
    next();
  };
  const startWorker = (): Worker => {
    const worker = new Worker(workerLocation());
    worker.on('message', (answer: ChunkAnswer) => {
      busy.get(worker)?.resolve(answer);
      busy.delete(worker);
      worker.unref();
      idle.push(worker);
      next();
    });
    worker.on('error', (error) => drop(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      if (all.includes(worker)) drop(worker, new Error(`a chunk worker ended with ${code}`));
    });
    all.push(worker);
    return worker;
  };
  const next = (): void => {
    while (line.length > 0) {
      const worker = idle.pop() ?? (all.length < size ? startWorker() : undefined);
      const waiting = worker === undefined ? undefined : line.shift();
      if (worker === undefined || waiting === undefined) return;
      busy.set(worker, waiting);
      worker.ref();
      worker.postMessage(waiting.task, [waiting.task.buffer]);
    }
  };
  return {
    size,
    run: (task) =>
      new Promise((resolve, reject) => {
        line.push({ task, resolve, reject });
        next();
      }),
    stop: async () => {
      const stopping = all.splice(0);
      for (const waiting of [...line.splice(0), ...busy.values()]) waiting.reject(new Error('the chunk pool was stopped'));
      busy.clear();
      idle.splice(0);
      await Promise.all(stopping.map((worker) => worker.terminate()));
    },
  };
};

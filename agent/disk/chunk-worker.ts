// Entry of a worker thread of chunk-pool.ts. Bundled on its own as `agent-worker.js` beside `agent.js`.
import { parentPort, workerData } from 'node:worker_threads';
import { doWork } from './chunk-work.ts';
import type { WorkRequest } from './chunk-work.ts';

const memory = workerData as SharedArrayBuffer;

parentPort?.on('message', ({ id, request }: { readonly id: number; readonly request: WorkRequest }) => {
  parentPort?.postMessage({ id, answer: doWork(memory, request) });
});

// Unpacks .xz and .bz2 without any program of the system, which Windows and macOS lack. In a thread of its own: bzip2 works for a
// second at a time, and DHCP must not wait for it.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { UnpackSays, UnpackTask } from './unpack-worker.ts';
import { CorruptInput, TruncatedInput } from './zstd-frames.ts';

/** Thrown for an .xz whose filters or checksum the built-in unpacker does not know (BCJ filters, SHA-256). */
export class UnknownOptions extends Error {}

export type Unpacking = {
  readonly pieces: AsyncGenerator<Uint8Array>;
  readonly consumedBytes: () => number;
  readonly stop: () => void;
};

/** Of about 64 KiB (xz) or 256 KiB (bzip2) each. */
const PIECES_AHEAD = 16;

export const unpack = (path: string, format: 'xz' | 'bzip2'): Unpacking => {
  const room = new SharedArrayBuffer(4);
  const places = new Int32Array(room);
  Atomics.store(places, 0, PIECES_AHEAD);
  const worker = new Worker(workerLocation(), { workerData: { path, format, room } satisfies UnpackTask });
  const heard: UnpackSays[] = [];
  let wake = (): void => undefined;
  const hear = (says: UnpackSays): void => {
    heard.push(says);
    wake();
  };
  worker.on('message', hear);
  worker.on('error', (error) => hear({ kind: 'failed', message: error.message, code: null }));
  let consumedBytes = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const says = heard.shift();
        if (says === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
        } else if (says.kind === 'piece') {
          consumedBytes = says.consumedBytes;
          Atomics.add(places, 0, 1);
          Atomics.notify(places, 0);
          yield says.bytes;
        } else if (says.kind === 'end') return;
        else throw errorOf(says.message, says.code);
      }
    } finally {
      await worker.terminate();
    }
  }
  const stop = (): void => {
    void worker.terminate();
    hear({ kind: 'end' });
  };
  return { pieces: pieces(), consumedBytes: () => consumedBytes, stop };
};

/** xz-embedded's `enum xz_ret`: 6 options, 8 the input ends too early; seek-bzip says the latter in words. */
const errorOf = (message: string, code: string | null): Error => {
  if (code !== null) return Object.assign(new Error(message), { code });
  if (message.endsWith('error code 6')) return new UnknownOptions(message);
  return /error code 8$|input end/i.test(message) ? new TruncatedInput(message) : new CorruptInput(message);
};

/** As in chunk-pool.ts. */
const workerLocation = (): URL => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const beside = new URL(`./unpack-worker.${extension}`, import.meta.url);
  return extension === 'ts' || existsSync(beside) ? beside : new URL('../unpack-worker.js', import.meta.url);
};

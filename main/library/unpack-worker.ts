// Worker thread: unpacks one .xz (npm xz-decompress: xz-embedded as WebAssembly) or
// .bz2 file (npm seek-bzip), piece by piece. It waits while its reader is behind, so its memory does not grow with the file.
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Bunzip from 'seek-bzip';
import xz from 'xz-decompress';

export type UnpackTask = {
  readonly path: string;
  readonly format: 'xz' | 'bzip2';
  /** One 32-bit number: how many more pieces the reader will take. */
  readonly room: SharedArrayBuffer;
};
export type UnpackSays =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array; readonly consumedBytes: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | null };

const READ_BYTES = 256 * 1024;
const { path, format, room } = workerData as UnpackTask;
const places = new Int32Array(room);
const say = (words: UnpackSays): void => parentPort?.postMessage(words);

let consumedBytes = 0;
const file = openSync(path, 'r');
const readPart = (): Uint8Array<ArrayBuffer> | null => {
  const part = new Uint8Array(READ_BYTES);
  const length = readSync(file, part);
  consumedBytes += length;
  return length === 0 ? null : part.subarray(0, length);
};
const sayPiece = (bytes: Uint8Array): void => {
  while (Atomics.load(places, 0) === 0) Atomics.wait(places, 0, 0);
  Atomics.sub(places, 0, 1);
  say({ kind: 'piece', bytes, consumedBytes });
};

const unpackXz = async (): Promise<void> => {
  const packed = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const part = readPart();
      if (part === null) controller.close();
      else controller.enqueue(part);
    },
  });
  const reader = new xz.XzReadableStream(packed).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    sayPiece(value);
  }
};

const unpackBzip2 = (): void => {
  let held: Uint8Array = new Uint8Array();
  let at = 0;
  const fill = (): boolean => {
    if (at < held.length) return true;
    held = readPart() ?? new Uint8Array();
    at = 0;
    return held.length > 0;
  };
  const readByte = (): number => (fill() ? (held[at++] ?? -1) : -1);
  const read = (into: Uint8Array, offset: number, length: number): number => {
    let done = 0;
    for (; done < length && fill(); done += 1) into[offset + done] = held[at++] ?? 0;
    return done === 0 ? -1 : done;
  };
  const out = new Uint8Array(READ_BYTES);
  let filled = 0;
  const flush = (): void => {
    if (filled > 0) sayPiece(out.slice(0, filled));
    filled = 0;
  };
  const writeByte = (byte: number): void => {
    out[filled++] = byte;
    if (filled === out.length) flush();
  };
  Bunzip.decode({ readByte, read, eof: () => !fill() }, { writeByte, flush: () => undefined }, true);
  flush();
};

try {
  if (format === 'xz') await unpackXz();
  else unpackBzip2();
  say({ kind: 'end' });
} catch (error) {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code });
} finally {
  closeSync(file);
}

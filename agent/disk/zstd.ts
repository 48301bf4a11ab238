// zstd from memory to memory of ours, both ways: the system's libzstd through koffi where both are there, as in the kit. node:zlib
// makes a fresh buffer and a native object for every chunk; collecting those costs as much as the decompression, and clearing their
// tables as much as half the compression.
import { createRequire } from 'node:module';
import { constants, zstdDecompressSync } from 'node:zlib';
import type koffiModule from 'koffi';
import { builtInCompress, tablesFor } from '../image/encode-frame.ts';
import type { Compress } from '../image/encode-frame.ts';

/** Fills `into` from one zstd frame (RFC 8878); false where it is damaged or does not give exactly that many bytes. Never writes past `into`. */
export type Decompress = (stored: Uint8Array, into: Uint8Array) => boolean;

/** 2 MiB: no frame of ours needs a larger window, and a forged one must not make us reserve it. */
const WINDOW_LOG_MAX = 21;

let chosen: Decompress | undefined;

/** libzstd where it can be had, node:zlib elsewhere; looked for once a thread. */
export const decompress: Decompress = (stored, into) => (chosen ??= nativeDecompress() ?? builtInDecompress)(stored, into);

export const builtInDecompress: Decompress = (stored, into) => {
  try {
    const raw = zstdDecompressSync(stored, {
      // One byte more than comes: where the buffer is full, zlib makes a second one to see whether more follows.
      chunkSize: Math.max(1024, into.length + 1),
      maxOutputLength: into.length,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    });
    if (raw.length !== into.length) return false;
    into.set(raw);
    return true;
  } catch {
    return false;
  }
};

/** Null where koffi has no binary for this system or the system has no libzstd: an ordinary state. */
export const nativeDecompress = (): Decompress | null =>
  withLibzstd((library) => {
    // In one call: with all of the input at hand libzstd needs no window of its own, whatever the frame claims.
    const run = library.func('size_t ZSTD_decompress(_Out_ void *, size_t, const void *, size_t)') as Convert;
    // Errors are size_t values near 2^64, which no chunk's length equals.
    return (stored, into) => run(into, into.length, stored, stored.length) === into.length;
  });

let chosenCompress: Compress | undefined;

/** As `decompress`. */
export const compress: Compress = (raw, level, into) => (chosenCompress ??= nativeCompress() ?? builtInCompress)(raw, level, into);

/** One context for each level and chunk size a thread meets, which are one or two: its tables are kept, not made anew for every chunk. */
export const nativeCompress = (): Compress | null =>
  withLibzstd((library) => {
    const create = library.func('void *ZSTD_createCCtx()') as () => unknown;
    const set = library.func('size_t ZSTD_CCtx_setParameter(void *, int, int)') as (
      ...args: readonly [context: unknown, parameter: number, value: number]
    ) => number | bigint;
    const run = library.func('size_t ZSTD_compress2(void *, _Out_ void *, size_t, const void *, size_t)') as (
      ...args: readonly [context: unknown, ...Parameters<Convert>]
    ) => number | bigint;
    const contexts = new Map<string, unknown>();
    const contextFor = (level: number, sizeBytes: number): unknown => {
      const parameters = { [constants.ZSTD_c_compressionLevel]: level, ...tablesFor(level, sizeBytes) };
      const key = JSON.stringify(parameters);
      const known = contexts.get(key);
      if (known !== undefined) return known;
      const context = create();
      for (const [parameter, value] of Object.entries(parameters))
        if (typeof set(context, Number(parameter), value) !== 'number') throw new Error(`libzstd does not take parameter ${parameter}`);
      contexts.set(key, context);
      return context;
    };
    return (raw, level, into) => {
      const length = run(contextFor(level, raw.length), into, into.length, raw, raw.length);
      // Errors, of which "does not fit" is one, are size_t values near 2^64, which koffi gives as bigint.
      return typeof length === 'number' && length <= into.length ? length : null;
    };
  });

type Convert = (...args: readonly [into: Uint8Array, capacityBytes: number, from: Uint8Array, fromBytes: number]) => number | bigint;

const withLibzstd = <T>(use: (library: ReturnType<typeof koffiModule.load>) => T): T | null => {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
    // Deep: Node exports the functions of the zstd inside it, and the dynamic linker would have libzstd call those, of another version.
    return use(koffi.load('libzstd.so.1', { deep: true }));
  } catch {
    return null;
  }
};

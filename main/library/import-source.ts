// The disk's bytes, out of a raw, compressed or virtual disk file. gzip and zstd are read by Node itself; xz and bzip2 by the
// system's own programs where they are (xz is half as fast again, bzip2 ten times as fast), else by unpack.ts.
import { spawn } from 'node:child_process';
import { constants, createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { convertVirtualDisk, isVirtualDisk } from './convert-virtual-disk.ts';
import { refuseFormat } from './refuse-format.ts';
import { SOURCE_HEAD_BYTES, sourceFormatOf } from './source-format.ts';
import type { SourcePlace } from './source-place.ts';
import { sourcePlaceOf } from './source-place.ts';
import type { StreamSource } from './stream-source.ts';
import { unpackSource } from './unpack-source.ts';
import { unpack } from './unpack.ts';
import type { VirtualDiskFormat } from './virtual-disk-header.ts';
import { CorruptInput, decompressZstd } from './zstd-frames.ts';

/** The disk as one file that can be read anywhere, unpacked or converted where it had to be. */
export type ImportSource = {
  readonly sizeBytes: number;
  /** Fills `into` from that place of the disk on; less only at its end. Throws what `sourceFailure` understands. */
  readonly read: (into: Uint8Array, offsetBytes: number) => Promise<number>;
  /** Removes what was unpacked. */
  readonly close: () => Promise<void>;
};

export type SourceOptions = {
  /** Where compressed and virtual disks are unpacked to; default the system's temporary folder. */
  readonly scratchFolder?: string;
  readonly signal?: AbortSignal;
  /** What unpacks xz and bzip2; default the program where there is one. */
  readonly unpacker?: 'program' | 'built-in';
  /** While a compressed file is unpacked. */
  readonly onUnpack?: (state: { readonly doneBytes: number; readonly fileBytes: number }) => void;
};

/** Codes: `import.no-source`, `import.unsupported`, and those of `convertVirtualDisk` and `unpackSource`. */
export const openImportSource = async (path: string, options: SourceOptions = {}): Promise<Result<ImportSource>> => {
  let place: SourcePlace;
  let head: SourceHead;
  try {
    const found = await sourcePlaceOf(path);
    if (!found.ok) return found;
    place = found.value;
    head = await readHead(path, place);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return failed(
      'import.no-source',
      `The file ${basename(path)} cannot be read (${String(error.code)}).`,
      'Check the file and its rights, then try again.',
    );
  }
  const name = basename(path);
  const fileBytes = place.sizeBytes;
  if (fileBytes === 0) return failed('import.no-source', `The file ${name} is empty.`, 'Choose another file.');
  const format = place.isDisk ? 'raw' : sourceFormatOf(head.bytes, head.footer);
  switch (format) {
    case 'raw':
      return success(await rawSource(path, place));
    case 'gzip':
    case 'zstd':
      return unpackedSource(nodeSource(path, format), { name, fileBytes }, options);
    case 'xz':
    case 'bzip2': {
      const byProgram = options.unpacker === 'built-in' ? null : await programSource(path, format);
      return unpackedSource(byProgram ?? builtInSource(path, format), { name, fileBytes }, options);
    }
    case 'qcow2':
    case 'vmdk':
    case 'vhdx':
    case 'vhd':
      return convertedSource(path, format, { ...options, name });
    default:
      return refuseFormat(format, name);
  }
};

type SourceHead = { readonly bytes: Uint8Array; readonly footer: Uint8Array };

const readHead = async (path: string, { sizeBytes, flags }: SourcePlace): Promise<SourceHead> => {
  await using file = await open(path, flags);
  const bytes = Buffer.alloc(SOURCE_HEAD_BYTES);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  const footer = Buffer.alloc(512);
  await file.read(footer, 0, footer.length, Math.max(0, sizeBytes - footer.length));
  return { bytes: bytes.subarray(0, bytesRead), footer };
};

const rawSource = async (path: string, { sizeBytes, flags }: SourcePlace): Promise<ImportSource> => {
  const file = await open(path, flags);
  return {
    sizeBytes,
    close: () => file.close(),
    read: async (into, offsetBytes) => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await file.read(into, done, into.length - done, offsetBytes + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
  };
};

const fileAt = async (path: string): Promise<SourcePlace> => ({
  sizeBytes: (await stat(path)).size,
  isDisk: false,
  flags: constants.O_RDONLY,
});

/** Takes its file away with itself. */
const scratchSource = async (rawPath: string): Promise<ImportSource> => {
  const source = await rawSource(rawPath, await fileAt(rawPath));
  return {
    ...source,
    close: async () => {
      await source.close();
      await rm(rawPath, { force: true });
    },
  };
};

const convertedSource = async (
  path: string,
  format: VirtualDiskFormat,
  options: SourceOptions & { readonly name: string },
): Promise<Result<ImportSource>> => {
  const { scratchFolder = tmpdir(), signal, name } = options;
  const converted = await convertVirtualDisk(path, format, { scratchFolder, signal, name });
  return converted.ok ? success(await scratchSource(converted.value.rawPath)) : converted;
};

const unpackedSource = async (
  stream: StreamSource,
  { name, fileBytes }: { readonly name: string; readonly fileBytes: number },
  options: SourceOptions,
): Promise<Result<ImportSource>> => {
  const { scratchFolder = tmpdir(), signal, onUnpack } = options;
  try {
    const onPiece = (): void => onUnpack?.({ doneBytes: stream.consumedBytes(), fileBytes });
    const unpacked = await unpackSource(stream, { scratchFolder, signal, onPiece });
    return unpacked.ok ? await insideSource(unpacked.value.rawPath, name, options) : unpacked;
  } finally {
    await stream.close();
  }
};

/** What was packed: a raw disk, or a virtual one, as vendors publish them. */
const insideSource = async (path: string, name: string, options: SourceOptions): Promise<Result<ImportSource>> => {
  const head = await readHead(path, await fileAt(path));
  const format = sourceFormatOf(head.bytes, head.footer);
  if (format === 'raw') return success(await scratchSource(path));
  try {
    return isVirtualDisk(format) ? await convertedSource(path, format, { ...options, name }) : refuseFormat(format, name);
  } finally {
    await rm(path, { force: true });
  }
};

const nodeSource = (path: string, format: 'gzip' | 'zstd'): StreamSource => {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const pieces = format === 'zstd' ? decompressZstd(file) : gunzip(file);
  return pieceSource(pieces, { consumedBytes: () => file.bytesRead, stop: () => file.destroy() });
};

async function* gunzip(file: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const decompressor = createGunzip({ chunkSize: 256 * 1024 });
  file.on('error', (error: Error) => decompressor.destroy(error));
  for await (const piece of file.pipe(decompressor)) yield piece as Uint8Array;
}

const builtInSource = (path: string, format: 'xz' | 'bzip2'): StreamSource => {
  const { pieces, consumedBytes, stop } = unpack(path, format);
  return pieceSource(pieces, { consumedBytes, stop });
};

/** Null where the program is not installed. */
const programSource = async (path: string, format: 'xz' | 'bzip2'): Promise<StreamSource | null> => {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const child = spawn(format, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  if (!started) {
    file.destroy();
    return null;
  }
  const exit = new Promise<number | null>((resolve) => void child.once('close', resolve));
  child.stdin.on('error', () => undefined);
  file.on('error', () => child.kill()).pipe(child.stdin);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of child.stdout) yield piece as Uint8Array;
    // Both programs say by status 1 or 2 that the end is missing or a checksum is wrong, but not which.
    if ((await exit) !== 0) throw new CorruptInput(`${format} gave up`);
  }
  const stop = (): void => {
    file.destroy();
    child.kill();
  };
  return pieceSource(pieces(), { consumedBytes: () => file.bytesRead, stop });
};

const pieceSource = (
  pieces: AsyncGenerator<Uint8Array>,
  options: { readonly consumedBytes: () => number; readonly stop: () => void },
): StreamSource => {
  let held: Uint8Array = new Uint8Array();
  return {
    consumedBytes: options.consumedBytes,
    read: async (into) => {
      let done = 0;
      while (done < into.length) {
        if (held.length === 0) {
          const next = await pieces.next();
          if (next.done === true) break;
          held = next.value;
        }
        const part = held.subarray(0, into.length - done);
        into.set(part, done);
        held = held.subarray(part.length);
        done += part.length;
      }
      return done;
    },
    close: async () => {
      options.stop();
      await pieces.return(undefined).catch(() => undefined);
    },
  };
};

// The disk's bytes, one after the other, out of a raw or compressed file. gzip and zstd are read by Node itself; xz and bzip2 by
// the system's own programs.
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { VirtualDiskFormat } from './convert-virtual-disk.ts';
import { convertVirtualDisk } from './convert-virtual-disk.ts';
import { SOURCE_HEAD_BYTES, sourceFormatOf } from './source-format.ts';
import type { SourceFormat } from './source-format.ts';
import { CorruptInput, TruncatedInput, decompressZstd } from './zstd-frames.ts';

export type ImportSource = {
  readonly format: SourceFormat;
  /** Size of the file as it lies there: what progress counts. */
  readonly fileBytes: number;
  /** Size of the disk where it is known beforehand (raw). */
  readonly diskSizeBytes: number | null;
  /** Fills `into` from its start; less only at the end of the disk. Throws what `sourceFailure` understands. */
  readonly read: (into: Uint8Array) => Promise<number>;
  /** Bytes of the file consumed so far. */
  readonly consumedBytes: () => number;
  readonly close: () => Promise<void>;
};

export type SourceOptions = {
  /** Where virtual disks are unpacked to; default the system's temporary folder. */
  readonly scratchFolder?: string;
  readonly signal?: AbortSignal;
};

/** Codes: `import.no-source`, `import.unsupported`, `import.tool-missing`, and those of `convertVirtualDisk`. */
export const openImportSource = async (path: string, options: SourceOptions = {}): Promise<Result<ImportSource>> => {
  let head: SourceHead;
  try {
    head = await readHead(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return failed(
      'import.no-source',
      `The file ${basename(path)} cannot be read (${String(error.code)}).`,
      'Check the file and its rights, then try again.',
    );
  }
  if (head.fileBytes === 0) return failed('import.no-source', `The file ${basename(path)} is empty.`, 'Choose another file.');
  const format = sourceFormatOf(head.bytes, head.footer);
  switch (format) {
    case 'raw':
      return success(await rawSource(path, head.fileBytes));
    case 'gzip':
    case 'zstd':
      return success(nodeSource(path, format, head.fileBytes));
    case 'xz':
    case 'bzip2':
      return programSource(path, format, head.fileBytes);
    case 'qcow2':
    case 'vmdk':
    case 'vhdx':
    case 'vhd':
      return convertedSource(path, format, options);
    case 'zip':
    case '7z':
      return failed('import.unsupported', `This is a ${format} archive.`, 'Unpack it and import the disk image inside.');
    case 'iso':
      return failed(
        'import.unsupported',
        'This is an ISO without a partition table: an installer, not a disk.',
        'Use it as a payload of a recipe.',
      );
  }
};

/** What an error of `read` means to a person; undefined if it is a bug. */
export const sourceFailure = (error: unknown): Failure | undefined => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof TruncatedInput || code === 'Z_BUF_ERROR')
    return { code: 'image.truncated', message: 'The file ends too early: a part of it is missing.', next: 'Copy or download it again.' };
  if (error instanceof CorruptInput || /^(Z_|ZSTD_)/.test(code))
    return {
      code: 'image.corrupt',
      message: 'The file is damaged and does not decompress.',
      next: 'Copy or download it again and compare its checksum.',
    };
  if (/^E[A-Z]+$/.test(code))
    return {
      code: 'import.no-source',
      message: `The file cannot be read any further (${code}).`,
      next: 'Check the disk that it is on, then try again.',
    };
  return undefined;
};

type SourceHead = { readonly bytes: Uint8Array; readonly footer: Uint8Array; readonly fileBytes: number };

const readHead = async (path: string): Promise<SourceHead> => {
  await using file = await open(path, 'r');
  const bytes = Buffer.alloc(SOURCE_HEAD_BYTES);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  const fileBytes = (await file.stat()).size;
  const footer = Buffer.alloc(512);
  await file.read(footer, 0, footer.length, Math.max(0, fileBytes - footer.length));
  return { bytes: bytes.subarray(0, bytesRead), footer, fileBytes };
};

const rawSource = async (path: string, fileBytes: number): Promise<ImportSource> => {
  const file = await open(path, 'r');
  let position = 0;
  return {
    format: 'raw',
    fileBytes,
    diskSizeBytes: fileBytes,
    consumedBytes: () => position,
    close: () => file.close(),
    read: async (into) => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await file.read(into, done, into.length - done, position);
        if (bytesRead === 0) break;
        done += bytesRead;
        position += bytesRead;
      }
      return done;
    },
  };
};

/** The unpacked copy is removed with the source. */
const convertedSource = async (path: string, format: VirtualDiskFormat, options: SourceOptions): Promise<Result<ImportSource>> => {
  const { scratchFolder = tmpdir(), signal } = options;
  const converted = await convertVirtualDisk(path, format, { scratchFolder, signal });
  if (!converted.ok) return converted;
  const { rawPath } = converted.value;
  const source = await rawSource(rawPath, (await stat(rawPath)).size);
  return success({
    ...source,
    format,
    close: async () => {
      await source.close();
      await rm(rawPath, { force: true });
    },
  });
};

const nodeSource = (path: string, format: 'gzip' | 'zstd', fileBytes: number): ImportSource => {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const pieces = format === 'zstd' ? decompressZstd(file) : gunzip(file);
  return pieceSource(pieces, { format, fileBytes, consumedBytes: () => file.bytesRead, stop: () => file.destroy() });
};

async function* gunzip(file: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const decompressor = createGunzip({ chunkSize: 256 * 1024 });
  file.on('error', (error: Error) => decompressor.destroy(error));
  for await (const piece of file.pipe(decompressor)) yield piece as Uint8Array;
}

const programSource = async (path: string, format: 'xz' | 'bzip2', fileBytes: number): Promise<Result<ImportSource>> => {
  const missing = failed(
    'import.tool-missing',
    `This computer has no ${format} to unpack the file with.`,
    `Install ${format}, or unpack the file first.`,
  );
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const child = spawn(format, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  if (!started) {
    file.destroy();
    return missing;
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
  return success(pieceSource(pieces(), { format, fileBytes, consumedBytes: () => file.bytesRead, stop }));
};

const pieceSource = (
  pieces: AsyncGenerator<Uint8Array>,
  options: { readonly format: SourceFormat; readonly fileBytes: number; readonly consumedBytes: () => number; readonly stop: () => void },
): ImportSource => {
  let held: Uint8Array = new Uint8Array();
  return {
    format: options.format,
    fileBytes: options.fileBytes,
    diskSizeBytes: null,
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

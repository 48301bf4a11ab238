// Writing a library into one file: each file is appended as it comes. The file appears under its name only when it is whole.
import * as nodeFileSystem from 'node:fs/promises';
import { open, rename, rm, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure, tornFile } from './failures.ts';
import { syncFolder } from './folder-store.ts';
import { STREAM_BYTES } from './store.ts';
import type { LibraryStore } from './store.ts';
import { TAR_BLOCK_BYTES, encodeTarHeader, paddedBytes } from './tar-format.ts';

export type TarWriter = {
  readonly store: LibraryStore;
  /** Ends the file and gives it its name. */
  readonly finish: () => Promise<Result<null>>;
  /** Leaves nothing behind; does nothing after `finish`. */
  readonly abandon: () => Promise<void>;
};

/** Codes: `library.exists`, and those of the file system. */
export const startTar = async (path: string): Promise<Result<TarWriter>> => {
  const part = `${path}.part`;
  let file: FileHandle;
  try {
    file = await open(part, 'w+');
  } catch (error) {
    return storeFailure(error, `folder ${dirname(path)}`);
  }
  const places = new Map<string, { readonly offsetBytes: number; readonly sizeBytes: number }>();
  let writtenBytes = 0;
  let state: 'open' | 'closed' = 'open';
  const append = async (parts: readonly Uint8Array[]): Promise<void> => {
    for (const one of parts) {
      for (let done = 0; done < one.length;) {
        const { bytesWritten } = await file.write(one, done, one.length - done, writtenBytes);
        done += bytesWritten;
        writtenBytes += bytesWritten;
      }
    }
  };
  const guarded = async <T>(name: string, work: () => Promise<T>): Promise<Result<T>> => {
    try {
      return success(await work());
    } catch (error) {
      return isTooLarge(error) ? tooLarge : storeFailure(error, name);
    }
  };
  const putOnce: LibraryStore['putOnce'] = (name, parts) =>
    guarded(name, async () => {
      if (places.has(name)) return 'present' as const;
      const sizeBytes = parts.reduce((sum, one) => sum + one.length, 0);
      const offsetBytes = writtenBytes + TAR_BLOCK_BYTES;
      await append([encodeTarHeader(name, sizeBytes), ...parts, Buffer.alloc(paddedBytes(sizeBytes) - sizeBytes)]);
      places.set(name, { offsetBytes, sizeBytes });
      return 'created' as const;
    });
  const read = async (name: string, offsetBytes: number, lengthBytes: number): Promise<Result<Uint8Array>> => {
    const place = places.get(name);
    if (place === undefined) return missing(name);
    const bytes = Buffer.alloc(lengthBytes);
    const done = await guarded(name, () => file.read(bytes, 0, lengthBytes, place.offsetBytes + offsetBytes));
    if (!done.ok) return done;
    return done.value.bytesRead === lengthBytes ? success(bytes) : tornFile(name);
  };
  return success({
    store: {
      location: path,
      list: (folder) => Promise.resolve(success([...places.keys()].filter((name) => name.startsWith(`${folder}/`)).toSorted())),
      size: (name) => Promise.resolve(success(places.get(name)?.sizeBytes ?? null)),
      readRange: (name, offsetBytes, lengthBytes) => read(name, offsetBytes, lengthBytes),
      readAll: (name) => read(name, 0, places.get(name)?.sizeBytes ?? 0),
      putOnce,
      replace: async (name, parts) => {
        const put = await putOnce(name, parts);
        return put.ok ? success(null) : put;
      },
      // What is refused is there already: the whole file is given up then.
      putStream: async (name, { sizeBytes, read: readSource, accept }) => {
        const offsetBytes = writtenBytes + TAR_BLOCK_BYTES;
        const header = await guarded(name, () => append([encodeTarHeader(name, sizeBytes)]));
        if (!header.ok) return header;
        for (let done = 0; done < sizeBytes;) {
          const piece = await readSource(done, Math.min(STREAM_BYTES, sizeBytes - done));
          const appended = piece.ok ? await guarded(name, () => append([piece.value])) : piece;
          if (!appended.ok) return appended;
          done += piece.ok ? piece.value.length : 0;
        }
        const ended = await guarded(name, () => append([Buffer.alloc(paddedBytes(sizeBytes) - sizeBytes)]));
        if (!ended.ok) return ended;
        places.set(name, { offsetBytes, sizeBytes });
        return accept();
      },
      // Nothing that was written is ever taken back here; what is asked for is gone already.
      delete: () => Promise.resolve(success(null)),
      freeBytes: () =>
        statfs(dirname(path)).then(
          ({ bavail, bsize }) => bavail * bsize,
          () => null,
        ),
    },
    finish: () =>
      guarded(path, async () => {
        await append([Buffer.alloc(2 * TAR_BLOCK_BYTES)]);
        await file.sync();
        await file.close();
        state = 'closed';
        await rename(part, path);
        await syncFolder(nodeFileSystem, dirname(path));
        return null;
      }),
    abandon: async () => {
      if (state === 'closed') return;
      state = 'closed';
      await file.close().catch(() => undefined);
      await rm(part, { force: true }).catch(() => undefined);
    },
  });
};

const missing = (name: string): ReturnType<typeof failed> => failed('library.missing', `The export has no ${name}.`, 'Export again.');

const isTooLarge = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EFBIG';

const tooLarge = failed(
  'library.file-too-large',
  'The disk takes no file of this size (FAT32 ends at 4 GiB).',
  'Export to a folder instead: its files are 64 MiB at most.',
);

// A library in a folder, on any filesystem that a stick may carry (exFAT, NTFS, ext4, APFS): temp file, fsync, rename, fsync folder.
import { randomBytes } from 'node:crypto';
import * as nodeFileSystem from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure, tornFile } from './failures.ts';
import { STREAM_BYTES } from './store.ts';
import type { LibraryStore, Stream } from './store.ts';

/** The operations used; tests inject faults here. */
export type FileSystem = Pick<typeof nodeFileSystem, 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm' | 'stat' | 'statfs'>;

/** Everything in it is garbage whenever no writer is at work. */
export const TEMPORARY_FOLDER = 'tmp';

/** The store does not look at `folder` before it is used. */
export const folderStore = (folder: string, fileSystem: FileSystem = nodeFileSystem): LibraryStore => {
  const pathOf = (name: string): string => join(folder, ...checkedParts(name));
  const guarded = async <T>(name: string, work: () => Promise<Result<T>>, doing: 'reading' | 'writing' = 'writing'): Promise<Result<T>> => {
    try {
      return await work();
    } catch (error) {
      return storeFailure(error, name, doing);
    }
  };
  const reading = <T>(name: string, work: () => Promise<Result<T>>): Promise<Result<T>> => guarded(name, work, 'reading');
  const sizeOf = async (name: string): Promise<number | null> => {
    try {
      const found = await fileSystem.stat(pathOf(name));
      return found.isFile() ? found.size : null;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  };
  const readRange: LibraryStore['readRange'] = (name, offsetBytes, lengthBytes, into) =>
    reading(name, async () => {
      await using file = await fileSystem.open(pathOf(name), 'r');
      const bytes = into === undefined ? Buffer.allocUnsafe(lengthBytes) : into.subarray(0, lengthBytes);
      for (let done = 0; done < lengthBytes;) {
        const { bytesRead } = await file.read(bytes, done, lengthBytes - done, offsetBytes + done);
        if (bytesRead === 0) return tornFile(name);
        done += bytesRead;
      }
      return success(bytes);
    });

  return {
    location: folder,
    size: (name) => reading(name, async () => success(await sizeOf(name))),
    readRange,
    list: (below) =>
      reading(below, async () => {
        const entries = await fileSystem.readdir(pathOf(below), { recursive: true, withFileTypes: true }).catch((error: unknown) => {
          if (isAbsent(error)) return [];
          throw error;
        });
        const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
        // In capitals where a system wrote them so on a disk that does not tell them apart.
        const names = files.map((path) =>
          path
            .slice(folder.length + 1)
            .replaceAll('\\', '/')
            .toLowerCase(),
        );
        return success([...new Set(names)].toSorted());
      }),
    readAll: (name, maxBytes, into) =>
      reading(name, async () => {
        const small = into === undefined ? undefined : await readSmall(fileSystem, pathOf(name), into);
        if (small !== undefined && small.length <= maxBytes) return success(small);
        const size = await sizeOf(name);
        if (size === null) return failed('library.missing', `The library has no ${name}.`, 'Open the library again.');
        if (size > maxBytes)
          return failed('library.torn', `The library's ${name} is too large to be genuine.`, 'Heal the library from another copy.');
        return size === 0 ? success(new Uint8Array()) : readRange(name, 0, size);
      }),
    putOnce: (name, parts) =>
      guarded(name, async () => {
        const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
        // A shorter file under the name is what power loss leaves on filesystems whose rename is not atomic (exFAT): replaced.
        if ((await sizeOf(name)) === sizeBytes) return success('present');
        await writeDurably(fileSystem, folder, pathOf(name), parts);
        return success('created');
      }),
    replace: (name, parts) =>
      guarded(name, async () => {
        await writeDurably(fileSystem, folder, pathOf(name), parts);
        return success(null);
      }),
    putStream: (name, stream) => guarded(name, () => streamDurably(fileSystem, folder, pathOf(name), stream)),
    delete: (name) =>
      guarded(name, async () => {
        await fileSystem.rm(pathOf(name), { force: true, recursive: true });
        await syncFolder(fileSystem, dirname(pathOf(name)));
        return success(null);
      }),
    freeBytes: async () => {
      try {
        const { bavail, bsize } = await fileSystem.statfs(folder);
        return bavail * bsize;
      } catch {
        return null;
      }
    },
  };
};

/** Undefined if it does not fit. Without asking for its size first, which costs as much as reading it. */
const readSmall = async (fileSystem: FileSystem, path: string, into: Buffer): Promise<Uint8Array | undefined> => {
  await using file = await fileSystem.open(path, 'r');
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, done);
    done += bytesRead;
    // Only a read at the end of the file gives less than was asked for.
    if (bytesRead === 0 || done < into.length) return into.subarray(0, done);
  }
  return undefined;
};

const writeDurably = async (fileSystem: FileSystem, folder: string, path: string, parts: readonly Uint8Array[]): Promise<void> => {
  await placeDurably(fileSystem, folder, path, async (file) => {
    for (const group of groupsOf(parts)) await writeAll(file, group);
    return success(null);
  });
};

const streamDurably = (fileSystem: FileSystem, folder: string, path: string, { sizeBytes, read, accept }: Stream): Promise<Result<null>> =>
  placeDurably(fileSystem, folder, path, async (file) => {
    for (let done = 0; done < sizeBytes;) {
      const piece = await read(done, Math.min(STREAM_BYTES, sizeBytes - done));
      if (!piece.ok) return piece;
      await writeAll(file, [piece.value]);
      done += piece.value.length;
    }
    return accept();
  });

/** What `write` refuses never gets the name. */
const placeDurably = async (
  fileSystem: FileSystem,
  folder: string,
  path: string,
  write: (file: nodeFileSystem.FileHandle) => Promise<Result<null>>,
): Promise<Result<null>> => {
  const temporary = join(folder, TEMPORARY_FOLDER, `${randomBytes(8).toString('hex')}.part`);
  await makeFolder(fileSystem, dirname(temporary));
  await makeFolder(fileSystem, dirname(path));
  const tidy = (): Promise<void> => fileSystem.rm(temporary, { force: true }).catch(() => undefined);
  let written: Result<null>;
  try {
    await using file = await fileSystem.open(temporary, 'wx');
    written = await write(file);
    if (written.ok) await file.sync();
  } catch (error) {
    await tidy();
    throw error;
  }
  if (written.ok) {
    await fileSystem.rename(temporary, path);
    await syncFolder(fileSystem, dirname(path));
  } else await tidy();
  return written;
};

/** A nearly full disk takes a part and says so only by the count; the rest then meets ENOSPC. */
const writeAll = async (file: nodeFileSystem.FileHandle, group: readonly Uint8Array[]): Promise<void> => {
  const { bytesWritten } = await file.writev([...group]);
  const sizeBytes = group.reduce((sum, part) => sum + part.length, 0);
  if (bytesWritten === sizeBytes) return;
  const rest = Buffer.concat(group).subarray(bytesWritten);
  for (let done = 0; done < rest.length;) done += (await file.write(rest, done)).bytesWritten;
};

/** `writev` takes at most IOV_MAX (1024) parts, and may write less than it is given: groups of at most 512 parts and 8 MiB. */
function* groupsOf(parts: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let group: Uint8Array[] = [];
  let groupBytes = 0;
  for (const part of parts) {
    group.push(part);
    groupBytes += part.length;
    if (group.length < 512 && groupBytes < 8 * 1024 * 1024) continue;
    yield group;
    group = [];
    groupBytes = 0;
  }
  if (group.length > 0) yield group;
}

/** Before the folder around it is synced, a new folder may be forgotten at a power cut with all that is in it, synced or not. */
const makeFolder = async (fileSystem: Pick<FileSystem, 'mkdir' | 'open'>, path: string): Promise<void> => {
  const first = await fileSystem.mkdir(path, { recursive: true });
  for (let at = path; first !== undefined && at.length >= first.length; at = dirname(at)) await syncFolder(fileSystem, dirname(at));
};

/** Folders cannot be fsynced on Windows, nor on some FUSE filesystems; the format stands that (packs prove themselves). */
export const syncFolder = async (fileSystem: Pick<FileSystem, 'open'>, path: string): Promise<void> => {
  try {
    await using handle = await fileSystem.open(path, 'r');
    await handle.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!['EPERM', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EACCES', 'ENOENT', 'EBADF'].includes(String(code))) throw error;
  }
};

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** Names are made by names.ts; anything else is a bug. */
const checkedParts = (name: string): readonly string[] => {
  const parts = name.split('/');
  if (!parts.every((part) => /^[a-z0-9][a-z0-9._-]{0,119}$/.test(part))) throw new RangeError(`not a library name: ${name}`);
  return parts;
};

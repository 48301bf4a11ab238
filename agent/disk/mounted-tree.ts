// A mounted filesystem as a tree of files. Whoever uses it resolves links first (agent/identity/tree.ts), so that no path leads out of
// the mount.
import { lstat, mkdir, open, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tree } from '../identity/tree.ts';
import { parentOf } from '../identity/tree.ts';
import { isSystemError } from './system-error.ts';

export const mountedTree = (folder: string): Tree => {
  const at = (path: string): string => join(folder, path);
  return {
    stat: (path) =>
      absent(null, async () => {
        const found = await lstat(at(path));
        const type = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
        return { type, sizeBytes: found.size } as const;
      }),
    list: (path) => absent([], async () => (await readdir(at(path))).toSorted()),
    read: (path) => readFile(at(path)),
    target: (path) => readlink(at(path)),
    remove: (path) => rm(at(path), { recursive: true }),
    write: async (path, bytes) => {
      if ((await absent(null, () => lstat(at(path)))) === null) {
        await mkdir(at(parentOf(path)), { recursive: true });
        return writeFile(at(path), bytes, { flag: 'wx', mode: 0o644 });
      }
      const file = await open(at(path), 'r+');
      try {
        await file.truncate(0);
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
    },
    link: async (path, target) => {
      await mkdir(at(parentOf(path)), { recursive: true });
      await symlink(target, at(path));
    },
  };
};

const absent = async <T>(otherwise: T, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return otherwise;
    throw error;
  }
};

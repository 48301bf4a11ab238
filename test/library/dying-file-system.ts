// A file system that loses power: for tests that cut a library off at every single operation.
import * as nodeFileSystem from 'node:fs/promises';
import type { FileSystem } from '../../main/library/folder-store.ts';

/** Lets `count` operations happen, does half of the next write, and nothing ever after: what a power cut leaves. */
export const dyingFileSystem = (count: number): { readonly fileSystem: FileSystem; readonly used: () => number } => {
  let used = 0;
  const step = <T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    used++;
    if (used <= count) return work();
    const dead = (): Promise<never> => Promise.reject(new Error('power cut'));
    return used === count + 1 && half !== undefined ? half().then(dead) : dead();
  };
  const openDying: FileSystem['open'] = async (...args) => {
    const isWrite = String(args[1] ?? 'r').startsWith('w');
    const file = isWrite ? await step(() => nodeFileSystem.open(...args)) : await nodeFileSystem.open(...args);
    if (!isWrite) return file;
    const { writev, sync } = { writev: file.writev.bind(file), sync: file.sync.bind(file) };
    return Object.assign(file, {
      writev: (parts: Buffer[]) =>
        step(
          () => writev(parts),
          () => file.write(Buffer.concat(parts).subarray(0, 5000)),
        ),
      sync: () => step(sync),
    });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: openDying,
    mkdir: ((...args: Parameters<typeof nodeFileSystem.mkdir>) => step(() => nodeFileSystem.mkdir(...args))) as FileSystem['mkdir'],
    rename: (from, to) => step(() => nodeFileSystem.rename(from, to)),
    rm: (path, options) => step(() => nodeFileSystem.rm(path, options)),
  };
  return { fileSystem, used: () => used };
};

// A file system that loses power and forgets: content that was never fsynced is gone, and so is every name (made, renamed, deleted) whose
// folder was not fsynced since. What POSIX leaves open, at its worst; real file systems keep more.
import * as nodeFileSystem from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileSystem } from '../../main/library/folder-store.ts';

/** What is found in place of content that was never synced: nothing, or as many zeros (blocks that were allocated and not written). */
export type Forgotten = 'empty' | 'zeros';

export type ForgetfulFileSystem = {
  readonly fileSystem: FileSystem;
  readonly used: () => number;
  /** The power goes; call it when nobody works on the file system any more. */
  readonly forget: (how: Forgotten) => Promise<void>;
};

/** A name that a folder has or lacks since its last sync. */
type Change = { readonly folder: string; readonly undo: () => Promise<unknown> };

const contentOf = async (path: string): Promise<Buffer | null> => nodeFileSystem.readFile(path).catch(() => null);

/** Files below a path, by path; the path itself where it is one. */
const filesBelow = async (path: string): Promise<ReadonlyMap<string, Buffer>> => {
  const own = await contentOf(path);
  if (own !== null) return new Map([[path, own]]);
  const entries = await nodeFileSystem.readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await nodeFileSystem.readFile(file)] as const)));
};

const putBack = async (files: ReadonlyMap<string, Buffer>): Promise<void> => {
  for (const [path, bytes] of files) {
    await nodeFileSystem.mkdir(dirname(path), { recursive: true });
    await nodeFileSystem.writeFile(path, bytes);
  }
};

/** Lets `count` operations happen and nothing ever after. */
export const forgetfulFileSystem = (count: number): ForgetfulFileSystem => {
  let used = 0;
  let changes: Change[] = [];
  const unsynced = new Set<string>();
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    used += 1;
    if (used > count) throw new Error('power cut');
    return work();
  };
  const open: FileSystem['open'] = async (...args) => {
    const path = String(args[0]);
    const isNew = String(args[1] ?? 'r').startsWith('w');
    const file = isNew ? await step(() => nodeFileSystem.open(...args)) : await nodeFileSystem.open(...args);
    if (isNew) {
      changes.push({ folder: dirname(path), undo: () => nodeFileSystem.rm(path, { force: true }) });
      unsynced.add(path);
    }
    const { writev, write, sync } = { writev: file.writev.bind(file), write: file.write.bind(file), sync: file.sync.bind(file) };
    return Object.assign(file, {
      writev: (parts: Buffer[]) => step(() => (unsynced.add(path), writev(parts))),
      write: (bytes: Buffer, offset?: number) => step(() => (unsynced.add(path), write(bytes, offset))),
      sync: () =>
        step(async () => {
          await sync();
          unsynced.delete(path);
          changes = changes.filter(({ folder }) => folder !== path);
        }),
    });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open,
    mkdir: (async (path: string, options?: { readonly recursive?: boolean }) => {
      const made = await step(() => nodeFileSystem.mkdir(path, options));
      for (let at = path; made !== undefined && at.length >= made.length; at = dirname(at)) {
        const folder = at;
        changes.push({ folder: dirname(at), undo: () => nodeFileSystem.rm(folder, { recursive: true, force: true }) });
      }
      return made;
    }) as FileSystem['mkdir'],
    rename: (from, to) =>
      step(async () => {
        const before = await contentOf(String(to));
        await nodeFileSystem.rename(from, to);
        if (unsynced.delete(String(from))) unsynced.add(String(to));
        changes.push({
          folder: dirname(String(to)),
          undo: async () => {
            await nodeFileSystem.rename(to, from);
            if (before !== null) await nodeFileSystem.writeFile(to, before);
          },
        });
      }),
    rm: (path, options) =>
      step(async () => {
        const before = await filesBelow(String(path));
        await nodeFileSystem.rm(path, options);
        changes.push({ folder: dirname(String(path)), undo: () => putBack(before) });
      }),
  };
  const forget = async (how: Forgotten): Promise<void> => {
    // Content first: a name that stays keeps a file whose blocks never came.
    for (const path of unsynced) {
      const bytes = await contentOf(path);
      if (bytes !== null) await nodeFileSystem.writeFile(path, how === 'empty' ? Buffer.alloc(0) : Buffer.alloc(bytes.length));
    }
    for (const { undo } of changes.toReversed()) await undo().catch(() => undefined);
    changes = [];
    unsynced.clear();
  };
  return { fileSystem, used: () => used, forget };
};

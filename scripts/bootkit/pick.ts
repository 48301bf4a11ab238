// Picks files out of the unpacked packages: programs with the libraries they need, links with what they point at.
import { readFile, readlink, lstat, readdir } from 'node:fs/promises';
import { dirname, join, normalize, posix } from 'node:path';

import type { Entry } from './cpio.ts';
import { readElfNeeds } from './elf.ts';
import type { Root } from './root.ts';

/** Where the dynamic loader of Debian amd64 looks for libraries. */
const LIBRARY_FOLDERS = ['usr/lib/x86_64-linux-gnu', 'usr/lib'];

/** A link target as a path relative to the root; absolute targets count from the root, not from the building computer. */
const linkedPath = (path: string, target: string): string => {
  const full = target.startsWith('/') ? target.slice(1) : posix.join(dirname(path), target);
  return normalize(full).replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/');
};

export type Picker = {
  /** Adds a path (relative, /usr merged); links bring their targets, programs their libraries. Throws when it is missing. */
  add(path: string): Promise<void>;
  /** Adds a program by name from /usr/bin or /usr/sbin. */
  addProgram(name: string): Promise<void>;
  /** Adds a file that no package holds, with the libraries it needs. */
  addForeign(path: string, data: Buffer): Promise<void>;
  readonly has: (path: string) => boolean;
  readonly entries: () => Entry[];
};

/** Starts an empty selection from `root`. */
export const startPicking = (root: Root): Picker => {
  const picked = new Map<string, Entry>();

  const library = async (name: string, needer: string, runPath: readonly string[]): Promise<string> => {
    const own = runPath.map((folder) => normalize(folder.replace(/\$\{?ORIGIN\}?/, `/${dirname(needer)}`)).replace(/^\//, ''));
    for (const folder of [...own, ...LIBRARY_FOLDERS]) {
      const path = posix.join(folder, name);
      const found = await lstat(join(root.folder, path)).catch(() => undefined);
      if (found !== undefined) return path;
    }
    throw new Error(`${needer} needs ${name}, which no package of the kit holds`);
  };

  const add = async (path: string): Promise<void> => {
    if (picked.has(path)) return;
    const file = join(root.folder, path);
    const status = await lstat(file);
    if (status.isSymbolicLink()) {
      const target = await readlink(file);
      picked.set(path, { kind: 'link', path, target });
      await add(linkedPath(path, target));
      return;
    }
    if (status.isDirectory()) {
      await addFolder(path);
      return;
    }
    await addFile(path, await readFile(file), (status.mode & 0o111) !== 0);
  };

  const addFile = async (path: string, data: Buffer, executable: boolean): Promise<void> => {
    picked.set(path, { kind: 'file', path, data, executable });
    const needs = readElfNeeds(data);
    if (needs === undefined) return;
    if (needs.interpreter !== undefined) await add(linkedPath('', needs.interpreter));
    for (const name of needs.libraries) await add(await library(name, path, needs.runPath));
  };

  const addProgram = async (name: string): Promise<void> => {
    let found = false;
    // Some packages put a program into one folder and a link to it into the other: both are wanted.
    for (const folder of ['usr/bin', 'usr/sbin']) {
      const path = `${folder}/${name}`;
      if ((await lstat(join(root.folder, path)).catch(() => undefined)) === undefined) continue;
      found = true;
      await add(path);
    }
    if (!found) throw new Error(`no package of the kit holds the program ${name}`);
  };

  const addFolder = async (path: string): Promise<void> => {
    picked.set(path, { kind: 'folder', path });
    for (const name of (await readdir(join(root.folder, path))).toSorted()) await add(posix.join(path, name));
  };

  return {
    add,
    addProgram,
    addForeign: (path, data) => addFile(path, data, true),
    has: (path) => picked.has(path),
    entries: () => [...picked.values()],
  };
};

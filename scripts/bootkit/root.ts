// Unpacks the fetched packages into one tree (nothing is installed, no script of theirs is run) and remembers which package
// each file came from. The kit is picked from this tree, and its tools (mksquashfs, depmod, strip …) are run out of it, so
// that the result does not depend on what the building computer has installed.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Fetched } from './fetch.ts';
import { run } from './run.ts';
import type { RunOptions } from './run.ts';

/** The unpacked packages. Paths are relative to `folder`, without leading slash, with /usr merged. */
export type Root = {
  readonly folder: string;
  /** Path to package name. */
  readonly owners: ReadonlyMap<string, string>;
  /** Changes when any package changes. */
  readonly key: string;
  /** Runs one of the tree's own programs with the tree's own libraries. */
  readonly tool: (program: string, args: readonly string[], options?: RunOptions) => Promise<string>;
};

/** Debian's merged /usr: what packages may still call /bin or /lib lies in /usr. */
const MERGED = new Set(['bin', 'sbin', 'lib', 'lib64']);

const mergedPath = (path: string): string => (MERGED.has(path.split('/')[0] ?? '') ? `usr/${path}` : path);

const LIBRARY_FOLDERS = ['usr/lib/x86_64-linux-gnu', 'usr/lib'];

const unpackOne = async (deb: string, name: string, folder: string, owners: Map<string, string>): Promise<void> => {
  const scratch = `${folder}.deb`;
  await rm(scratch, { recursive: true, force: true });
  await run('dpkg-deb', ['-x', deb, scratch]);
  for (const entry of await readdir(scratch, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(scratch.length + 1);
    const target = mergedPath(path);
    if (entry.isDirectory()) await mkdir(join(folder, target), { recursive: true });
    else {
      await mkdir(dirname(join(folder, target)), { recursive: true });
      await rename(join(scratch, path), join(folder, target));
      owners.set(target, name);
    }
  }
  await rm(scratch, { recursive: true, force: true });
};

/** Unpacks (or finds unpacked) the packages of a lock below `cacheFolder`. */
export const openRoot = async (fetched: Fetched, cacheFolder: string, say: (line: string) => void): Promise<Root> => {
  const hashes = fetched.lock.packages.map((one) => one.sha256).join('\n');
  const key = createHash('sha256').update(`root 1\n${hashes}`).digest('hex').slice(0, 16);
  const folder = join(cacheFolder, `root-${key}`);
  const ownersFile = `${folder}.owners.json`;
  let text = await readFile(ownersFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    say(`unpacking ${fetched.lock.packages.length} packages`);
    await rm(folder, { recursive: true, force: true });
    const owners = new Map<string, string>();
    await mkdir(join(folder, 'usr'), { recursive: true });
    for (const name of MERGED) {
      await mkdir(join(folder, 'usr', name), { recursive: true });
      await symlink(`usr/${name}`, join(folder, name));
    }
    for (const one of fetched.lock.packages) await unpackOne(join(fetched.debFolder, `${one.sha256}.deb`), one.name, folder, owners);
    text = JSON.stringify(Object.fromEntries(owners));
    // Written last: its presence says that the tree is whole.
    await writeFile(ownersFile, text);
  }
  const owners = new Map(Object.entries(JSON.parse(text) as Record<string, string>));

  const find = async (program: string): Promise<string> => {
    for (const place of ['usr/bin', 'usr/sbin']) {
      const path = join(folder, place, program);
      if ((await stat(path).catch(() => undefined)) !== undefined) return realpath(path);
    }
    throw new Error(`no ${program} among the unpacked packages`);
  };
  const libraries = LIBRARY_FOLDERS.map((path) => join(folder, path)).join(':');
  return {
    folder,
    owners,
    key,
    tool: async (program, args, options) =>
      run(
        join(folder, 'usr/lib64/ld-linux-x86-64.so.2'),
        ['--library-path', libraries, '--argv0', program, await find(program), ...args],
        options,
      ),
  };
};

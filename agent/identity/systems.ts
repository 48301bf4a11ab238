// Where in a filesystem to look: the root of a system, a /var of its own, a boot partition. Told by what lies there and not by fstab,
// whose names for disks mean nothing here.
import type { Tree } from './tree.ts';
import { below, rooted } from './tree.ts';

export type Place = {
  /** As everybody calls its paths: a /var that is a filesystem of its own has them under /var. */
  readonly tree: Tree;
  /** From the filesystem's root, with the system's path for it taken off: '' or a Btrfs subvolume. */
  readonly folder: string;
};

const FOLDERS_MOST = 512;

type Subvolumes = { readonly hasSubvolumes: boolean; readonly startFolder: string | null };

/** Systems may lie in folders of a Btrfs, two levels down at most, and in the subvolume that it starts from. */
export const placesIn = async (tree: Tree, { hasSubvolumes, startFolder }: Subvolumes): Promise<readonly Place[]> => {
  const inside = hasSubvolumes ? await foldersIn(tree) : [];
  const folders = new Set(['', ...(startFolder === null ? [] : [startFolder]), ...inside]);
  const places: Place[] = [];
  for (const folder of folders) {
    const here = below(tree, folder);
    if (await isSystem(here)) places.push({ tree: rooted(here), folder });
    else if (await isVar(here)) places.push({ tree: rooted(under(here, '/var')), folder });
    else if (folder === '') places.push({ tree: rooted(here), folder });
  }
  return places;
};

const isFolder = async (tree: Tree, path: string): Promise<boolean> => (await tree.stat(path))?.type === 'folder';

const isSystem = async (tree: Tree): Promise<boolean> => {
  if (!(await isFolder(tree, '/etc'))) return false;
  for (const path of ['/etc/os-release', '/usr/lib/os-release', '/etc/fstab', '/etc/machine-id'])
    if ((await tree.stat(path)) !== null) return true;
  return false;
};

const isVar = async (tree: Tree): Promise<boolean> =>
  (await isFolder(tree, '/lib')) && ((await isFolder(tree, '/log')) || (await isFolder(tree, '/spool'))) && !(await isFolder(tree, '/etc'));

const foldersIn = async (tree: Tree): Promise<readonly string[]> => {
  const found: string[] = [];
  const add = async (folder: string, deeper: boolean): Promise<void> => {
    for (const name of await tree.list(folder === '' ? '/' : folder)) {
      const path = `${folder}/${name}`;
      // Snapper's snapshots are history, and cannot be written; the one that is the system is found as the default subvolume.
      if (found.length >= FOLDERS_MOST || name === '.snapshots' || !(await isFolder(tree, path))) continue;
      found.push(path);
      if (deeper) await add(path, false);
    }
  };
  await add('', true);
  return found;
};

/** A tree as it looks once it is mounted at `folder`; outside of that there is nothing. */
const under = (tree: Tree, folder: string): Tree => {
  const inside = (path: string): string | null =>
    path === folder ? '/' : path.startsWith(`${folder}/`) ? path.slice(folder.length) : null;
  const needed = (path: string): string => {
    const found = inside(path);
    if (found === null) throw Object.assign(new Error(`${path} is on another filesystem`), { code: 'EXDEV', errno: -18, syscall: 'open' });
    return found;
  };
  return {
    stat: async (path) => (inside(path) === null ? null : tree.stat(needed(path))),
    list: async (path) => (inside(path) === null ? [] : tree.list(needed(path))),
    read: (path) => tree.read(needed(path)),
    target: (path) => tree.target(needed(path)),
    remove: (path) => tree.remove(needed(path)),
    write: (path, bytes) => tree.write(needed(path), bytes),
    link: (path, target) => tree.link(needed(path), target),
  };
};

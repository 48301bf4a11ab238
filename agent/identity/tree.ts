// A filesystem as those see it who look for identity: few calls, so that a fixture is as good as a mounted disk. Nothing that a disk
// says leads out of it: links are followed here, inside the root, and never by the system underneath.

export type TreeEntry = { readonly type: 'file' | 'folder' | 'link' | 'other'; readonly sizeBytes: number };

/** Paths begin with `/`. Of a path's last part nothing is followed. Methods reject with the system's error when the filesystem fails. */
export type Tree = {
  /** Null where there is nothing. */
  stat(path: string): Promise<TreeEntry | null>;
  /** Names in a folder, sorted; empty where there is none. */
  list(path: string): Promise<readonly string[]>;
  /** A file's bytes. */
  read(path: string): Promise<Uint8Array>;
  /** Where a link points. */
  target(path: string): Promise<string>;
  /** A file, a link, or a folder with everything in it. */
  remove(path: string): Promise<void>;
  /** A file's new content in its place, so that owner, mode and labels stay; a new file is made with its folders. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  link(path: string, target: string): Promise<void>;
};

const LINKS_MOST = 40;

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The same path without links in it; with `last`, its last part is followed too. Null where links go round in circles. */
export const resolve = async (tree: Tree, path: string, last: boolean): Promise<string | null> => {
  let waiting = path.split('/').filter((part) => part !== '');
  let done = '';
  let links = 0;
  for (;;) {
    const [part, ...rest] = waiting;
    if (part === undefined) return done === '' ? '/' : done;
    waiting = rest;
    if (part === '.') continue;
    if (part === '..') {
      done = parentOf(done);
      continue;
    }
    const here = `${done}/${part}`;
    const isLast = rest.length === 0;
    if ((isLast && !last) || (await tree.stat(here))?.type !== 'link') {
      done = here;
      continue;
    }
    links += 1;
    if (links > LINKS_MOST) return null;
    const target = await tree.target(here);
    if (target.startsWith('/')) done = '';
    waiting = [...target.split('/').filter((one) => one !== ''), ...rest];
  }
};

/** The same tree, in which links among the folders of a path lead on inside of it. */
export const rooted = (tree: Tree): Tree => {
  const inside = async (path: string): Promise<string> => {
    const found = await resolve(tree, path, false);
    if (found === null) throw Object.assign(new Error(`${path} leads in circles`), { code: 'ELOOP', errno: -40, syscall: 'open' });
    return found;
  };
  const quiet = async <T>(path: string, otherwise: T, work: (path: string) => Promise<T>): Promise<T> => {
    const found = await resolve(tree, path, false);
    return found === null ? otherwise : work(found);
  };
  return {
    stat: (path) => quiet(path, null, tree.stat),
    list: async (path) => {
      const found = await resolve(tree, path, true);
      return found === null ? [] : tree.list(found);
    },
    read: async (path) => tree.read(await inside(path)),
    target: async (path) => tree.target(await inside(path)),
    remove: async (path) => tree.remove(await inside(path)),
    write: async (path, bytes) => tree.write(await inside(path), bytes),
    link: async (path, target) => tree.link(await inside(path), target),
  };
};

/** A folder of a tree as a tree of its own, from which no link leads out. */
export const below = (tree: Tree, folder: string): Tree =>
  folder === ''
    ? tree
    : {
        stat: (path) => tree.stat(`${folder}${path}`),
        list: (path) => tree.list(path === '/' ? folder : `${folder}${path}`),
        read: (path) => tree.read(`${folder}${path}`),
        target: (path) => tree.target(`${folder}${path}`),
        remove: (path) => tree.remove(`${folder}${path}`),
        write: (path, bytes) => tree.write(`${folder}${path}`, bytes),
        link: (path, target) => tree.link(`${folder}${path}`, target),
      };

/** Paths that fit a pattern, in which `*` stands for any letters within one part. */
export const matching = async (tree: Tree, pattern: string): Promise<readonly string[]> => {
  let found: readonly string[] = [''];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    const next: string[] = [];
    const expression = part.includes('*') ? new RegExp(`^${part.split('*').map(escape).join('.*')}$`, 's') : null;
    for (const folder of found) {
      if (expression === null) next.push(`${folder}/${part}`);
      else for (const name of await tree.list(folder === '' ? '/' : folder)) if (expression.test(name)) next.push(`${folder}/${name}`);
    }
    found = next;
  }
  const there: string[] = [];
  for (const path of found) if ((await tree.stat(path)) !== null) there.push(path);
  return there;
};

const escape = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Beyond this nothing is a configuration. */
const TEXT_MOST_BYTES = 1024 * 1024;

/** A file's text, its last link followed; null where there is no such file, or one that is no text. */
export const textOf = async (tree: Tree, path: string): Promise<string | null> => {
  const at = await resolve(tree, path, true);
  const entry = at === null ? null : await tree.stat(at);
  if (at === null || entry?.type !== 'file' || entry.sizeBytes > TEXT_MOST_BYTES) return null;
  const text = Buffer.from(await tree.read(at)).toString('utf8');
  return text.includes('\0') ? null : text;
};

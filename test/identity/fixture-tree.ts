// A filesystem in memory: text is a file, `-> target` a link. Folders are there because something is in them.
import type { Tree } from '../../agent/identity/tree.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;
export type FixtureTree = Tree & { readonly files: () => Readonly<Record<string, string>> };

export const fixtureTree = (files: Files): FixtureTree => {
  const all = new Map<string, Uint8Array>(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  const textAt = (path: string): string | null => {
    const bytes = all.get(path);
    return bytes === undefined ? null : Buffer.from(bytes).toString();
  };
  const linkAt = (path: string): string | null => /^-> (.*)$/s.exec(textAt(path) ?? '')?.[1] ?? null;
  const isFolder = (path: string): boolean => path === '/' || [...all.keys()].some((one) => one.startsWith(`${path}/`));
  return {
    files: () => Object.fromEntries([...all].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])),
    stat: (path) => {
      const bytes = all.get(path);
      if (bytes === undefined) return Promise.resolve(isFolder(path) ? { type: 'folder', sizeBytes: 0 } : null);
      return Promise.resolve({ type: linkAt(path) === null ? 'file' : 'link', sizeBytes: bytes.length });
    },
    list: (path) => {
      const prefix = path === '/' ? '/' : `${path}/`;
      const names = [...all.keys()].filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length).split('/')[0] ?? '');
      return Promise.resolve([...new Set(names)].toSorted());
    },
    read: (path) => Promise.resolve(all.get(path) ?? new Uint8Array()),
    target: (path) => Promise.resolve(linkAt(path) ?? ''),
    remove: (path) => {
      for (const one of [...all.keys()]) if (one === path || one.startsWith(`${path}/`)) all.delete(one);
      return Promise.resolve();
    },
    write: (path, bytes) => {
      all.set(path, Uint8Array.from(bytes));
      return Promise.resolve();
    },
    link: (path, target) => {
      all.set(path, Buffer.from(`-> ${target}`));
      return Promise.resolve();
    },
  };
};

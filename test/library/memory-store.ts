// A library in memory, of which any byte can be changed: for tests that do so tens of thousands of times.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { LibraryStore } from '../../main/library/store.ts';
import { filesOf } from './small-library.ts';

export const readFiles = async (folder: string): Promise<Map<string, Buffer>> =>
  new Map(await Promise.all((await filesOf(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const)));

export const memoryStore = (files: Map<string, Buffer>): LibraryStore => {
  const missing = (name: string) => failed('library.missing', `no ${name}`, 'nothing');
  return {
    location: 'memory',
    list: (folder) => Promise.resolve(success([...files.keys()].filter((name) => name.startsWith(`${folder}/`)).toSorted())),
    size: (name) => Promise.resolve(success(files.get(name)?.length ?? null)),
    readRange: (name, offset, length) => {
      const bytes = files.get(name);
      if (bytes === undefined) return Promise.resolve(missing(name));
      return Promise.resolve(
        offset + length > bytes.length ? failed('library.torn', 'torn', 'nothing') : success(bytes.subarray(offset, offset + length)),
      );
    },
    readAll: (name, maxBytes) => {
      const bytes = files.get(name);
      if (bytes === undefined) return Promise.resolve(missing(name));
      return Promise.resolve(bytes.length > maxBytes ? failed('library.torn', 'too large', 'nothing') : success(bytes));
    },
    putOnce: (name, parts) => {
      const bytes = Buffer.concat(parts);
      if (files.get(name)?.length === bytes.length) return Promise.resolve(success('present' as const));
      files.set(name, bytes);
      return Promise.resolve(success('created' as const));
    },
    replace: (name, parts) => Promise.resolve(success((files.set(name, Buffer.concat(parts)), null))),
    putStream: async (name, { sizeBytes, read, accept }) => {
      const bytes = await read(0, sizeBytes);
      const accepted = bytes.ok ? accept() : bytes;
      if (accepted.ok && bytes.ok) files.set(name, Buffer.from(bytes.value));
      return accepted;
    },
    delete: (name) => {
      for (const one of files.keys()) if (one === name || one.startsWith(`${name}/`)) files.delete(one);
      return Promise.resolve(success(null));
    },
    freeBytes: () => Promise.resolve(null),
  };
};

// Small libraries for the tests of what happens to libraries: images of a few chunks, of chosen and partly shared content.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { startChunkPool } from '../../main/library/chunk-pool.ts';
import type { Library, LibraryOptions } from '../../main/library/library.ts';
import { openLibrary } from '../../main/library/library.ts';
import { noise } from '../image/real-disk.ts';

export const CHUNK = 256 * 1024;

export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

export const filesOf = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted();

export type SmallLibraries = {
  readonly key: SigningKey;
  readonly open: (name: string, more?: Partial<LibraryOptions>) => Promise<Library>;
  readonly path: (name: string) => string;
  /** Imports an image with one chunk for each word; equal words are equal chunks. */
  readonly add: (library: Library, name: string, words: readonly string[], revision?: number) => Promise<string>;
  readonly copy: (from: string, to: string) => Promise<string>;
  /** Unpacks an exported file into a folder. */
  readonly copyTar: (file: string, to: string) => Promise<string>;
  readonly closeAll: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** `scratch` is where the files lie that are imported. */
export const smallLibraries = (folder: string, scratch = folder): SmallLibraries => {
  const key = generateSigningKey();
  const pool = startChunkPool(1);
  const opened: Library[] = [];
  const path = (name: string): string => join(folder, name);
  return {
    key,
    path,
    open: async (name, more = {}) => {
      const trustedKeys = trustedKeysOf([key.publicKey]);
      const library = valueOf(await openLibrary({ folder: path(name), trustedKeys: () => trustedKeys, signingKey: key, pool, ...more }));
      opened.push(library);
      return library;
    },
    add: async (library, name, words, revision = 1) => {
      const sourcePath = join(scratch, 'source.raw');
      await writeFile(sourcePath, Buffer.concat(words.map((word) => noise(word, CHUNK))));
      return valueOf(await library.importImage({ sourcePath, name, revision, allowNoPartitionTable: true })).osoid;
    },
    copy: async (from, to) => {
      await cp(path(from), path(to), { recursive: true });
      return to;
    },
    copyTar: async (file, to) => {
      await mkdir(path(to));
      execFileSync('tar', ['-xf', file, '-C', path(to)]);
      return to;
    },
    closeAll: async () => {
      for (const library of opened.splice(0)) await library.close();
    },
    stop: () => pool.stop(),
  };
};

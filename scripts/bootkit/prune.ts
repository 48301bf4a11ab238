// Keeps the builder's cache from growing: each unpacked tree is a gigabyte, and only the newest is ever used again.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const KEYED = /^(root|modules|base)-([0-9a-f]{16})/;

/** Names in the cache that belong to other keys than those in use. */
export const outdated = (names: readonly string[], keysInUse: readonly string[]): string[] =>
  names.filter((name) => {
    const key = KEYED.exec(name)?.[2];
    return key !== undefined && !keysInUse.includes(key);
  });

export const pruneCache = async (cacheFolder: string, keysInUse: readonly string[]): Promise<void> => {
  for (const name of outdated(await readdir(cacheFolder), keysInUse)) await rm(join(cacheFolder, name), { recursive: true, force: true });
};

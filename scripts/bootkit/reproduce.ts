// Compares two builds file by file, in both directions: a file that only one of them has is a difference too.
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

export type Compared = {
  /** Paths below the folders whose bytes differ or that one folder lacks, sorted. */
  readonly differing: readonly string[];
  readonly equal: number;
};

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
};

export const differingFiles = async (one: string, two: string): Promise<Compared> => {
  const paths = new Set([...(await filesBelow(one)), ...(await filesBelow(two))]);
  const differing: string[] = [];
  for (const path of [...paths].toSorted()) {
    const [first, second] = await Promise.all([one, two].map((folder) => readFile(join(folder, path)).catch(() => null)));
    if (!first || !second || !first.equals(second)) differing.push(path);
  }
  return { differing, equal: paths.size - differing.length };
};

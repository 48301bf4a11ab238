// The lock file: the exact Debian packages a kit is made of. Same lock, same kit, byte for byte.
import { readFile, rename, writeFile } from 'node:fs/promises';

/** One package as Debian's signed lists describe it; `path` is relative to the mirror. */
export type LockedPackage = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the .deb file, lower-case hex. */
  readonly sha256: string;
};

export type Lock = {
  readonly format: 1;
  readonly suite: string;
  /** Whether the suite's security updates were read too; their paths begin with `pool/updates/`. */
  readonly security: boolean;
  readonly components: readonly string[];
  readonly architecture: string;
  /** What was asked for when the lock was made: another list makes the lock stale. */
  readonly requested: readonly string[];
  /** In name order. */
  readonly packages: readonly LockedPackage[];
};

export const readLock = async (file: string): Promise<Lock | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Lock);
};

/** One package a line, so that a difference shows which package moved. */
export const formatLock = (lock: Lock): string => {
  const { packages, ...head } = lock;
  const rows = packages.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const top = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  return `{\n${top.join('\n')}\n  "packages": [\n${rows}\n  ]\n}\n`;
};

export const writeLock = async (file: string, lock: Lock): Promise<void> => {
  await writeFile(`${file}.new`, formatLock(lock));
  await rename(`${file}.new`, file);
};

/** What changed between two locks, one sentence part per package: `linux 1 -> 2`, `+ new 1`, `- gone 1`. */
export const lockChanges = (before: readonly LockedPackage[], after: readonly LockedPackage[]): string[] => {
  const old = new Map(before.map((one) => [one.name, one]));
  const now = new Map(after.map((one) => [one.name, one]));
  const changes: string[] = [];
  for (const one of after) {
    const was = old.get(one.name);
    if (was === undefined) changes.push(`+ ${one.name} ${one.version}`);
    else if (was.sha256 !== one.sha256) changes.push(`  ${one.name} ${was.version} -> ${one.version}`);
  }
  for (const one of before) if (!now.has(one.name)) changes.push(`- ${one.name} ${one.version}`);
  return changes;
};

// Brings the locked packages into the cache: from the cache when they are there, else through apt. When the mirror has moved
// on (Debian replaced a package) or the security updates cannot be reached, goes on with a fresh lock and says so.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openArchives } from './archives.ts';
import { lockChanges, readLock, writeLock } from './lock.ts';
import type { Lock, LockedPackage } from './lock.ts';
import { isBuildStop, stopBuild } from './run.ts';

/** `packages.json`: what the kit is made from. */
export type PackageList = {
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Dependencies that exist for installing on a real system and hold nothing the kit uses. */
  readonly leaveOut: readonly string[];
};

export type FetchOptions = {
  readonly list: PackageList;
  readonly lockFile: string;
  readonly cacheFolder: string;
  /** Override the computer's own mirrors. */
  readonly mirror?: string | undefined;
  readonly securityMirror?: string | undefined;
  /** Resolve anew and write the lock file. */
  readonly updateLock: boolean;
  readonly say: (line: string) => void;
};

/** The lock that was used, and the folder holding `<sha256>.deb` for each of its packages. */
export type Fetched = { readonly lock: Lock; readonly debFolder: string };

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

const missingFrom = async (folder: string, packages: readonly LockedPackage[]): Promise<LockedPackage[]> => {
  const missing: LockedPackage[] = [];
  for (const one of packages) {
    const data = await readFile(join(folder, `${one.sha256}.deb`)).catch(() => undefined);
    if (data === undefined || sha256(data) !== one.sha256) missing.push(one);
  }
  return missing;
};

const sameWords = (a: readonly string[], b: readonly string[]): boolean => a.join(' ') === b.join(' ');

const isSecurityUpdate = (one: LockedPackage): boolean => one.path.startsWith('pool/updates/');

/**
 * Returns a lock whose packages all lie, verified, in the cache. Without `updateLock` the committed lock is used as it is, as
 * long as the mirror still has its packages; a stand-in lock is kept in the cache beside the committed one it replaces.
 */
export const fetchPackages = async (options: FetchOptions): Promise<Fetched> => {
  const { list, lockFile, cacheFolder, say } = options;
  const debFolder = join(cacheFolder, 'debs');
  await mkdir(debFolder, { recursive: true });
  const requested = Object.values(list.groups).flat().toSorted();
  const committed = await readLock(lockFile);
  const current = committed !== undefined && sameWords(committed.requested, requested) ? committed : undefined;
  const standInFile = join(cacheFolder, `lock-instead-of-${sha256(JSON.stringify(committed ?? null)).slice(0, 16)}.json`);

  const kept = await readLock(standInFile);
  const isWhole = kept !== undefined && sameWords(kept.requested, requested) && (await missingFrom(debFolder, kept.packages)).length === 0;
  const standIn = isWhole && !options.updateLock ? kept : undefined;
  const useStandIn = (lock: Lock): Fetched => {
    say(`using the packages of an earlier build instead of the locked ones; --update-lock records them in ${lockFile}`);
    return { lock, debFolder };
  };
  if (!options.updateLock && current !== undefined) {
    const missing = await missingFrom(debFolder, current.packages);
    if (missing.length === 0) return { lock: current, debFolder };
    // One made when the security updates could not be reached is tried again: perhaps they can now.
    if (standIn !== undefined && (standIn.security || !current.security)) return useStandIn(standIn);
  }

  const { mirror, securityMirror } = options;
  const opened = await openArchives({ ...list, cacheFolder, mirror, securityMirror, say }).catch((error: unknown) => {
    if (standIn === undefined || !isBuildStop(error) || error.failure.code !== 'bootkit.tool-failed') throw error;
    return standIn;
  });
  if (!('apt' in opened)) return useStandIn(opened);
  const { apt, security } = opened;
  let lock = options.updateLock ? undefined : current;
  if (lock !== undefined) {
    const missing = await missingFrom(debFolder, lock.packages);
    const offered = await apt.offered(missing);
    if (offered.length < missing.length) {
      const gone = missing.filter((one) => !offered.includes(one));
      const names = gone.map((one) => `${one.name} ${one.version}`);
      const why = !security && gone.every(isSecurityUpdate) ? 'are security updates' : 'are gone from the mirror';
      say(`${gone.length} locked package(s) ${why}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`);
      say('going on with what there is now. To record that: npm run bootkit -- --update-lock, and commit scripts/bootkit/lock.json');
      lock = undefined;
    }
  }
  if (lock === undefined) {
    const { suite, components, architecture } = list;
    const resolved = await apt.resolve(requested);
    const left = new Set(list.leaveOut);
    lock = { format: 1, suite, security, components, architecture, requested, packages: resolved.filter((one) => !left.has(one.name)) };
    const changes = lockChanges(committed?.packages ?? [], lock.packages);
    for (const change of changes) say(change);
    // A list of requested packages that changed is a change of the source: its lock belongs into the source too.
    const target = options.updateLock || current === undefined ? lockFile : standInFile;
    await writeLock(target, lock);
    say(`${changes.length} package(s) changed; wrote ${target}`);
  }
  const missing = await missingFrom(debFolder, lock.packages);
  const megabytes = Math.ceil(missing.reduce((sum, one) => sum + one.sizeBytes, 0) / 1e6);
  if (missing.length > 0) {
    say(`fetching ${missing.length} packages (${megabytes} MB)`);
    await apt.download(missing, debFolder);
  }
  const bad = await missingFrom(debFolder, lock.packages);
  if (bad.length > 0) {
    stopBuild(
      'bootkit.hash-mismatch',
      `${bad[0]?.name ?? ''} does not have the locked SHA-256.`,
      'Delete .cache/bootkit/debs and try again, or use another mirror.',
    );
  }
  return { lock, debFolder };
};

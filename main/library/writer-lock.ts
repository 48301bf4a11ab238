// One writer per library folder, many readers. A file with a heartbeat, because exFAT and network folders have no locks to rely on; and a
// token in it, by which a writer that slept notices before each write that another has taken over (docs/adr/0029).
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure } from './failures.ts';
import { TEMPORARY_FOLDER } from './folder-store.ts';
import { LOCK_NAME } from './names.ts';

const HEARTBEAT_MS = 10_000;
const STALE_MS = 60_000;

export type WriterLock = {
  /**
   * Takes the lock, or joins the holder within this process; release with the returned function. Codes `library.in-use`,
   * `library.lock-lost` until those who lost it have ended.
   */
  readonly hold: () => Promise<Result<() => Promise<void>>>;
  /** Before each write: whether the lock is still the one that was taken here. Code `library.lock-lost`, from then on. */
  readonly check: () => Promise<Result<null>>;
};

export type LockOptions = {
  readonly now?: (() => number) | undefined;
  /** Called when the lock is taken again after it was lost: others have written meanwhile. */
  readonly reread?: () => Promise<Result<null>>;
};

type Holder = { readonly host: string; readonly pid: number; readonly boot: string | null; readonly token: string };

/** Tokens of the locks that this process holds: its number may have been another process's before. */
const heldHere = new Set<string>();

/** Counts its holders: concurrent imports of one station share the lock. */
export const writerLock = (folder: string, { now = Date.now, reread }: LockOptions = {}): WriterLock => {
  const path = join(folder, LOCK_NAME);
  let holders = 0;
  let heartbeat: NodeJS.Timeout | undefined;
  let taking: Promise<Result<string>> | undefined;
  let token: string | null = null;
  let isLost = false;
  let beatAtMs = 0;

  const check = async (): Promise<Result<null>> => {
    if (token === null) return success(null);
    if (isLost) return lost;
    const holder = await holderOf(path);
    if (holder?.token !== token) {
      isLost = true;
      return lost;
    }
    // After a sleep it may be about to be taken: it is made fresh first, and looked at again.
    if (now() - beatAtMs < 2 * HEARTBEAT_MS) return success(null);
    await touch();
    return check();
  };
  const touch = async (): Promise<void> => {
    beatAtMs = now();
    await utimes(path, beatAtMs / 1000, beatAtMs / 1000).catch(() => undefined);
  };
  const beat = async (): Promise<void> => {
    if (token !== null && !isLost && (await holderOf(path))?.token === token) await touch();
  };
  const take = async (): Promise<Result<string>> => {
    const taken = await takeLock(path, now);
    if (!taken.ok) return taken;
    const wasLost = isLost;
    token = taken.value;
    heldHere.add(token);
    isLost = false;
    beatAtMs = now();
    const read = wasLost && reread !== undefined ? await reread() : success(null);
    if (!read.ok) {
      isLost = true;
      await letGo(path, token);
      token = null;
      return read;
    }
    heartbeat = setInterval(() => void beat(), HEARTBEAT_MS).unref();
    return taken;
  };
  const release = async (): Promise<void> => {
    if (--holders > 0) return;
    clearInterval(heartbeat);
    taking = undefined;
    const mine = token;
    token = null;
    if (mine !== null) await letGo(path, mine);
  };
  return {
    check,
    hold: async () => {
      if (isLost && token !== null) return lost;
      holders++;
      taking ??= take();
      const taken = await taking;
      if (!taken.ok) {
        if (--holders === 0) taking = undefined;
        return taken;
      }
      let released = false;
      return success(async () => {
        if (released) return;
        released = true;
        await release();
      });
    },
  };
};

const lost = failed(
  'library.lock-lost',
  'While this station slept or was cut off, another one took this library over for writing.',
  'Order it again once the other station is done: the library is read anew first.',
);

/** Another's lock stays. */
const letGo = async (path: string, token: string): Promise<void> => {
  heldHere.delete(token);
  if ((await holderOf(path))?.token === token) await rm(path, { force: true }).catch(() => undefined);
};

const takeLock = async (path: string, now: () => number): Promise<Result<string>> => {
  const token = randomBytes(16).toString('hex');
  for (let attempt = 0; attempt < 2; attempt++) {
    let isMade = false;
    try {
      await using file = await open(path, 'wx');
      isMade = true;
      await file.writeFile(JSON.stringify({ host: hostname(), pid: process.pid, boot: BOOT_ID, token }));
      await file.sync().catch(() => undefined);
      await file.utimes(now() / 1000, now() / 1000);
      return success(token);
    } catch (error) {
      // On a full disk: a lock without content names nobody, and would keep everybody out for a minute.
      if (isMade) await rm(path, { force: true }).catch(() => undefined);
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return storeFailure(error, LOCK_NAME);
    }
    const holder = await holderOf(path);
    if (!(await isStale(path, holder, now))) break;
    await removeStale(path, holder);
  }
  const holder = await holderOf(path);
  return failed(
    'library.in-use',
    `Another station (${holder?.host ?? '?'}) is writing to this library.`,
    'Wait until it is done, or close it there.',
  );
};

/** Moved away first: where two find the same one stale, the second would remove the first's new lock. */
const removeStale = async (path: string, stale: Holder | null): Promise<void> => {
  const folder = join(dirname(path), TEMPORARY_FOLDER);
  const aside = join(folder, `${randomBytes(4).toString('hex')}.lock`);
  try {
    await mkdir(folder, { recursive: true });
    if ((await holderOf(path))?.token !== stale?.token) return;
    await rename(path, aside);
    const moved = await holderOf(aside);
    if (moved?.token === stale?.token) await rm(aside, { force: true });
    else await rename(aside, path);
  } catch {
    // It went meanwhile.
  }
};

/**
 * A holder of this very boot of this machine is gone when its process is; any other, and one that hangs, when its heartbeat stopped for a
 * minute: two machines may have one name.
 */
const isStale = async (path: string, holder: Holder | null, now: () => number): Promise<boolean> => {
  if (holder !== null && holder.host === hostname() && (holder.boot === null || holder.boot === BOOT_ID)) {
    const isGone = holder.pid === process.pid ? !heldHere.has(holder.token) : !isRunning(holder.pid);
    if (isGone) return true;
  }
  const age = await stat(path).then(
    (found) => now() - found.mtimeMs,
    () => Infinity,
  );
  return age > STALE_MS;
};

/** Null where there is none, or none that can be read. */
const holderOf = async (path: string): Promise<Holder | null> => {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { host, pid, boot, token } = value as { host?: unknown; pid?: unknown; boot?: unknown; token?: unknown };
    return {
      host: typeof host === 'string' ? host.slice(0, 100) : '?',
      pid: typeof pid === 'number' ? pid : 0,
      boot: typeof boot === 'string' ? boot : null,
      token: typeof token === 'string' ? token : '',
    };
  } catch {
    return null;
  }
};

/** Linux names each boot; elsewhere the machine's name has to do. */
const BOOT_ID: string | null = (() => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
})();

const isRunning = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

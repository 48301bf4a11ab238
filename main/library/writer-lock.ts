// One writer per library folder, many readers. A file with a heartbeat, because exFAT and network folders have no locks to rely on.
import { hostname } from 'node:os';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure } from './failures.ts';
import { LOCK_NAME } from './names.ts';

const HEARTBEAT_MS = 10_000;
const STALE_MS = 60_000;

export type WriterLock = {
  /** Takes the lock, or joins the holder within this process; release with the returned function. Code `library.in-use`. */
  readonly hold: () => Promise<Result<() => Promise<void>>>;
};

/** Counts its holders: concurrent imports of one station share the lock. */
export const writerLock = (folder: string, now: () => number = Date.now): WriterLock => {
  const path = join(folder, LOCK_NAME);
  let holders = 0;
  let heartbeat: NodeJS.Timeout | undefined;
  let taking: Promise<Result<null>> | undefined;

  const beat = (): void => void utimes(path, now() / 1000, now() / 1000).catch(() => undefined);
  const release = async (): Promise<void> => {
    if (--holders > 0) return;
    clearInterval(heartbeat);
    taking = undefined;
    await rm(path, { force: true }).catch(() => undefined);
  };
  return {
    hold: async () => {
      holders++;
      taking ??= takeLock(path, now).then((taken) => {
        if (taken.ok) heartbeat = setInterval(beat, HEARTBEAT_MS).unref();
        return taken;
      });
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

const takeLock = async (path: string, now: () => number): Promise<Result<null>> => {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await using file = await open(path, 'wx');
      await file.writeFile(JSON.stringify({ host: hostname(), pid: process.pid }));
      return success(null);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return storeFailure(error, LOCK_NAME);
    }
    if (!(await isStale(path, now))) break;
    await rm(path, { force: true });
  }
  const holder = await holderOf(path);
  return failed(
    'library.in-use',
    `Another station (${holder.host}) is writing to this library.`,
    'Wait until it is done, or close it there.',
  );
};

/** A holder on this host is gone when its process is; elsewhere, when its heartbeat stopped for a minute. */
const isStale = async (path: string, now: () => number): Promise<boolean> => {
  const holder = await holderOf(path);
  if (holder.host === hostname() && holder.pid !== process.pid) return !isRunning(holder.pid);
  const age = await stat(path).then(
    (found) => now() - found.mtimeMs,
    () => Infinity,
  );
  return age > STALE_MS;
};

const holderOf = async (path: string): Promise<{ readonly host: string; readonly pid: number }> => {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { host, pid } = value as { host?: unknown; pid?: unknown };
    return { host: typeof host === 'string' ? host.slice(0, 100) : '?', pid: typeof pid === 'number' ? pid : 0 };
  } catch {
    return { host: '?', pid: 0 };
  }
};

const isRunning = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

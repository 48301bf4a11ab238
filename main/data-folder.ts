// Where a station keeps its own things on this computer, and the 0600 file by which windows and `rackside` find a running one.
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { failed, success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';

/** `RACKSIDE_DATA`, else the platform's own place for an application's data. */
export const defaultDataFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const given = environment['RACKSIDE_DATA'];
  if (given !== undefined && given !== '') return given;
  switch (process.platform) {
    case 'win32':
      return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Rackside');
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Rackside');
    default:
      return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'rackside');
  }
};

const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  url: z.string(),
  pipeUrl: z.string(),
  token: z.string(),
  startedAtMs: z.number(),
});
export type RuntimeFile = Readonly<z.infer<typeof runtimeSchema>>;

const runtimePath = (folder: string): string => join(folder, 'runtime.json');
const lockPath = (folder: string): string => join(folder, 'station.lock');

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The runtime file of a living station, or null. */
export const findRunningStation = (folder: string): RuntimeFile | null => {
  try {
    const parsed = runtimeSchema.safeParse(JSON.parse(readFileSync(runtimePath(folder), 'utf8')));
    return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
  } catch {
    return null;
  }
};

/** Whether the folder is another user's, who may have a station in it that this one can neither see nor reach. */
export const isOfAnotherUser = (folder: string): boolean => {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
};

/** Changes with every start of the computer, so that a number of the last one is not taken for a process of this one; Linux only. */
const bootOfComputer = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
};

type Holder = { readonly kind: 'station'; readonly pid: number } | { readonly kind: 'starting' } | { readonly kind: 'nobody' };

/** A lock is made and then filled: an empty one is a start that is under way, unless it stays empty. */
const STARTING_MS = 5_000;

const holderOf = (lock: string): Holder => {
  // Its owner may let go between our two looks.
  if (!existsSync(lock)) return { kind: 'nobody' };
  const [pidText = '', boot = ''] = readFileSync(lock, 'utf8').split('\n');
  if (pidText === '') return Date.now() - statSync(lock).mtimeMs < STARTING_MS ? { kind: 'starting' } : { kind: 'nobody' };
  const pid = Number(pidText);
  const isOfThisBoot = boot === '' || bootOfComputer() === '' || boot === bootOfComputer();
  const lives = Number.isInteger(pid) && pid > 0 && pid !== process.pid && isOfThisBoot && isAlive(pid);
  return lives ? { kind: 'station', pid } : { kind: 'nobody' };
};

/** A locked data folder; `publish` writes the runtime file, `release` removes both. */
export type DataFolder = { readonly folder: string; publish(runtime: Omit<RuntimeFile, 'pid'>): void; release(): void };

/** Creates and locks the folder. Failures: `station.already-running`, `station.folder-unwritable`. */
export const lockDataFolder = (folder: string): Result<DataFolder> => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < 2; tries += 1) {
      try {
        const file = openSync(lockPath(folder), 'wx', 0o600);
        writeSync(file, `${process.pid}\n${bootOfComputer()}`);
        closeSync(file);
        return success(locked(folder));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = holderOf(lockPath(folder));
        if (holder.kind === 'starting') break;
        if (holder.kind === 'station') {
          return failed(
            'station.already-running',
            `A station (process ${holder.pid}) already uses ${folder}.`,
            'Use that one, or give this one another folder with --data.',
          );
        }
        // Its process is gone: a station that was killed leaves its lock behind.
        rmSync(lockPath(folder), { force: true });
      }
    }
    return failed('station.already-running', `Another station is just starting in ${folder}.`, 'Try again in a moment.');
  } catch (error) {
    return failed(
      'station.folder-unwritable',
      `The data folder ${folder} cannot be written (${(error as Error).message}).`,
      'Free space or give another folder with --data.',
    );
  }
};

const locked = (folder: string): DataFolder => ({
  folder,
  publish: (runtime) => {
    rmSync(runtimePath(folder), { force: true });
    writeFileSync(runtimePath(folder), JSON.stringify({ ...runtime, pid: process.pid }), { mode: 0o600, flag: 'wx' });
  },
  release: () => {
    rmSync(runtimePath(folder), { force: true });
    rmSync(lockPath(folder), { force: true });
  },
});

/** The windows' token, kept 0600 so that an open browser finds its station again after a restart. */
export const windowToken = (folder: string): string => {
  const path = join(folder, 'window.token');
  try {
    const kept = readFileSync(path, 'utf8').trim();
    if (/^[A-Za-z0-9_-]{32,}$/.test(kept)) return kept;
  } catch {
    // None yet.
  }
  const token = randomBytes(24).toString('base64url');
  writeFileSync(path, token, { mode: 0o600 });
  return token;
};

// Where a station keeps its own things on this computer, and the 0600 file by which windows and `rackside` find a running one.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
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

/** A locked data folder; `publish` writes the runtime file, `release` removes both. */
export type DataFolder = { readonly folder: string; publish(runtime: Omit<RuntimeFile, 'pid'>): void; release(): void };

/** Creates and locks the folder. Failures: `station.already-running`, `station.folder-unwritable`. */
export const lockDataFolder = (folder: string): Result<DataFolder> => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < 2; tries += 1) {
      try {
        const file = openSync(lockPath(folder), 'wx', 0o600);
        writeSync(file, String(process.pid));
        closeSync(file);
        return success(locked(folder));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(readFileSync(lockPath(folder), 'utf8'));
        if (Number.isInteger(holder) && holder > 0 && holder !== process.pid && isAlive(holder)) {
          return failed(
            'station.already-running',
            `A station (process ${holder}) already uses ${folder}.`,
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

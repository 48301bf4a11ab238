// The lock with real processes: one that lives, one that was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultDataFolder, findRunningStation, isOfAnotherUser, lockDataFolder } from '../../main/data-folder.ts';
import type { DataFolder } from '../../main/data-folder.ts';

const RUNTIME = { url: 'http://127.0.0.1:1', pipeUrl: 'ws://127.0.0.1:1', token: 'secret', startedAtMs: 5 };
const onPosix = process.platform !== 'win32';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lock = (path = folder): DataFolder => {
  const locked = lockDataFolder(path);
  return locked.ok ? locked.value : expect.fail(locked.failure.message);
};
const refusal = (path = folder) => {
  const locked = lockDataFolder(path);
  return locked.ok ? expect.fail('the folder was locked') : locked.failure;
};
const lockFile = (): string => join(folder, 'station.lock');
const runtimeFile = (): string => join(folder, 'runtime.json');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Another process that locks the folder with the same code, and says so. */
const otherStation = async () => {
  const script = `import { lockDataFolder } from ${JSON.stringify(new URL('../../main/data-folder.ts', import.meta.url).href)};
    const locked = lockDataFolder(${JSON.stringify(folder)});
    if (locked.ok) locked.value.publish(${JSON.stringify(RUNTIME)});
    process.stdout.write(locked.ok ? 'locked' : locked.failure.code);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { pid: child.pid ?? 0, said: said.toString(), kill };
};

test.runIf(process.getuid?.() === 0)("another user's folder is told from one without a station", async () => {
  const script = `import { isOfAnotherUser } from ${JSON.stringify(new URL('../../main/data-folder.ts', import.meta.url).href)};
    process.setuid(65534);
    process.stdout.write([${JSON.stringify(folder)}, '/no/such/folder', '/'].map(isOfAnotherUser).join(' '));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('true false false');
  expect(isOfAnotherUser(folder)).toBe(false);
});

describe('the lock', () => {
  test('is made with the folder, belongs to its owner alone, and goes with release', () => {
    const inside = join(folder, 'a', 'b');
    const held = lock(inside);
    if (onPosix) expect([modeOf(inside), modeOf(join(inside, 'station.lock'))]).toEqual([0o700, 0o600]);
    held.release();
    expect(existsSync(join(inside, 'station.lock'))).toBe(false);
    lock(inside).release();
  });

  test('a living station keeps others out; one that was killed does not', async () => {
    const other = await otherStation();
    try {
      expect(other.said).toBe('locked');
      expect(refusal()).toMatchObject({ code: 'station.already-running', message: expect.stringContaining(`process ${other.pid}`) });
      expect(findRunningStation(folder)).toEqual({ ...RUNTIME, pid: other.pid });
    } finally {
      await other.kill();
    }
    expect(existsSync(lockFile())).toBe(true);
    expect(findRunningStation(folder)).toBeNull();
    lock().release();
  });

  test.runIf(existsSync('/proc/sys/kernel/random/boot_id'))('a number from before the computer restarted names nobody', () => {
    // This test's parent lives, as some other program with the number of a killed station would.
    writeFileSync(lockFile(), `${process.ppid}\n00000000-0000-0000-0000-000000000000`);
    lock().release();
    writeFileSync(lockFile(), `${process.ppid}\n${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`);
    expect(refusal().code).toBe('station.already-running');
    writeFileSync(lockFile(), String(process.ppid));
    expect(refusal().code).toBe('station.already-running');
  });

  test('an empty one is a start under way, until it has stayed empty', () => {
    writeFileSync(lockFile(), '');
    expect(refusal()).toMatchObject({ code: 'station.already-running', message: expect.stringContaining('just starting') });
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(lockFile(), longAgo, longAgo);
    lock().release();
  });

  test.each(['nonsense', '-1', '0', '1.5', '4194305999'])('"%s" in it is nobody', (text) => {
    writeFileSync(lockFile(), text);
    lock().release();
  });

  test('a folder that cannot be made is a failure, not a crash', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(refusal(join(folder, 'file', 'data')).code).toBe('station.folder-unwritable');
  });
});

describe('the runtime file', () => {
  test('is 0600 also where an old one was readable, and goes with release', () => {
    writeFileSync(runtimeFile(), '{}', { mode: 0o644 });
    const held = lock();
    held.publish(RUNTIME);
    if (onPosix) expect(modeOf(runtimeFile())).toBe(0o600);
    expect(findRunningStation(folder)).toEqual({ ...RUNTIME, pid: process.pid });
    held.release();
    expect(existsSync(runtimeFile())).toBe(false);
  });

  test.runIf(onPosix)('a link in its place is replaced, not followed', () => {
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'mine');
    symlinkSync(elsewhere, runtimeFile());
    const held = lock();
    held.publish(RUNTIME);
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
    held.release();
  });

  test.each(['', '{', '{}', 'null', JSON.stringify({ ...RUNTIME, pid: -4 }), JSON.stringify({ ...RUNTIME, pid: 1, token: 7 })])(
    '%s is no running station',
    (text) => {
      writeFileSync(runtimeFile(), text);
      expect(findRunningStation(folder)).toBeNull();
    },
  );
});

test('RACKSIDE_DATA wins, else the place that the platform gives applications', () => {
  expect(defaultDataFolder({ RACKSIDE_DATA: '/x' })).toBe('/x');
  if (process.platform === 'linux') {
    expect(defaultDataFolder({ RACKSIDE_DATA: '', XDG_DATA_HOME: '/home/a/data' })).toBe('/home/a/data/rackside');
    expect(defaultDataFolder({})).toMatch(/\.local\/share\/rackside$/);
  }
});

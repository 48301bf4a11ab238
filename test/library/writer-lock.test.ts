// One writer per library, with two processes on one folder: who is asleep, who is dead, and who only has the same name.
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noise } from '../image/real-disk.ts';
import { writerLock } from '../../main/library/writer-lock.ts';
import { CHUNK, codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

const SCRIPT = fileURLToPath(new URL('writing-process.ts', import.meta.url));
const MINUTE_MS = 60_000;

let folder: string;
let libraries: SmallLibraries;
const others: ChildProcessWithoutNullStreams[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-writer-lock-'));
  libraries = smallLibraries(folder);
});
afterEach(async () => {
  for (const other of others.splice(0)) {
    other.kill('SIGKILL');
    if (other.exitCode === null && other.signalCode === null) await once(other, 'exit');
  }
  await libraries.closeAll();
  await libraries.stop();
  await rm(folder, { recursive: true });
});

const lockPath = (): string => join(libraries.path('library'), 'lock.json');
const lockNow = async (): Promise<{ readonly token: string; readonly pid: number }> => JSON.parse(await readFile(lockPath(), 'utf8'));
/** The heartbeat is as old as a sleep of two minutes leaves it. */
const letAge = async (): Promise<void> => {
  const atSeconds = (Date.now() - 2 * MINUTE_MS) / 1000;
  await utimes(lockPath(), atSeconds, atSeconds);
};

/** A station that has begun an image, and answers each word with a line. */
const startOther = async () => {
  const sourcePath = join(folder, 'other.raw');
  await writeFile(sourcePath, noise('of the other image', CHUNK));
  const child = spawn(process.execPath, [SCRIPT, libraries.path('library'), sourcePath], { stdio: 'pipe' });
  others.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async (): Promise<string> => String((await lines.next()).value);
  const tell = (word: string): Promise<string> => {
    child.stdin.write(`${word}\n`);
    return heard();
  };
  expect(await heard()).toBe('ok');
  return { child, tell };
};

describe('a station that slept with the library open', () => {
  test('while another took over: it writes nothing more, and leaves the other its lock', async () => {
    const library = await libraries.open('library');
    const osoid = await libraries.add(library, 'first', ['a', 'b']);
    const { child, tell } = await startOther();
    child.kill('SIGSTOP');
    const busy = await library.startImage();
    expect(codeOf(busy)).toBe('library.in-use');

    await letAge();
    const mine = valueOf(await library.startImage());
    const token = (await lockNow()).token;
    const before = await filesOf(libraries.path('library'));
    child.kill('SIGCONT');
    expect(await tell('put')).toBe('library.lock-lost');
    expect(await tell('import')).toBe('library.lock-lost');
    expect(await tell('end')).toBe('ended');
    expect((await lockNow()).token).toBe(token);
    expect(await filesOf(libraries.path('library'))).toEqual(before);

    // The lock is held here: not lost any more, but in use.
    expect(await tell('import')).toBe('library.in-use');
    await mine.abandon();
    expect(await tell('import')).toBe('ok');
    expect(valueOf(await library.verify())).toMatchObject({ problems: [], images: 2 });
    expect(await library.has(osoid)).toBe(true);
  });

  test('while another took over and was done: the lock is gone, and so is the right to write', async () => {
    const library = await libraries.open('library');
    const { child, tell } = await startOther();
    child.kill('SIGSTOP');
    await letAge();
    await libraries.add(library, 'first', ['a', 'b']);
    child.kill('SIGCONT');
    expect(await tell('put')).toBe('library.lock-lost');
    expect(await tell('end')).toBe('ended');
    expect(await tell('import')).toBe('ok');
    expect(valueOf(await library.verify())).toMatchObject({ problems: [], images: 2 });
  });

  test('and nobody came: it goes on, and its lock is fresh before it writes', async () => {
    const { child, tell } = await startOther();
    child.kill('SIGSTOP');
    await letAge();
    child.kill('SIGCONT');
    expect(await tell('put')).toBe('ok');
  });
});

test('after a sleep the lock is made fresh before the write, so that nobody finds it stale in the middle', async () => {
  await libraries.open('library');
  let nowMs = Date.now();
  const lock = writerLock(libraries.path('library'), { now: () => nowMs });
  const release = valueOf(await lock.hold());
  nowMs += 10 * MINUTE_MS;
  expect(codeOf(await lock.check())).toBe('ok');
  expect((await stat(lockPath())).mtimeMs).toBeGreaterThan(nowMs - 1000);
  const late = writerLock(libraries.path('library'), { now: () => nowMs });
  expect(codeOf(await late.hold())).toBe('library.in-use');
  await release();
  expect(codeOf(await late.hold())).toBe('ok');
});

test('what was lost is read again before the next write', async () => {
  await libraries.open('library');
  let rereads = 0;
  const lock = writerLock(libraries.path('library'), {
    reread: () => {
      rereads++;
      return Promise.resolve({ ok: true, value: null });
    },
  });
  const release = valueOf(await lock.hold());
  const joined = valueOf(await lock.hold());
  await rm(lockPath());
  expect(codeOf(await lock.check())).toBe('library.lock-lost');
  expect(codeOf(await lock.hold())).toBe('library.lock-lost');
  await release();
  expect(codeOf(await lock.hold())).toBe('library.lock-lost');
  await joined();
  expect(rereads).toBe(0);
  valueOf(await lock.hold());
  expect([rereads, codeOf(await lock.check())]).toEqual([1, 'ok']);
});

describe('a holder that is gone', () => {
  test('by a kill: its lock is taken at once', async () => {
    const { child } = await startOther();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const library = await libraries.open('library');
    await libraries.add(library, 'first', ['a']);
    expect((await filesOf(libraries.path('library'))).includes('lock.json')).toBe(false);
  });

  const BOOT = { host: hostname(), boot: 'another-boot', token: 'f'.repeat(32) };
  test.each([
    ['a machine of the same name, whose process number nobody has here', { ...BOOT, pid: 2 ** 22 + 1 }, 'library.in-use'],
    ['an earlier boot, whose process number another program has now', { ...BOOT, pid: process.ppid }, 'library.in-use'],
    ['an earlier process with our own number', { host: hostname(), token: 'f'.repeat(32), pid: process.pid }, 'ok'],
  ])('%s', async (_what, holder, code) => {
    await libraries.open('library');
    await writeFile(lockPath(), JSON.stringify(holder));
    expect(codeOf(await writerLock(libraries.path('library')).hold())).toBe(code);
    if (code === 'ok') return;
    await letAge();
    expect(codeOf(await writerLock(libraries.path('library')).hold())).toBe('ok');
  });

  test('two find it stale at once: never do both write, and the next one can', async () => {
    await libraries.open('library');
    for (let round = 0; round < 20; round++) {
      await writeFile(lockPath(), JSON.stringify({ ...BOOT, pid: 1 }));
      await letAge();
      const locks = [writerLock(libraries.path('library')), writerLock(libraries.path('library'))];
      const held = await Promise.all(locks.map((lock) => lock.hold()));
      const sure = await Promise.all(locks.map((lock, n) => (held[n]?.ok === true ? lock.check() : Promise.resolve(null))));
      expect(sure.filter((one) => one?.ok === true).length).toBeLessThanOrEqual(1);
      for (const one of held) if (one.ok) await one.value();
      const next = valueOf(await writerLock(libraries.path('library')).hold());
      await next();
    }
  });
});

// External builders as real processes: their words pass no shell, a time limit takes the whole group, and so does the death of the station.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../main/recipes/run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-command-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const run = (command: readonly string[], more: { readonly timeLimitMs?: number } = {}) => {
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  return runCommand({ command, folder, variables: {}, timeLimitMs: 60_000, signal: never, onLine, ...more }).then((end) => ({
    end,
    lines,
  }));
};
/** Says every tenth of a second that it is alive; added, not written anew: an end between emptying a file and writing it must not look like silence. */
const TICKING = 'while :; do date +%s%N >> alive; sleep 0.1; done';
const alive = (): Promise<string> => readFile(join(folder, 'alive'), 'utf8').catch(() => '');
const standsStill = async (): Promise<boolean> => {
  const before = await alive();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return before === (await alive());
};

describe.skipIf(process.platform === 'win32')('a builder', () => {
  test('gets its words as they are, and no input', async () => {
    const { end, lines } = await run([
      '/bin/sh',
      '-c',
      'printf "%s\\n" "$1" "$2"; cat; exit 3',
      'name',
      '$(touch made) `x` "y"',
      "it's; here",
    ]);
    expect(end).toMatchObject({ kind: 'exited', code: 3 });
    expect(lines).toEqual(['$(touch made) `x` "y"', "it's; here"]);
  });

  test('that takes too long ends with all that it started', async () => {
    const { end } = await run(['/bin/sh', '-c', `(${TICKING}) & sleep 600`], { timeLimitMs: 2000 });
    expect(end.kind).toBe('timed-out');
    expect(await alive()).not.toBe('');
    expect(await standsStill()).toBe(true);
  });

  test.skipIf(process.platform !== 'linux').each([
    ['time-out', 'sleep 600', 'timed-out'],
    ['end', 'while [ ! -e alive ]; do sleep 0.1; done', 'exited'],
  ])('its %s takes along what has made a session of its own and let go of it', async (_what, then, kind) => {
    const { end } = await run(['/bin/sh', '-c', `(setsid sh -c '${TICKING}' >/dev/null 2>&1 &); ${then}`], { timeLimitMs: 3000 });
    expect(end.kind).toBe(kind);
    expect(await alive()).not.toBe('');
    expect(await standsStill()).toBe(true);
  });

  test('that never ends its line costs no memory', async () => {
    const { end, lines } = await run(['/bin/sh', '-c', 'head -c 64000000 /dev/zero | tr "\\0" x; echo; echo end']);
    expect(end).toMatchObject({ kind: 'exited', code: 0 });
    expect(lines.map(({ length }) => length)).toEqual([4096, 3]);
  });

  test.each([
    ['', TICKING],
    [', nor does what has made a session of its own', `(setsid sh -c '${TICKING}' >/dev/null 2>&1 &); sleep 600`],
  ])('does not outlive a station that was killed%s', async (what, script) => {
    if (what !== '' && process.platform !== 'linux') return;
    const program = join(folder, 'station.ts');
    const module = join(import.meta.dirname, '../../main/recipes/run-command.ts');
    const options = `{ command: ['/bin/sh', '-c', ${JSON.stringify(script)}], folder: ${JSON.stringify(folder)}, variables: {}, timeLimitMs: 600_000, signal: new AbortController().signal, onLine: () => undefined }`;
    await writeFile(program, `import { runCommand } from ${JSON.stringify(module)};\nvoid runCommand(${options});\n`);
    const station = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], { stdio: 'ignore' });
    await expect.poll(alive, { timeout: 30_000 }).not.toBe('');
    expect(await standsStill()).toBe(false);
    const ended = new Promise((resolve) => station.once('exit', resolve));
    station.kill('SIGKILL');
    await ended;
    await expect.poll(standsStill, { timeout: 20_000 }).toBe(true);
  });
});

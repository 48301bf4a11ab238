// Scripts in the real /bin/sh: their output, their end, and that nothing of them outlives it.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noScripts, systemScripts } from '../../agent/build/script-host.ts';
import type { ScriptEnd, ScriptRun } from '../../agent/build/script-host.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rackside-script-'));
});
afterEach(() => rm(parent, { recursive: true }));

const never = new AbortController().signal;
const run = (
  text: string,
  options: Partial<ScriptRun> = {},
  host = systemScripts({ folder: parent, isolate: false }),
): Promise<{ readonly end: ScriptEnd; readonly lines: readonly string[] }> =>
  host.withFolder(async (folder) => {
    const script = join(folder, 'script');
    await writeFile(script, text);
    const lines: string[] = [];
    const base = {
      script,
      folder,
      disk: '/dev/none',
      variables: {},
      timeLimitMs: 20_000,
      signal: never,
      onLine: (line: string) => void lines.push(line),
    };
    return { end: await host.run({ ...base, ...options }), lines };
  });
/** A zombie runs no more. */
const runs = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !['X', 'Z'].includes(stat.split(') ')[1]?.[0] ?? '');
};

describe.skipIf(process.platform !== 'linux')('a script', () => {
  test('has its variables, its folder and both its outputs, and ends with its code; its folder goes', async () => {
    const { end, lines } = await run('echo "$RACKSIDE_DISK"; [ "$PWD" = "$HOME" ] && echo home >&2; exit 5', {
      variables: { RACKSIDE_DISK: '/dev/sdx' },
    });
    expect(end).toEqual({ kind: 'exited', code: 5 });
    expect(lines.toSorted()).toEqual(['/dev/sdx', 'home']);
    expect(await readdir(parent)).toEqual([]);
  });
  test('that ends leaves nothing running behind', async () => {
    const { end, lines } = await run('sleep 600 & echo $!');
    expect(end).toEqual({ kind: 'exited', code: 0 });
    expect(await runs(Number(lines[0]))).toBe(false);
  });
  test('is ended at its time limit, with all that it started', async () => {
    const { end, lines } = await run('sleep 600 & echo $!; wait', { timeLimitMs: 300 });
    expect(end).toEqual({ kind: 'timed-out' });
    expect(await runs(Number(lines[0]))).toBe(false);
  });
  test('is ended by its signal, before it begins too', async () => {
    const abort = new AbortController();
    const { end } = await run('echo up; sleep 600', { signal: abort.signal, onLine: () => abort.abort() });
    expect(end).toEqual({ kind: 'stopped' });
    expect((await run('sleep 600', { signal: AbortSignal.abort() })).end).toEqual({ kind: 'stopped' });
  });
  test.skipIf(process.getuid?.() !== 0)('that is isolated takes its mounts and even what left its group along', async () => {
    const host = systemScripts({ folder: parent, isolate: true });
    const place = await mkdtemp(join(parent, 'mount-'));
    const marks = join(parent, 'marks');
    const text = `mount -t tmpfs tmpfs "${place}" && touch "${place}/inside" && ls "${place}"
      setsid sh -c 'while :; do echo x >> "${marks}"; sleep 0.02; done' &
      while [ ! -s "${marks}" ]; do sleep 0.02; done`;
    const { end, lines } = await run(text, {}, host);
    expect({ end, lines }).toEqual({ end: { kind: 'exited', code: 0 }, lines: ['inside'] });
    expect(await readdir(place)).toEqual([]);
    const before = await readFile(marks, 'utf8');
    await new Promise((done) => setTimeout(done, 200));
    expect(await readFile(marks, 'utf8')).toBe(before);
    expect((await run('sleep 600', { timeLimitMs: 300 }, host)).end).toEqual({ kind: 'timed-out' });
  });
});

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('an isolated script ends with an agent that crashes', async () => {
  const marks = join(parent, 'marks');
  await writeFile(join(parent, 'script'), `while :; do echo x >> "${marks}"; sleep 0.02; done`);
  const program = `
    import { systemScripts } from ${JSON.stringify(join(import.meta.dirname, '../../agent/build/script-host.ts'))};
    await systemScripts({ folder: ${JSON.stringify(parent)}, isolate: true }).run({
      script: ${JSON.stringify(join(parent, 'script'))}, folder: ${JSON.stringify(parent)}, variables: {},
      timeLimitMs: 60000, signal: new AbortController().signal, onLine: () => undefined });`;
  const agent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
  await expect.poll(() => readFile(marks, 'utf8').catch(() => ''), { timeout: 20_000 }).not.toBe('');
  const gone = new Promise((done) => agent.once('exit', done));
  agent.kill('SIGKILL');
  await gone;
  // Its end is not told to anybody: two looks with nothing between them are the sign.
  await expect
    .poll(
      async () => {
        const before = await readFile(marks, 'utf8');
        await new Promise((done) => setTimeout(done, 200));
        return (await readFile(marks, 'utf8')) === before;
      },
      { timeout: 5000 },
    )
    .toBe(true);
});

test('where no scripts run, that is said', async () => {
  const { end, lines } = await run('echo no', {}, noScripts());
  expect({ end, lines }).toEqual({ end: { kind: 'exited', code: 127 }, lines: ['no scripts are run here'] });
});

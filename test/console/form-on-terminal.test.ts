// The form on a real terminal (a pseudo-terminal made by util-linux `script`): raw keys in, what a person sees out.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
const running: (() => void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-tty-'));
});
afterEach(async () => {
  for (const stop of running.splice(0)) stop();
  await rm(folder, { recursive: true, force: true });
});

const start = (look: 'serial' | 'video' = 'serial') => {
  const program = [process.execPath, join(import.meta.dirname, 'on-terminal.ts'), join(folder, 'answers'), join(folder, 'draft'), look];
  const child = spawn('script', ['-qfec', program.map((word) => `'${word}'`).join(' '), '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    seen += bytes.toString('utf8');
    for (const look of waiting) look();
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  running.push(() => child.kill('SIGKILL'));
  return {
    seen: () => seen,
    /** Waits until the terminal shows this after what was waited for last; what comes later is for the next. */
    shows: async (what: RegExp): Promise<void> => {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          const found = what.exec(seen);
          if (found === null) return;
          seen = seen.slice(found.index + found[0].length);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    type: (text: string) => void child.stdin.write(text),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
const answers = async (): Promise<unknown> => JSON.parse(await readFile(join(folder, 'answers'), 'utf8'));

describe.skipIf(process.platform !== 'linux')('on a terminal', () => {
  test('a person answers: names, numbers, a correction, the arrow keys, and Enter to send', async () => {
    const terminal = start();
    await terminal.shows(/type A and press Enter[^]*READY/);
    terminal.type('hello\ra\r');
    await terminal.shows(/Your name: /);
    terminal.type('Adx\u007fa\r');
    await terminal.shows(/1\) web[^]*2\) mail[^]*Role: /);
    terminal.type('3\r');
    await terminal.shows(/! The answer "3" is none of the choices[^]*Role: 3/);
    terminal.type('\u007f2\r');
    await terminal.shows(/Memory: /);
    terminal.type('64 G\r');
    await terminal.shows(/64 GiB/);
    terminal.type('iB\r');
    await terminal.shows(/Ada answers:[^]*Role: mail[^]*Memory: 64 GiB[^]*Send\? /);
    terminal.type('\u001b[A');
    await terminal.shows(/Memory \[64 GiB\]: /);
    terminal.type('\r');
    await terminal.shows(/Send\? /);
    terminal.type('\r');
    await terminal.shows(/DONE/);
    expect(await answers()).toEqual({ person: 'Ada', values: { role: 'mail', 'input.memory': '64 GiB' } });
  }, 60_000);
  test('Ctrl-C leaves the form, not the program; a crash loses nothing that was typed', async () => {
    const terminal = start();
    await terminal.shows(/READY/);
    terminal.type('a\rAda\rweb\r');
    await terminal.shows(/Memory: /);
    terminal.type('\u0003');
    await terminal.shows(/Nothing was sent/);
    await terminal.kill();
    const again = start();
    await again.shows(/READY/);
    again.type('a\r');
    await again.shows(/Role \[web\]: /);
  }, 60_000);
  test('on a screen of 80 by 25 it is drawn in place, with the caret where one types', async () => {
    const terminal = start('video');
    await terminal.shows(/READY/);
    terminal.type('a\rAda\r');
    await terminal.shows(/Role: /);
    terminal.type('we');
    // oxlint-disable-next-line no-control-regex
    await terminal.shows(/Role: we\u001b\[\d+;9H/);
    terminal.type('\u001b[D');
    // oxlint-disable-next-line no-control-regex
    await terminal.shows(/Role: we\u001b\[\d+;8H/);
  }, 60_000);
});

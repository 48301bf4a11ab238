// Runs a recipe's install script: a POSIX shell in a process group of its own, its output line by line, and an end that is certain.
// Injected, since in the software rack no script may run on the laptop unless a test says so.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createOutputLines } from '../protocol/output-lines.ts';
import type { DiskFence } from './disk-fence.ts';

export type ScriptRun = {
  /** Path of the script. */
  readonly script: string;
  readonly folder: string;
  /** Path of the one disk that it may write. */
  readonly disk: string;
  /** On top of PATH and the C locale. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
};

/** `code` is -1 where a signal ended it from outside. */
export type ScriptEnd = { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'timed-out' } | { readonly kind: 'stopped' };

export type ScriptHost = {
  /** A fresh folder for script, facts and payloads; gone when the work with it has ended. */
  withFolder<T>(work: (folder: string) => Promise<T>): Promise<T>;
  run(run: ScriptRun): Promise<ScriptEnd>;
};

const within =
  (parent: string): ScriptHost['withFolder'] =>
  async (work) => {
    const folder = await mkdtemp(join(parent, 'build-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

/**
 * With it, whatever the script mounts or leaves running is gone when it ends, and when the agent does: one that crashed and was started
 * again must not find an old script at work on a disk (unshare(1), setpriv(1), util-linux).
 */
const ISOLATED = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  // BusyBox's sh takes its own tar, mount and mkswap before the ones that were installed; bash finds what PATH says.
  '/bin/bash',
  '--posix',
] as const;
const PLAIN = ['/bin/sh'] as const;
/** Goes behind the fence before anything else; by bash for the same reason. */
const FENCED = ['/bin/bash', '-c', 'echo $$ >"$0" && exec "$@"'] as const;
/** A program that holds the output open, though the script has ended, is not waited for. */
const OUTPUT_PATIENCE_MS = 2000;

export type SystemScripts = {
  /** Where the folders of scripts are made. */
  readonly folder: string;
  readonly isolate: boolean;
  /** Around the disks that the script may not write. */
  readonly fence?: DiskFence;
};

export const systemScripts = ({ folder: parent, isolate, fence }: SystemScripts): ScriptHost => ({
  withFolder: within(parent),
  run: async (run) => {
    const before = isolate ? ISOLATED : PLAIN;
    if (fence === undefined) return runProgram([...before, run.script], run);
    const entrance = await fence(run.disk);
    if (entrance !== null) return runProgram([...FENCED, entrance, ...before, run.script], run);
    run.onLine('this Linux has no device controller: the other disks are kept from this script by their read-only flag alone');
    return runProgram([...before, run.script], run);
  },
});

const runProgram = ([program = '', ...args]: readonly string[], { folder, variables, timeLimitMs, signal, onLine }: ScriptRun) =>
  new Promise<ScriptEnd>((resolve) => {
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, HOME: folder, LC_ALL: 'C', ...variables };
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let end: ScriptEnd | null = null;
    const stopGroup = (why: ScriptEnd): void => {
      end ??= why;
      killGroup(child.pid);
    };
    const onAbort = (): void => stopGroup({ kind: 'stopped' });
    const limit = setTimeout(() => stopGroup({ kind: 'timed-out' }), timeLimitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const output = Promise.all([linesOf(child.stdout, onLine), linesOf(child.stderr, onLine)]);
    const settle = (last: ScriptEnd): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', onAbort);
      // Children that it left behind would go on writing to the disk.
      killGroup(child.pid);
      const waited = new Promise((done) => setTimeout(done, OUTPUT_PATIENCE_MS).unref());
      void Promise.race([output, waited]).then(() => resolve(end ?? last));
    };
    child.on('error', (error) => {
      onLine(error.message);
      settle({ kind: 'exited', code: 127 });
    });
    child.on('exit', (code) => settle({ kind: 'exited', code: code ?? -1 }));
  });

const killGroup = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it runs any more.
  }
};

const linesOf = async (stream: Readable, onLine: (line: string) => void): Promise<void> => {
  const lines = createOutputLines(onLine);
  try {
    for await (const text of stream.setEncoding('utf8')) lines.add(text as string);
  } catch {
    // The pipe broke with its program.
  }
  lines.end();
};

/** No script runs: for places where nothing outside this process may be touched. */
export const noScripts = (): ScriptHost => ({
  withFolder: within(tmpdir()),
  run: ({ onLine }) => {
    onLine('no scripts are run here');
    return Promise.resolve({ kind: 'exited', code: 127 });
  },
});

// Runs an external builder as the station's user: program and arguments as they are, a clean environment, its output line by line, and an
// end that is certain: with it, or with the station, everything that it started ends too.
import { randomUUID } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createOutputLines } from '../../agent/protocol/output-lines.ts';
import { endProcessesOf } from './end-processes.ts';

export type CommandRun = {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
};

export type CommandEnd = { readonly last: readonly string[] } & (
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' }
);
type End = CommandEnd extends infer One ? (One extends CommandEnd ? Omit<One, 'last'> : never) : never;

const LAST_MOST = 5;
/** A program that holds the output open, though the builder has ended, is not waited for. */
const OUTPUT_PATIENCE_MS = 2000;
const ON_WINDOWS = process.platform === 'win32';
/** From the station's own environment only what programs are found and run by. */
const KEPT_VARIABLES = [
  ...(ON_WINDOWS ? ['PATH', 'SystemRoot', 'SystemDrive', 'ComSpec', 'PATHEXT', 'USERPROFILE'] : ['PATH', 'USER', 'LOGNAME', 'LANG']),
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
];
/**
 * By this variable everything is known that a builder has started, in whatever process group and session it is by now (Linux). The
 * companion does not have it.
 */
const MARK = 'RACKSIDE_RUN';
/**
 * A companion in the same process group reads the station's end of a pipe: when the station dies, however, it ends all that has the mark
 * and the group, and no builder goes on unseen. The builder's own words travel as arguments; nothing of them is read by this shell.
 */
const COMPANION = `cat >/dev/null
for at in $(grep -alsF "${MARK}=$1" /proc/[0-9]*/environ); do at=\${at#/proc/}; kill -KILL "\${at%/environ}"; done
kill -KILL 0`;
const WITH_COMPANION = `exec 3<&0 </dev/null
env -u ${MARK} /bin/sh -c '${COMPANION}' companion "$${MARK}" <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&-`;
const NOT_FOUND = new Map([
  [126, 'the program cannot be executed'],
  [127, 'there is no such program'],
]);

export const runCommand = ({ command, folder, variables, timeLimitMs, signal, onLine }: CommandRun): Promise<CommandEnd> =>
  new Promise((resolve) => {
    const kept = Object.fromEntries(KEPT_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
    const mark = randomUUID();
    const env = { ...kept, LC_ALL: 'C.UTF-8', ...variables, [MARK]: mark };
    const [program = '', ...args] = ON_WINDOWS ? command : ['/bin/sh', '-c', WITH_COMPANION, 'builder', ...command];
    const child = spawn(program, args, { cwd: folder, env, detached: !ON_WINDOWS, windowsHide: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let last: readonly string[] = [];
    let end: End | null = null;
    const heard = (line: string): void => {
      if (line.trim() !== '') last = [...last, line.replaceAll(/\p{Cc}/gu, ' ').slice(0, 300)].slice(-LAST_MOST);
      onLine(line);
    };
    const stop = (why: End): void => {
      end ??= why;
      killGroup(child);
    };
    const onAbort = (): void => stop({ kind: 'stopped' });
    const limit = setTimeout(() => stop({ kind: 'timed-out' }), timeLimitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    // Whoever asks for input gets none; a pipe that broke with its program is no news.
    child.stdin.on('error', () => undefined);
    const output = Promise.all([linesOf(child.stdout, heard), linesOf(child.stderr, heard)]);
    const settle = (fallback: End): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', onAbort);
      killGroup(child);
      const gone = endProcessesOf(`${MARK}=${mark}`);
      const waited = new Promise((done) => setTimeout(done, OUTPUT_PATIENCE_MS).unref());
      void Promise.all([gone, Promise.race([output, waited])]).then(() => resolve({ ...(end ?? fallback), last }));
    };
    child.on('error', (error) => settle({ kind: 'not-started', why: error.message }));
    child.on('exit', (code) => {
      const why = code === null || ON_WINDOWS ? undefined : NOT_FOUND.get(code);
      settle(why === undefined || last.length > 1 ? { kind: 'exited', code: code ?? -1 } : { kind: 'not-started', why });
    });
  });

const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  if (ON_WINDOWS) {
    spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    return;
  }
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

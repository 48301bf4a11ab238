// A child process as tests want it: its lines can be awaited, its whole output is kept, and stopping it stops its children too.
import { spawn } from 'node:child_process';

export type ProgramResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Program = {
  readonly pid: number;
  readonly ended: Promise<ProgramResult>;
  /** Everything written so far, stdout and stderr interleaved. */
  output(): string;
  /** Resolves with the first line (past or future, stdout or stderr) that matches; rejects at `timeoutMs` (15 s) or when the program ends. */
  line(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Writes to its standard input. */
  write(text: string): void;
  /** Signals the whole process group and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Signals the whole process group (SIGTERM, then SIGKILL after 2 s) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<ProgramResult>;
};

export const startProgram = (
  [command, ...args]: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Program => {
  const child = spawn(command ?? '', args, { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let output = '';
  let over = false;
  const watchers = new Set<() => void>();
  const heard = (text: string): void => {
    output += text;
    for (const look of watchers) look();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => ((stdout += text), heard(text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => ((stderr += text), heard(text)));
  child.stdin.on('error', () => {});
  const ended = new Promise<ProgramResult>((resolve) => {
    const end = (code: number | null): void => {
      over = true;
      for (const look of watchers) look();
      resolve({ code, stdout, stderr });
    };
    child.on('error', (error) => (heard(`${error.message}\n`), end(null)));
    child.on('close', (code) => end(code));
  });
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  return {
    pid: child.pid ?? -1,
    ended,
    output: () => output,
    line: (pattern, timeoutMs = 15_000) =>
      new Promise((resolve, reject) => {
        const done = (): void => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const fail = (why: string): void => {
          done();
          reject(new Error(`${why} while waiting for ${pattern} from ${[command, ...args].join(' ')}; output:\n${output}`));
        };
        const look = (): void => {
          const found = output.split('\n').find((line) => pattern.test(line));
          if (found !== undefined) {
            done();
            resolve(found);
          } else if (over) fail('program ended');
        };
        const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
        watchers.add(look);
        look();
      }),
    write: (text) => void child.stdin.write(text),
    signal: signalGroup,
    stop: async (signal = 'SIGTERM') => {
      if (!over) signalGroup(signal);
      const killer = setTimeout(() => signalGroup('SIGKILL'), 2000);
      const result = await ended;
      clearTimeout(killer);
      return result;
    },
  };
};

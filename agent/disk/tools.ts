// Programs of the pre-OS environment, run by name; injected so that tests and the software rack decide what exists.
import { execFile } from 'node:child_process';

export type ToolResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** `code` is the exit code, 127 where the program does not exist, -1 where a signal ended it. Never rejects. */
export type Tools = {
  run(
    program: string,
    args: readonly string[],
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<ToolResult>;
};

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** The real programs, found through PATH with the system folders added, in the C locale. */
export const systemTools = (): Tools => ({
  run: (program, args, { signal, timeoutMs = 0 } = {}) =>
    new Promise((resolve) => {
      const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' };
      const options = { env, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, ...(signal === undefined ? {} : { signal }) };
      execFile(program, [...args], options, (error, stdout, stderr) => {
        const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : (error.code as unknown) === 'ENOENT' ? 127 : -1;
        resolve({ code: exit, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
      });
    }),
});

/** No program exists: for places where nothing outside this process may be touched. */
export const noTools = (): Tools => ({
  run: (program) => Promise.resolve({ code: 127, stdout: '', stderr: `${program}: not available here` }),
});

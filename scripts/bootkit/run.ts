// Starts the programs the boot kit is built with and turns their failure into one sentence with the last lines they said.
import { spawn } from 'node:child_process';

import type { Failure } from '../../agent/protocol/failure.ts';

/** A build that cannot go on: thrown through the builder, shown once by its command line as message and next step. */
export type BuildStop = Error & { readonly failure: Failure };

/** Ends the build with a failure a person can act on. */
export const stopBuild = (code: string, message: string, next: string): never => {
  throw Object.assign(new Error(message), { failure: { code, message, next } });
};

export const isBuildStop = (error: unknown): error is BuildStop => error instanceof Error && 'failure' in error;

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes given to the program's standard input. */
  readonly input?: string | Uint8Array;
};

/**
 * Runs a program to its end and returns its standard output.
 * Stops the build with `bootkit.tool-failed` when it cannot start or exits with another code than 0.
 */
export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    // C locale and UTC, so that no output depends on whose computer builds the kit.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...options.env };
    const child = spawn(command, args, { env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.on('data', (data: Buffer) => errors.push(data));
    // A program that ends before it read all of its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const fail = (reason: string): void => {
      const said = Buffer.concat(errors).toString('utf8').trim().split('\n').slice(-8).join('\n');
      const message = `${command} ${args.slice(0, 4).join(' ')} … ${reason}${said === '' ? '.' : `:\n${said}`}`;
      const next = 'Read what the program said above; when it is about space or rights, mend that and run the command again.';
      reject(Object.assign(new Error(message), { failure: { code: 'bootkit.tool-failed', message, next } }));
    };
    child.on('error', (error) => fail(`could not start (${error.message})`));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString('utf8'));
      else fail(`ended with ${signal ?? `code ${String(code)}`}`);
    });
  });

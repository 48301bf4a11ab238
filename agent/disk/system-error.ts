// Node's system errors (errors of the operating system, as opposed to bugs): how the agent tells them apart and words them.
import type { Failure } from '../protocol/failure.ts';

export type SystemError = Error & { readonly code: string; readonly syscall: string };

export const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error &&
  typeof (error as Partial<SystemError>).code === 'string' &&
  typeof (error as Partial<SystemError>).syscall === 'string';

/** Reading and writing fail for different reasons, and the person at the rack does different things about them. */
export const diskFailure = (error: SystemError): Failure =>
  error.syscall === 'read'
    ? {
        code: 'deploy.read-failed',
        message: `The disk reported an error while it was being read (${error.code}: ${error.message}).`,
        next: 'Check cable and disk health; order the deploy again, it continues where it stopped, or replace the disk.',
      }
    : {
        code: 'deploy.write-failed',
        message: `The disk reported an error while it was being written (${error.code}: ${error.message}).`,
        next: 'Check cable and disk health; order the deploy again, it continues where it stopped, or replace the disk.',
      };

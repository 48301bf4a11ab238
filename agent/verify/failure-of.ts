// What ended a deep check, as a failure for the people at both screens; a bug stays an exception.
import { carriedFailure, isAbort } from '../disk/carried-failure.ts';
import { isSystemError } from '../disk/system-error.ts';
import type { Failure } from '../protocol/failure.ts';

/** Null for a bug: the caller throws it on. */
export const verifyFailureOf = (error: unknown, signal: AbortSignal): Failure | null => {
  if (isAbort(error, signal))
    return {
      code: 'verify.cancelled',
      message: 'The deep check was stopped before it was complete.',
      next: 'Order it again when you like; the disk is as it was.',
    };
  const carried = carriedFailure(error);
  if (carried !== null) return carried;
  if (!isSystemError(error)) return null;
  return {
    code: 'verify.read-failed',
    message: `The disk reported an error while it was being read (${error.code}: ${error.message}).`,
    next: 'Check cable and disk health; a deploy to this disk would most likely fail.',
  };
};

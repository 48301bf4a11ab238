// What ended a job, as a failure for the people at both screens; a bug stays an exception.
import { carriedFailure, isAbort } from '../disk/carried-failure.ts';
import { diskFailure, isSystemError } from '../disk/system-error.ts';
import type { Failure } from '../protocol/failure.ts';

/** Null for a bug: the caller throws it on. */
export const failureOf = (error: unknown, signal: AbortSignal): Failure | null => {
  if (isAbort(error, signal)) return CANCELLED;
  const carried = carriedFailure(error);
  if (carried !== null) return carried;
  return isSystemError(error) ? diskFailure(error) : null;
};

const CANCELLED: Failure = {
  code: 'deploy.cancelled',
  message: 'The deploy was cancelled before it was complete.',
  next: 'Order it again to continue where it stopped, or choose another image; until then the disk may not boot.',
};

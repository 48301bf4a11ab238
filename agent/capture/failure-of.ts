// What ended a capture, as a failure for the people at both screens; a bug stays an exception.
import { carriedFailure, isAbort } from '../disk/carried-failure.ts';
import { isSystemError } from '../disk/system-error.ts';
import type { Failure } from '../protocol/failure.ts';

/** Null for a bug: the caller throws it on. */
export const captureFailureOf = (error: unknown, signal: AbortSignal): Failure | null => {
  if (isAbort(error, signal))
    return {
      code: 'capture.cancelled',
      message: 'The capture was stopped before it was complete.',
      next: 'Order it again when you like; the disk is as it was.',
    };
  const carried = carriedFailure(error);
  if (carried !== null) return carried;
  if (!isSystemError(error)) return null;
  return {
    code: 'capture.read-failed',
    message: `The disk reported an error while it was being read (${error.code}: ${error.message}).`,
    next: 'Check cable and disk health, then capture it again; what has arrived is not sent again.',
  };
};

/** A failure of the station that goes away by itself, once it did not: nobody sends anything again now. */
export const gaveUp = ({ code, message }: Failure): Failure => ({
  code,
  message: `${message} It stayed so, however often the agent tried again.`,
  next: "Look at the station's log and at the disk of its library, then capture it again; what has arrived is not sent again.",
});

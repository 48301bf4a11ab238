// A failure on its way out of work that runs in several lanes at once: thrown inside, turned back into a value at the job's rim.
import type { Failure, Result } from '../protocol/failure.ts';

type Carrier = Error & { readonly failure: Failure };

export const carry = (failure: Failure): Carrier => Object.assign(new Error(failure.message), { failure });

/** The value of a result, or its failure thrown. */
export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw carry(result.failure);
  return result.value;
};

export const carriedFailure = (error: unknown): Failure | null =>
  error instanceof Error && 'failure' in error ? (error as Carrier).failure : null;

/** Whether this is how work took note of its abort; whatever noticed it first says so in words of its own. */
export const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && (carriedFailure(error) !== null || error === signal.reason || (error instanceof Error && error.name === 'AbortError'));

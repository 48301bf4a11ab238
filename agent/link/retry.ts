// Patience with the link: a lost cable or a restarted station costs time, never the work.
import { setTimeout as delay } from 'node:timers/promises';
import type { Failure, Result } from '../protocol/failure.ts';
import { isLinkTrouble } from './http-client.ts';

const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** Repeats `attempt` while the link is the trouble; any other failure and every success is the answer. */
export const patiently = async <T>(
  attempt: () => Promise<Result<T>>,
  options: { readonly signal: AbortSignal; readonly onTrouble: (failure: Failure, tries: number) => void },
): Promise<Result<T>> => {
  let waitMs = FIRST_MS;
  for (let tries = 1; ; tries += 1) {
    const result = await attempt();
    if (result.ok || !isLinkTrouble(result.failure.code) || options.signal.aborted) return result;
    options.onTrouble(result.failure, tries);
    try {
      // Half of the wait is random, so that a rack of targets does not come back in step.
      await delay(waitMs / 2 + Math.random() * (waitMs / 2), undefined, { signal: options.signal });
    } catch {
      return result;
    }
    waitMs = Math.min(waitMs * 2, LONGEST_MS);
  }
};

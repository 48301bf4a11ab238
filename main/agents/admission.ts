// Work for somebody who has proven nothing yet: so much of it at once, and one more ends the oldest that has been at it for too long.
// An honest machine sends its few bytes in one go and is through; who is still there then is slow or a stranger.
import { failed } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type Admission = {
  /** The work's result, or `link.station-busy` (which agents try again) when it was the oldest of too many. */
  run<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
};

/**
 * `patienceMs`: what everybody is given before one more may end it; until then that one waits, in turn. Where honest work takes time,
 * ending it at once would have a busy rack end its own work for ever.
 */
export const createAdmission = (most: number, patienceMs = 0): Admission => {
  /** Since when, the oldest first; by what ends it. */
  const inside = new Map<() => void, number>();
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** Until somebody may be let in; 0: now. */
  const untilRoomMs = (): number => {
    const [oldest] = inside;
    if (oldest === undefined || inside.size < most) return 0;
    const [end, sinceMs] = oldest;
    const leftMs = sinceMs + patienceMs - performance.now();
    if (leftMs > 0) return leftMs;
    end();
    return 0;
  };
  const letIn = (): void => {
    clearTimeout(timer);
    while (waiting.length > 0) {
      const leftMs = untilRoomMs();
      if (leftMs > 0) {
        timer = setTimeout(letIn, leftMs).unref();
        return;
      }
      waiting.shift()?.();
    }
  };
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          const end = (): void => {
            inside.delete(end);
            resolve(failed('link.station-busy', 'Too many machines speak at once.', 'This goes on by itself.'));
          };
          inside.set(end, performance.now());
          void work()
            .then(resolve, reject)
            .finally(() => {
              inside.delete(end);
              letIn();
            });
        });
        letIn();
      }),
  };
};

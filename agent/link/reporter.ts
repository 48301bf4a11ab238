// Reports of a running job: steps and results at once and in order, progress only as the newest and at most 4 times a second.
import type { Report } from '../protocol/messages.ts';

const PROGRESS_MS = 250;
const MOST_PER_CALL = 64;

export type Reporter = {
  send(report: Report): void;
  /** Resolves when everything given to `send` has reached the station or the link was given up. */
  drain(): Promise<void>;
};

export const createReporter = (post: (reports: readonly Report[]) => Promise<unknown>): Reporter => {
  const queue: Report[] = [];
  let latest: Report | null = null;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let progressAtMs = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    running ??= pump().finally(() => {
      running = null;
      if (queue.length > 0) flush();
    });
  };
  const pump = async (): Promise<void> => {
    while (queue.length > 0) await post(queue.splice(0, MOST_PER_CALL));
  };
  const pushLatest = (): void => {
    timer = null;
    if (latest === null) return;
    progressAtMs = performance.now();
    queue.push(latest);
    latest = null;
    flush();
  };

  return {
    send: (report) => {
      if (report.kind === 'progress') {
        latest = report;
        const waitMs = PROGRESS_MS - (performance.now() - progressAtMs);
        if (waitMs <= 0) pushLatest();
        else timer ??= setTimeout(pushLatest, waitMs);
        return;
      }
      // What happened before a step ended is said before it.
      if (timer !== null) clearTimeout(timer);
      pushLatest();
      queue.push(report);
      flush();
    },
    drain: async () => {
      if (timer !== null) clearTimeout(timer);
      pushLatest();
      while (running !== null) await running;
    },
  };
};

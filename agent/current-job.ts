// At most one job at a time, running beside the order loop: an order starts it, its reports carry it (run-job.ts), a cancel or the end of the
// boot stops it at the next safe point.
import { failed, success } from './protocol/failure.ts';
import type { Failure, Result } from './protocol/failure.ts';
import type { Inventory } from './protocol/inventory.ts';
import { runJob } from './run-job.ts';
import type { JobOrder, RunJob } from './run-job.ts';

export type CurrentJob = {
  start(order: JobOrder, inventory: Inventory): Result<null>;
  isRunning(): boolean;
  /** Ends the job; one that does not run here is answered at once, so that nobody waits for it for ever. */
  cancel(jobId: string): Promise<void>;
  /** Tells of the job in which an earlier run of the agent, on this same boot, ended without a word. */
  tellOfInterrupted(): Promise<void>;
  stop(): Promise<void>;
};

const NOT_RUNNING: Failure = {
  code: 'deploy.cancelled',
  message: 'The job was not running on this machine any more.',
  next: 'Order it again to continue where it stopped, or choose another image; until then the disk may not boot.',
};
const INTERRUPTED: Failure = {
  code: 'agent.restarted',
  message: 'The agent ended in the middle of the job and was started again.',
  next: 'If this repeats, the machine may have too little memory; send its log to the developers.',
};

export const createCurrentJob = (boot: RunJob & { readonly signal: AbortSignal }): CurrentJob => {
  const { environment, link } = boot;
  /** `isOver`: the station may hold it for ended by now and order the next one, which then waits for it. */
  type Current = { readonly jobId: string; readonly abort: AbortController; done: Promise<void>; isOver: boolean };
  let current: Current | null = null;

  const stop = async (): Promise<void> => {
    current?.abort.abort();
    await current?.done;
  };

  return {
    start: (order, inventory) => {
      if (current !== null && current.jobId === order.jobId) return success(null);
      if (current?.isOver === false) return failed('job.busy', 'This machine is still at another job.', 'Wait for it or cancel it.');
      const before = current?.done ?? Promise.resolve();
      const abort = new AbortController();
      const signal = AbortSignal.any([boot.signal, abort.signal]);
      const job: Current = { jobId: order.jobId, abort, done: before, isOver: false };
      const over = (): void => {
        job.isOver = true;
      };
      job.done = before
        .then(() => runJob(boot, order, inventory, signal, over))
        .catch(async (error: unknown) => {
          const failure = {
            code: 'agent.bug',
            message: `The agent failed: ${String(error)}.`,
            next: 'Send the log to the developers; ordering it again is safe.',
          };
          environment.screen.show({ failure });
          await link.report([{ kind: 'failed', jobId: order.jobId, failure }]);
        })
        .finally(() => {
          if (current !== job) return;
          current = null;
          if (!boot.signal.aborted) link.holdJob(null);
        });
      current = job;
      link.holdJob(order.jobId);
      return success(null);
    },
    isRunning: () => current !== null,
    cancel: async (jobId) => {
      if (current?.jobId === jobId) await stop();
      else await link.report([{ kind: 'failed', jobId, failure: NOT_RUNNING }]);
    },
    tellOfInterrupted: async () => {
      const jobId = link.interruptedJobId;
      if (jobId === null) return;
      await link.report([{ kind: 'failed', jobId, failure: INTERRUPTED }]);
      link.holdJob(null);
    },
    stop,
  };
};

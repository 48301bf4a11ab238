// The library's writers of jobs whose frames come over the wire, one for each: opened at a job's first call, shared by calls that come
// at once, and not closed under them.
import { failed } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageWriter } from './image-writer.ts';

type Named = { readonly id: string };

export type JobWriters<J extends Named, T> = {
  /** Opens the job's writer where it has none. Codes: `link.station-busy`, and what `open` gives. */
  find(job: J): Promise<Result<T>>;
  using<R>(job: J, work: (running: T) => Promise<Result<R>>): Promise<Result<R>>;
  has(jobId: string): boolean;
  /** Its writer has ended by itself. */
  forget(jobId: string): void;
  /** Ends its writer, if it has one, once nobody works with it: `keep` leaves what it wrote to the library. */
  close(jobId: string, fate: 'keep' | 'take-back'): Promise<void>;
  /** Keeps what all of them wrote; none is opened any more. */
  stop(): Promise<void>;
};

export const createJobWriters = <J extends Named, T extends { readonly writer: ImageWriter }>(
  open: (job: J) => Promise<Result<T>>,
): JobWriters<J, T> => {
  type Held = { readonly running: T; readonly busy: Set<Promise<unknown>> };
  const held = new Map<string, Promise<Result<Held>>>();
  const closing = new Set<Promise<void>>();
  let isStopping = false;

  const opened = async (job: J): Promise<Result<Held>> => {
    const running = await open(job);
    return running.ok ? { ok: true, value: { running: running.value, busy: new Set() } } : running;
  };
  const hold = async (job: J): Promise<Result<Held>> => {
    const known = held.get(job.id);
    if (known !== undefined) return known;
    if (isStopping) return failed('link.station-busy', 'The station is about to stop.', 'This goes on by itself.');
    const opening = opened(job);
    held.set(job.id, opening);
    const result = await opening;
    // A library that is in use or away for the moment is asked again at the next call.
    if (!result.ok) held.delete(job.id);
    return result;
  };
  const finish = async (jobId: string, fate: 'keep' | 'take-back'): Promise<void> => {
    const one = await held.get(jobId);
    held.delete(jobId);
    if (one === undefined || !one.ok) return;
    await Promise.all(one.value.busy);
    const { writer } = one.value.running;
    await (fate === 'keep' ? writer.leave() : writer.abandon());
  };
  const close = async (jobId: string, fate: 'keep' | 'take-back'): Promise<void> => {
    const finishing = finish(jobId, fate);
    const settled = finishing.catch(() => undefined);
    closing.add(settled);
    try {
      await finishing;
    } finally {
      closing.delete(settled);
    }
  };

  return {
    find: async (job) => {
      const one = await hold(job);
      return one.ok ? { ok: true, value: one.value.running } : one;
    },
    using: async (job, work) => {
      const one = await hold(job);
      if (!one.ok) return one;
      const busy = work(one.value.running);
      const settled = busy.catch(() => undefined);
      one.value.busy.add(settled);
      try {
        return await busy;
      } finally {
        one.value.busy.delete(settled);
      }
    },
    has: (jobId) => held.has(jobId),
    forget: (jobId) => void held.delete(jobId),
    close,
    stop: async () => {
      isStopping = true;
      for (const jobId of [...held.keys()]) await close(jobId, 'keep');
      await Promise.all(closing);
    },
  };
};

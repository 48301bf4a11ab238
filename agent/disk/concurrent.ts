// Several pieces of work in flight over one list, in order of start. The first failure stops the rest, and nothing is left
// running when it is reported: the disk is never touched by a straggler of a job that has ended.

/** Runs `work` for every item on `lanes` lanes. `signal` given to the work aborts when the caller's does or another lane failed. */
export const runConcurrently = async <T>(
  items: Iterable<T>,
  lanes: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  signal.throwIfAborted();
  const stopper = new AbortController();
  const combined = AbortSignal.any([signal, stopper.signal]);
  const iterator = items[Symbol.iterator]();
  let firstError: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    try {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        combined.throwIfAborted();
        await work(next.value, combined);
      }
    } catch (error) {
      firstError ??= { error };
      stopper.abort(error);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (firstError !== undefined) throw firstError.error;
};

/** `promise`, or the signal's reason as soon as it aborts; what the promise gives later goes unheard. */
export const orAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

// How a person ends a command: the first Ctrl-C or SIGTERM asks it to close what it opened, and so does a reader that goes away.

/** Ctrl-C reaches every process of a terminal, and npm and run.cjs hand it on besides: what follows at once is the same one. */
const SAME_PRESS_MS = 1000;

/** Aborts at the first signal; one that comes a while later ends the process as it is. */
export const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  let firstAtMs: number | null = null;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (firstAtMs !== null && performance.now() - firstAtMs > SAME_PRESS_MS) process.exit(130);
      firstAtMs ??= performance.now();
      stop.abort();
    });
  // Whoever reads what a command prints has read enough (`| head`): an end like Ctrl-C, and no mistake.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      stop.abort();
    });
  return stop.signal;
};

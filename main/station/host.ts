// The station inside Electron's utilityProcess: the same headless station, told to start and to stop by messages of its parent,
// so that a transfer at line rate never stalls the window (Electron documentation, utility-process).
import { startHeadless } from '../headless.ts';
import type { HeadlessOptions, RunningHeadless } from '../headless.ts';
import { readKept } from './kept.ts';

/** The part of Electron's `process.parentPort` that is used; in plain Node tests a shim takes its place. */
type ParentPort = {
  on(event: 'message', listener: (message: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
};

const parent = (process as unknown as { parentPort?: ParentPort }).parentPort;
if (parent === undefined) throw new Error('station-host runs inside an Electron utilityProcess');

let starting: Promise<RunningHeadless | null> = Promise.resolve(null);

const start = async (options: HeadlessOptions): Promise<RunningHeadless | null> => {
  // Where a person had it serve before goes before the default that the shell sends.
  const started = await startHeadless({ ...options, wire: readKept(options.dataFolder).wire ?? options.wire });
  if (!started.ok) {
    parent.postMessage({ kind: 'failed', failure: started.failure });
    return null;
  }
  const { pipeUrl, token } = started.value;
  parent.postMessage({ kind: 'started', pipeUrl, token });
  return started.value;
};

/** Also while it is still starting: what was opened is closed in order. The parent ends this process when it hears "stopped". */
const stop = async (): Promise<void> => {
  const running = await starting;
  starting = Promise.resolve(null);
  await running?.stop();
  parent.postMessage({ kind: 'stopped' });
};

// Since Electron 37 an unhandled rejection only warns here, while plain Node ends: both hosts shall end alike.
process.on('unhandledRejection', (error) => {
  throw error;
});

parent.on('message', ({ data }) => {
  const message = data as { readonly kind?: string; readonly options?: HeadlessOptions };
  if (message.kind === 'start' && message.options !== undefined) starting = start(message.options);
  if (message.kind === 'stop') void stop();
});

// The station as a child of the desktop shell: a utilityProcess, told to start and to stop by messages (Electron documentation,
// utility-process). A station that is already running on this computer is used instead.
import { join } from 'node:path';
import type * as Electron from 'electron';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { findRunningStation } from '../data-folder.ts';

export type StationAccess = { readonly pipeUrl: string; readonly token: string };
export type StationProcess = StationAccess & { stop(): Promise<void> };

type Message =
  | { readonly kind: 'started'; readonly pipeUrl: string; readonly token: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'stopped' };

const STOP_DEADLINE_MS = 10_000;

export type StationProcessOptions = {
  readonly utilityProcess: Pick<typeof Electron.utilityProcess, 'fork'>;
  readonly dataFolder: string;
  readonly kitFolder: string;
  readonly bundleFolder: string;
  /** Called when the station ends by itself; the window says so. */
  readonly onExit: (code: number) => void;
};

/** Attaches to the running station of this data folder, or starts one that serves the software rack until a port is chosen. */
export const openStation = async (options: StationProcessOptions): Promise<Result<StationProcess>> => {
  const running = findRunningStation(options.dataFolder);
  if (running !== null) return success({ pipeUrl: running.pipeUrl, token: running.token, stop: () => Promise.resolve() });
  const child = options.utilityProcess.fork(join(import.meta.dirname, 'station-host.js'), [], { serviceName: 'Rackside station' });
  let stopping = false;
  const exited = new Promise<number>((resolve) => child.once('exit', resolve));
  void exited.then((code) => {
    if (!stopping) options.onExit(code);
  });
  const first = new Promise<Message>((resolve) => child.once('message', (message: Message) => resolve(message)));
  child.postMessage({
    kind: 'start',
    options: {
      dataFolder: options.dataFolder,
      libraryFolder: join(options.dataFolder, 'library'),
      kitFolder: options.kitFolder,
      bundleFolder: options.bundleFolder,
      wire: { kind: 'loopback', leases: 600 },
      windowPort: 0,
    },
  });
  const ended = exited.then((): Message => ({ kind: 'failed', failure: failed('station.ended', 'The station ended while it started.', 'Look into its log, then start again.').failure }));
  const message = await Promise.race([first, ended]);
  if (message.kind !== 'started') {
    stopping = true;
    child.kill();
    return message.kind === 'failed' ? { ok: false, failure: message.failure } : failed('station.ended', 'The station stopped at once.', 'Start again.');
  }
  return success({
    pipeUrl: message.pipeUrl,
    token: message.token,
    stop: async () => {
      stopping = true;
      child.postMessage({ kind: 'stop' });
      const timer = setTimeout(() => child.kill(), STOP_DEADLINE_MS);
      // The host answers "stopped" when everything is closed; then nothing is lost by ending it.
      child.on('message', (said: Message) => {
        if (said.kind === 'stopped') child.kill();
      });
      await exited;
      clearTimeout(timer);
    },
  });
};

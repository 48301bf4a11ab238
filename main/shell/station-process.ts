// The station as a child of the desktop shell: a utilityProcess, told to start and to stop by messages (Electron documentation,
// utility-process). A station that is already running on this computer is used instead.
import { join } from 'node:path';
import type * as Electron from 'electron';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { StationAccess } from '../../preload/contract/native.ts';
import { findRunningStation } from '../data-folder.ts';

export type StationProcess = StationAccess & {
  /** Its exit code, when it ends by itself; a station of another process never does. */
  readonly ended: Promise<number>;
  /** Resolves when everything is closed, or at the deadline. */
  stop(): Promise<void>;
};

type Message =
  | { readonly kind: 'started'; readonly pipeUrl: string; readonly token: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'stopped' };

const STOP_DEADLINE_MS = 10_000;
const never = new Promise<never>(() => undefined);

export type StationProcessOptions = {
  readonly utilityProcess: Pick<typeof Electron.utilityProcess, 'fork'>;
  /** Built main/station/host.ts. */
  readonly program: string;
  readonly dataFolder: string;
  readonly kitFolder: string;
  readonly bundleFolder: string;
};

/** A station that somebody else started and will stop. */
export const foreignStation = ({ pipeUrl, token }: StationAccess): StationProcess => ({
  pipeUrl,
  token,
  ended: never,
  stop: () => Promise.resolve(),
});

/** Attaches to the running station of this data folder, or starts one that serves the software rack until a port is chosen. */
export const openStation = async (options: StationProcessOptions): Promise<Result<StationProcess>> => {
  const running = findRunningStation(options.dataFolder);
  if (running !== null) return success(foreignStation(running));
  const child = options.utilityProcess.fork(options.program, [], { serviceName: 'Rackside station' });
  const exited = new Promise<number>((resolve) => child.once('exit', resolve));
  const stopped = new Promise<void>((resolve) => child.on('message', (said: Message) => said.kind === 'stopped' && resolve()));
  const first = new Promise<Message>((resolve) => child.once('message', (said: Message) => resolve(said)));
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
  const said = await Promise.race([first, exited]);
  if (typeof said === 'number' || said.kind !== 'started') {
    child.kill();
    return typeof said !== 'number' && said.kind === 'failed'
      ? { ok: false, failure: said.failure }
      : failed('station.ended', 'The station ended while it started.', 'Look into station.log in its data folder, then start again.');
  }
  let stopping = false;
  return success({
    pipeUrl: said.pipeUrl,
    token: said.token,
    ended: exited.then((code) => (stopping ? never : code)),
    stop: async () => {
      stopping = true;
      // `pid` is undefined once it has ended.
      if (child.pid === undefined) return;
      child.postMessage({ kind: 'stop' });
      const timer = setTimeout(() => child.kill(), STOP_DEADLINE_MS);
      // When it says that all is closed, nothing is lost by ending it; it has no way to end itself but `process.exit`.
      await Promise.race([stopped, exited]);
      child.kill();
      await exited;
      clearTimeout(timer);
    },
  });
};

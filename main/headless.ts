// The station in plain Node with its window served on loopback: for `rackside serve`, the demo, tests, and inside Electron's
// utilityProcess. Locks the data folder and leaves the runtime file by which windows find it.
import { success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';
import type { StationEvent } from '../preload/contract/events.ts';
import { lockDataFolder, windowToken } from './data-folder.ts';
import { openLog } from './log.ts';
import { defaultBundleFolder, defaultKitFolder } from './program-folder.ts';
import type { FarWindow } from './pipe/far-window.ts';
import { startWindowListener } from './pipe/listen.ts';
import type { WindowListener } from './pipe/listen.ts';
import { createPipe } from './pipe/pipe-server.ts';
import type { Pipe } from './pipe/pipe-server.ts';
import { startStation } from './station.ts';
import type { RunningStation } from './station/options.ts';
import type { WireOptions } from './wire/options.ts';

export type HeadlessOptions = {
  readonly dataFolder: string;
  readonly libraryFolder: string;
  readonly moreLibraries?: readonly string[];
  readonly wire: WireOptions;
  /** 0 takes a free one. */
  readonly windowPort: number;
  /** Served beside the one on loopback, on the same port or a free one. */
  readonly farWindow?: FarWindow | null;
  /** Default: beside the program. */
  readonly kitFolder?: string;
  readonly bundleFolder?: string;
  readonly siteName?: string | undefined;
  readonly operator?: string | undefined;
  /** Answers boot requests from the start; otherwise a person switches that on. */
  readonly listen?: boolean;
};

export type RunningHeadless = {
  /** The window's address with its token: open it in a browser. */
  readonly url: string;
  /** The same for browsers beyond this computer; null where none was asked for. */
  readonly farUrl: string | null;
  readonly pipeUrl: string;
  readonly token: string;
  readonly station: RunningStation;
  stop(): Promise<void>;
};

/** Failures are those of the data folder, the station and the window listener; whatever was started is stopped again. */
export const startHeadless = async (options: HeadlessOptions): Promise<Result<RunningHeadless>> => {
  const data = lockDataFolder(options.dataFolder);
  if (!data.ok) return data;
  let pipe: Pipe | null = null;
  const log = openLog(options.dataFolder);
  const publish = (event: StationEvent): void => {
    if (event.name === 'event.logged') log.event(event.payload);
    pipe?.publish(event);
  };
  const station = await startStation({
    dataFolder: options.dataFolder,
    libraryFolder: options.libraryFolder,
    moreLibraries: options.moreLibraries,
    kitFolder: options.kitFolder ?? defaultKitFolder(),
    wire: options.wire,
    siteName: options.siteName,
    operator: options.operator,
    publish,
    onBug: (error, where) => log.bug(where, error),
  });
  if (!station.ok) {
    data.value.release();
    return station;
  }
  const { handlers, snapshot } = station.value;
  pipe = createPipe({ handlers, snapshot, onBug: (error, where) => log.bug(where, error) });
  const token = windowToken(options.dataFolder);
  const listeners: WindowListener[] = [];
  const stopAll = async (): Promise<void> => {
    for (const listener of listeners.toReversed()) await listener.stop();
    pipe?.close();
    await station.value.stop();
    await log.close();
    data.value.release();
  };
  const window = { port: options.windowPort, token, bundleFolder: options.bundleFolder ?? defaultBundleFolder(), pipe };
  for (const place of [{}, ...(options.farWindow ? [options.farWindow] : [])]) {
    const listener = await startWindowListener({ ...window, ...place });
    if (!listener.ok) {
      await stopAll();
      return listener;
    }
    listeners.push(listener.value);
  }
  const [near, far] = listeners;
  if (near === undefined) throw new Error('there is always a window on loopback');
  if (options.listen === true)
    await handlers['listening.set']({ on: true, minutes: null, macs: [], ports: [] }, { signal: new AbortController().signal });
  const { url, pipeUrl } = near;
  data.value.publish({ url, pipeUrl, token, startedAtMs: Date.now() });
  return success({
    url: `${url}#token=${token}`,
    farUrl: far === undefined ? null : `${far.url}#token=${token}`,
    pipeUrl,
    token,
    station: station.value,
    stop: stopAll,
  });
};

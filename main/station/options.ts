// What a station is started with, and what its host holds of it while it runs.
import type { Snapshot, StationEvent } from '../../preload/contract/events.ts';
import type { StationView } from '../../preload/contract/views.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { WireOptions } from '../wire/options.ts';

export type StationOptions = {
  /** Locked by the caller. */
  readonly dataFolder: string;
  readonly libraryFolder: string;
  /** Further libraries, which are only read, beside those that were opened while it ran before. */
  readonly moreLibraries?: readonly string[] | undefined;
  readonly kitFolder: string;
  readonly wire: WireOptions;
  readonly siteName?: string | undefined;
  readonly operator?: string | undefined;
  readonly now?: () => number;
  /** Every event for windows. */
  readonly publish: (event: StationEvent) => void;
  /** What was thrown where nobody waits for an answer; the station goes on. */
  readonly onBug: (error: unknown, where: string) => void;
};

export type RunningStation = {
  readonly handlers: CallHandlers;
  snapshot(): Snapshot;
  view(): StationView;
  /** Ports of the wire services; zeros while they do not run. */
  ports(): { readonly dhcp: number; readonly tftp: number; readonly http: number };
  stop(): Promise<void>;
};

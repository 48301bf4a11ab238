// Preflight for a wire, with or without a station already serving on it. A port that does not exist is a check that fails, not a
// command that ends.
import type { PreflightReport } from '../../preload/contract/views.ts';
import { runPreflight } from '../preflight/preflight.ts';
import type { WireOptions } from '../wire/options.ts';

export type PreflightPlace = {
  /** Null: a rehearsal on loopback. */
  readonly nicName: string | null;
  /** Null: the port's first. */
  readonly address: string | null;
  readonly mode: 'server' | 'proxy';
  readonly httpPort: number;
};

export const placeOf = (wire: WireOptions): PreflightPlace =>
  wire.kind === 'rack'
    ? { nicName: wire.nic, address: wire.network.address, mode: wire.mode, httpPort: wire.httpPort }
    : { nicName: null, address: null, mode: 'server', httpPort: 0 };

export type PreflightWish = PreflightPlace & {
  readonly libraryFolder: string;
  /** Null where the station runs and has made its folders. */
  readonly dataFolder: string | null;
  readonly kitFolder: string;
  /** True where our own services hold the ports just now. */
  readonly serving: boolean;
};

export const preflightFor = (wish: PreflightWish): Promise<PreflightReport> => runPreflight({ ...wish, verifyKit: true });

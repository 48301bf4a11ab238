// What is true of the station and one machine when the machine asks to boot; gathered by the station, judged by decide.ts and files.ts.
import type { LocalBoot } from '../../agent/protocol/decision.ts';

export interface StationPlace {
  /** The served NIC's IPv4 address. */
  readonly address: string;
  /** Port of the HTTP listener for targets. */
  readonly httpPort: number;
}

export interface BootSituation {
  /** A person has switched answering on, and this machine is among those to be answered. */
  readonly listening: boolean;
  readonly kitPresent: boolean;
  /** Waiting for this machine; handing out the final script uses it up. */
  readonly localBoot: LocalBoot | null;
  /** The first loader of a vendor's own, where an installer waits for this machine and brings one. */
  readonly installerShim?: string | null;
  readonly station: StationPlace;
}

export const stationUrl = (station: StationPlace): string => `http://${station.address}:${station.httpPort}`;

// The kernel command line of the agent: what a machine that has nothing must know to find this station and to check it.
import { stationUrl } from './situation.ts';
import type { StationPlace } from './situation.ts';

export interface BootWords {
  readonly station: StationPlace;
  /** Used once, at the agent's hello. */
  readonly token: string;
  /** Raw 32-byte ed25519 public key, base64url. */
  readonly stationKey: string;
  readonly stage2Sha256: string;
  /** Of the NIC that booted. */
  readonly mac: string;
}

/** The `rackside.*` words as one string; also DHCP option 224 for an agent on a stick. A word that would need quoting is a bug, and thrown. */
export const racksideWords = ({ station, token, stationKey, stage2Sha256, mac }: BootWords): string =>
  [
    word('station', stationUrl(station), /^http:\/\/[\d.]+:\d+$/),
    word('token', token, /^[\w.~-]+$/),
    word('key', stationKey, /^[\w-]{43}$/),
    word('stage2', stage2Sha256, /^[0-9a-f]{64}$/),
    word('mac', mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
  ].join(' ');

/** Both consoles, the serial one last so that /dev/console is where a rack's remote console looks; a panic restarts after 30 s. */
const kernelWords = 'console=tty0 console=ttyS0,115200 panic=30';

export const commandLine = (words: BootWords): string => `${racksideWords(words)} ${kernelWords}`;

const word = (name: string, value: string, shape: RegExp): string => {
  if (!shape.test(value)) throw new Error(`rackside.${name} has a value that a kernel command line cannot carry`);
  return `rackside.${name}=${value}`;
};

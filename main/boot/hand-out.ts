// What a machine's final script says: load the agent, or boot your own disk. One network boot asks several times (firmware and GRUB
// repeat lost requests), and a local boot is valid once: handing out the script uses it up, and repeats within a minute get the same.
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import type { InstallerHandOut } from '../recipes/installer-files.ts';
import type { BootSituation } from './situation.ts';
import { commandLine } from './words.ts';

export type HandOut =
  | { readonly kind: 'agent'; readonly commandLine: string }
  | { readonly kind: 'local'; readonly local: LocalBoot }
  /** A vendor's installer, which a person has agreed to. */
  | { readonly kind: 'installer'; readonly installer: InstallerHandOut }
  /** The machine was already loading when answering was switched off: it is sent back to its own disk, never left at a prompt. */
  | { readonly kind: 'not-listening' };

export interface HandOutOptions {
  readonly situationFor: (mac: string) => BootSituation | Promise<BootSituation>;
  /** Uses up the waiting local boot; null when there is none any more. */
  readonly takeLocalBoot: (mac: string) => LocalBoot | null | Promise<LocalBoot | null>;
  /** The installer that waits for this machine; it is handed out once. */
  readonly takeInstaller: (mac: string) => InstallerHandOut | null;
  /** A one-time token for the agent that will run on this machine. */
  readonly issueToken: (mac: string) => string | Promise<string>;
  /** Raw 32-byte ed25519 public key, base64url. */
  readonly stationKey: string;
  readonly stage2Sha256: string;
  readonly now: () => number;
}

const repeatWindowMs = 60_000;

export interface HandOuts {
  /** `canInstall`: whoever asks can load files that lie beside its script. */
  readonly handOut: (mac: string, canInstall: boolean) => Promise<HandOut>;
  /** A new boot of this machine (its firmware asks DHCP again): a repeat of the last script is no longer a repeat. */
  readonly forget: (mac: string) => void;
}

export const createHandOut = (options: HandOutOptions): HandOuts => {
  const { situationFor, takeLocalBoot, takeInstaller, issueToken, stationKey, stage2Sha256, now } = options;
  const handedOut = new Map<string, { readonly what: HandOut; readonly atMs: number }>();

  const handOut = async (mac: string, canInstall: boolean): Promise<HandOut> => {
    for (const [other, { atMs }] of handedOut) if (now() - atMs >= repeatWindowMs) handedOut.delete(other);
    const repeated = handedOut.get(mac);
    if (repeated) return repeated.what;
    const once = (what: HandOut): HandOut => {
      handedOut.set(mac, { what, atMs: now() });
      return what;
    };
    const installer = canInstall ? takeInstaller(mac) : null;
    if (installer) return once({ kind: 'installer', installer });
    const situation = await situationFor(mac);
    const local = situation.localBoot && (await takeLocalBoot(mac));
    if (local) return once({ kind: 'local', local });
    if (!situation.listening) return { kind: 'not-listening' };
    const token = await issueToken(mac);
    return { kind: 'agent', commandLine: commandLine({ station: situation.station, token, stationKey, stage2Sha256, mac }) };
  };
  return { handOut, forget: (mac) => void handedOut.delete(mac) };
};

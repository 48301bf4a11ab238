// The `rackside.*` words of the kernel command line: which station this boot belongs to and how to believe it.
import { failed, success } from './protocol/failure.ts';
import type { Result } from './protocol/failure.ts';

export type BootWords = {
  /** `http://ADDRESS:PORT`, no trailing slash. */
  readonly station: string;
  /** One-time token, exchanged for a session at hello. */
  readonly token: string;
  /** Station's ed25519 public key, 32 raw bytes as base64url. */
  readonly stationKey: string;
  /** SHA-256 of stage 2, hex: what stage 1 checked, and so which kit this agent comes from. */
  readonly stage2: string;
  /** MAC of the NIC that booted, lower case with colons. */
  readonly mac: string;
};

const REQUIRED = ['station', 'token', 'key', 'mac'] as const;

/**
 * Reads the words out of a whole kernel command line (or DHCP option 224, which carries the same words).
 * Failures `boot.words-missing`, `boot.words-invalid`.
 */
export const parseBootWords = (commandLine: string): Result<BootWords> => {
  const words = new Map<string, string>();
  for (const word of commandLine.split(/\s+/)) {
    const match = /^rackside\.([a-z0-9-]+)=(.*)$/.exec(word);
    if (match?.[1] !== undefined && match[2] !== undefined) words.set(match[1], match[2]);
  }
  const missing = REQUIRED.filter((name) => !words.get(name));
  if (missing.length > 0) {
    return failed(
      'boot.words-missing',
      `The boot command line lacks ${missing.map((name) => `rackside.${name}`).join(', ')}.`,
      'Boot again from the station; a stick needs a station that listens on this wire.',
    );
  }
  const station = (words.get('station') ?? '').replace(/\/+$/, '');
  if (!/^http:\/\/[^/]+$/.test(station)) {
    return failed('boot.words-invalid', `"${station}" is no station address.`, 'Boot again from the station.');
  }
  return success({
    station,
    token: words.get('token') ?? '',
    stationKey: words.get('key') ?? '',
    stage2: words.get('stage2') ?? '',
    mac: (words.get('mac') ?? '').toLowerCase(),
  });
};

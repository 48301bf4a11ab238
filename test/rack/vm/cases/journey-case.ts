// What `npm run lab -- NAME` runs: a journey of one or more machines at a station of its own.
import type { LabStation } from '../lab-station.ts';

export type Case = {
  readonly name: string;
  /** One line for the list of names. */
  readonly about: string;
  /** `proxy`: beside somebody else's DHCP server. */
  readonly mode?: 'proxy';
  /** Resolves with what was seen, in a few words; throws when the case failed. */
  readonly run: (station: LabStation) => Promise<string>;
};

export const expectThat = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(what);
};

/** Seconds since `startedAtMs`, as text. */
export const secondsSince = (startedAtMs: number): string => `${((Date.now() - startedAtMs) / 1000).toFixed(0)} s`;

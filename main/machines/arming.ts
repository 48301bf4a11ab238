// An armed site: for a time and a number of machines, `auto` policies may erase without asking. Kept in memory alone, so that
// a restart of the station always disarms it (docs/operating.md, "Arming").
import type { Disk } from '../../agent/protocol/disk.ts';

export type Armed = {
  readonly siteId: number;
  readonly machinesLeft: number;
  readonly untilMs: number;
  /** Machines whose present systems the arming screen listed as to be replaced. */
  readonly replaceExisting: readonly string[];
  /** What "newest" meant on the arming screen, by policy name: a newer image that arrives meanwhile is not covered. */
  readonly pinned: Readonly<Record<string, string>>;
};

export type AutoQuestion = {
  readonly machineId: string;
  readonly policy: {
    readonly name: string;
    readonly consent: 'ask' | 'auto';
    readonly replaceExisting: boolean;
    readonly isNewest: boolean;
  };
  readonly osoid: string;
  readonly disk: Pick<Disk, 'content' | 'provenance'>;
};

/** Null when it may be written without asking; else why not, in words. */
export const whyNotAuto = (armed: Armed | null, siteId: number, nowAtMs: number, question: AutoQuestion): string | null => {
  const { policy, disk, machineId, osoid } = question;
  if (policy.consent !== 'auto') return 'the policy asks';
  if (armed === null || armed.siteId !== siteId) return 'the site is not armed';
  if (nowAtMs >= armed.untilMs) return 'the arming has run out';
  if (armed.machinesLeft <= 0) return 'the number of machines of this arming is used up';
  if (policy.isNewest && armed.pinned[policy.name] !== osoid) return 'the image is not the one shown when arming';
  if (holdsNothing(disk)) return null;
  if (policy.replaceExisting && armed.replaceExisting.includes(machineId)) return null;
  return 'the disk holds something that the arming screen did not list';
};

// Data without a known system is worth as much as a system, so only a disk that reads as zeros counts as empty.
const holdsNothing = ({ content, provenance }: AutoQuestion['disk']): boolean => content?.blank === true && provenance.verdict === 'absent';

export type Arming = {
  arm(armed: Armed): void;
  disarm(): void;
  current(): Armed | null;
  /** One machine less. */
  used(): void;
};

export const createArming = (): Arming => {
  let armed: Armed | null = null;
  return {
    arm: (next) => void (armed = next),
    disarm: () => void (armed = null),
    current: () => armed,
    used: () => void (armed = armed === null ? null : { ...armed, machinesLeft: armed.machinesLeft - 1 }),
  };
};

// When a disk may be written without asking, as a pure rule (docs/operating.md, "Arming").
import type { Disk } from '../../agent/protocol/disk.ts';
import type { Resolution } from '../../preload/contract/policy.ts';
import type { Armed } from './arming.ts';

export type AutoQuestion = {
  readonly machineId: string;
  readonly policy: { readonly name: string; readonly consent: 'ask' | 'auto'; readonly replaceExisting: boolean };
  readonly osoid: string;
  readonly disk: Disk;
  /** What the policies as they stood when arming say of this machine; null where no site is armed. */
  readonly whenArmed: Resolution | null;
};

export type ArmedNow = Pick<Armed, 'siteId' | 'untilMs' | 'machinesLeft' | 'pinned' | 'replaces'>;

/** Null when it may be written without asking; else why not, in words. */
export const whyNotAuto = (armed: ArmedNow | null, siteId: number, nowAtMs: number, question: AutoQuestion): string | null => {
  const { policy, disk, machineId, osoid, whenArmed } = question;
  if (policy.consent !== 'auto') return 'the policy asks';
  if (armed === null || armed.siteId !== siteId) return 'the site is not armed';
  if (nowAtMs >= armed.untilMs) return 'the arming has run out';
  if (armed.machinesLeft <= 0) return 'the number of machines of this arming is used up';
  if (whenArmed?.kind !== 'matched' || whenArmed.policy !== policy.name || whenArmed.consent !== 'auto')
    return 'the policies were changed after arming';
  if (armed.pinned[policy.name] !== osoid) return 'the image is not the one shown when arming';
  if (holdsNothing(disk)) return null;
  const shown = policy.replaceExisting && whenArmed.replaceExisting ? armed.replaces[machineId] : undefined;
  return shown === contentShown(disk) ? null : 'the disk holds something that the arming did not list';
};

/** Data without a known system is worth as much as a system, so only a disk that reads as zeros counts as empty. */
export const holdsNothing = ({ content, provenance }: Disk): boolean => content?.blank === true && provenance.verdict === 'absent';

/** Names a disk and what is on it, as the arming listed it. */
export const contentShown = ({ serial, wwn, sizeBytes, content, provenance }: Disk): string =>
  JSON.stringify([serial, wwn, sizeBytes, content?.hash ?? null, provenance.verdict, provenance.osoid]);

// What a machine does for an image set: the first member that no library has is constructed on it; once all are there, it ends on the
// member that its policy names. Decided anew each time from the library, so that whatever cut it short it goes on where it was.
import type { Outcome } from '../../preload/contract/policy.ts';
import type { ImageSet, SetMember } from '../../preload/contract/image-set.ts';
import type { Decided, DecidedSet } from './decided.ts';

/** What a policy would say for this member alone. */
export const memberOutcome = (member: SetMember): Extract<Outcome, { kind: 'deploy' | 'deploy-newest' | 'build' }> => {
  if ('osoid' in member) return { kind: 'deploy', osoid: member.osoid };
  if ('labels' in member) return { kind: 'deploy-newest', labels: member.labels };
  return { kind: 'build', recipe: member.recipe };
};

export type SetSituation = {
  readonly set: ImageSet;
  readonly final: string;
  /** Images that its disks carry by trusted records. */
  readonly onDisk: readonly string[];
  /** This machine is in the middle of this set. */
  readonly isRunning: boolean;
  /** What a policy with this outcome would come to. */
  readonly decideFor: (outcome: Outcome) => Decided;
};

export const decideSet = ({ set, final, onDisk, isRunning, decideFor }: SetSituation): Decided => {
  const decided = set.members.map((member) => ({ member, decided: decideFor(memberOutcome(member)) }));
  const last = decided.find(({ member }) => member.name === final);
  if (last === undefined) return holdFor(set.name, `has no member "${final}"`);
  const finalOsoid = last.decided.kind === 'assess' ? last.decided.image.osoid : null;
  const place = { set, final, finalOsoid };
  // What is installed already goes before everything else, as ever; only a machine that builds for its set goes on.
  const isInstalled = finalOsoid !== null && onDisk.includes(finalOsoid) && !isRunning;
  const open = isInstalled ? -1 : decided.findIndex((one) => one.decided.kind !== 'assess');
  if (open === -1)
    return { ...last.decided, set: { ...place, number: set.members.indexOf(last.member) + 1, isFinal: true, after: [], recipes: [] } };
  const now = decided[open];
  if (now === undefined) throw new Error('a set without its member');
  const number = open + 1;
  const rest = decided.slice(open + 1).filter((one) => one.decided.kind === 'build');
  // Built last, it is on the disk already; else it is written over what was built after it.
  const isLast = (rest.at(-1) ?? now).member === last.member;
  const after = [
    ...rest.map((one) => `build member "${one.member.name}"${'recipe' in one.member ? ` by recipe "${one.member.recipe}"` : ''}`),
    ...(isLast ? [] : [`write member "${final}"`]),
  ];
  const recipes = [now, ...rest].flatMap((one) => (one.decided.kind === 'build' ? [one.decided.entry.sha256] : []));
  const at = { ...place, number, isFinal: false, after, recipes };
  if (now.decided.kind !== 'hold') return { ...now.decided, set: at };
  const { question } = now.decided;
  const reason = `Member ${number} of ${set.members.length} of set "${set.name}", "${now.member.name}": ${'reason' in question ? question.reason : ''}`;
  return { ...now.decided, question: 'reason' in question ? { ...question, reason } : question, set: at };
};

const holdFor = (name: string, what: string): Decided => ({
  kind: 'hold',
  state: 'waiting',
  question: { kind: 'choose', reason: `Image set "${name}" ${what}. Correct it, or choose an image.` },
});

/** In words, for people and events: `member 2 of 3, "web", of set "lab"`. */
export const placeWords = ({ set, number, isFinal, final }: DecidedSet): string =>
  isFinal
    ? `all members of set "${set.name}" are there, and it ends on "${final}"`
    : `member ${number} of ${set.members.length}, "${set.members[number - 1]?.name ?? '?'}", of set "${set.name}"`;

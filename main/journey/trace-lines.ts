// The trace of a decision in a few short lines, for the target's own screen: those policies that decided first, then the others by rank.
import type { ConditionTrace, PolicyTrace, Trace } from '../../preload/contract/policy.ts';

const LINES_MOST = 6;
const LINE_MOST = 200;

const VERDICTS: Readonly<Record<PolicyTrace['verdict'], string>> = {
  won: 'decides',
  outranked: 'holds, and comes later',
  tied: 'holds, and so does another',
  'unknown-skipped': 'cannot be judged, and is passed over',
  'unknown-blocks': 'cannot be judged',
  'limit-reached': 'holds, and its places are taken',
  'not-true': 'does not hold',
  answered: 'is answered',
  disabled: 'is off',
};

/** What became of a policy, in words. */
export const verdictWords = ({ verdict, truth }: Pick<PolicyTrace, 'verdict' | 'truth'>): string =>
  verdict === 'outranked' && truth === 'unknown' ? 'cannot be judged, and comes later' : VERDICTS[verdict];

const DECIDING: readonly PolicyTrace['verdict'][] = ['won', 'tied', 'unknown-blocks', 'limit-reached'];

const leaves = (trace: ConditionTrace): readonly ConditionTrace[] => (trace.parts.length === 0 ? [trace] : trace.parts.flatMap(leaves));

const because = ({ condition, truth, verdict }: PolicyTrace): string => {
  if (!['unknown-blocks', 'unknown-skipped', 'not-true'].includes(verdict)) return '';
  const reasons = leaves(condition)
    .filter((leaf) => leaf.truth === truth && leaf.text !== '')
    .map(({ text, seen, why }) => (why === null ? `${text}${seen === null ? '' : ` (it is ${seen})`}` : why));
  const [first] = reasons;
  return first === undefined ? '' : `: ${truth === 'no' ? 'not ' : ''}${first}`;
};

export const traceLines = ({ policies, left }: Trace): string[] => {
  const shown = policies.filter(({ verdict }) => verdict !== 'disabled');
  const ordered = [
    ...shown.filter(({ verdict }) => DECIDING.includes(verdict)),
    ...shown.filter(({ verdict }) => !DECIDING.includes(verdict)),
  ];
  const lines = ordered
    .slice(0, LINES_MOST)
    .map((policy) => `${policy.name} (rank ${policy.rank}) ${verdictWords(policy)}${because(policy)}`.slice(0, LINE_MOST));
  const more = ordered.length + left - lines.length;
  return more > 0 ? [...lines, `and ${more} more policies`] : lines;
};

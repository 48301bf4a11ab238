// A decision as lines of text: every policy in the order of their ranks, what became of it, every test with the value seen, and the end of it.
import type { ConditionTrace, Outcome, Resolution, Trace } from '../../preload/contract/policy.ts';
import { verdictWords } from '../journey/trace-lines.ts';
import { labelWords } from '../matching/newest.ts';

export const describeTrace = (trace: Trace): string => {
  const indent = (part: ConditionTrace, depth: number): readonly string[] => [
    `${'  '.repeat(depth)}${part.truth.padEnd(7)} ${part.text}${part.seen === null ? '' : `  [seen: ${part.seen}]`}${part.why === null ? '' : `  (${part.why})`}`,
    ...part.parts.flatMap((child) => indent(child, depth + 1)),
  ];
  return [
    ...trace.policies.flatMap((policy) => [
      `${String(policy.rank).padStart(4)} ${policy.name} -> ${policy.outcome.kind}: ${verdictWords(policy)}`,
      ...indent(policy.condition, 3),
    ]),
    ...(trace.left === 0 ? [] : [`     and ${trace.left} more: rackside policies explain MACHINE`]),
  ].join('\n');
};

const outcomeText = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'deploy':
      return `deploy image ${outcome.osoid.slice(0, 12)}`;
    case 'deploy-newest':
      return `deploy the newest trusted image with ${labelWords(outcome.labels)}`;
    case 'build':
      return `build by recipe ${outcome.recipe}, or deploy what it built for a like machine`;
    case 'set':
      return `image set ${outcome.set}${outcome.member === undefined ? '' : `, ending on ${outcome.member}`}`;
    case 'boot-local':
      return 'boot its own disk';
    case 'hold':
      return `hold: ${outcome.reason}`;
    case 'ask':
      return `ask for ${[...outcome.facts, ...(outcome.fields ?? []).map(({ name }) => name)].join(', ')}`;
  }
};

/** What the policies come to, in a sentence. */
export const resolutionText = (resolution: Resolution): string => {
  switch (resolution.kind) {
    case 'matched':
      return `Policy "${resolution.policy}" decides: ${outcomeText(resolution.outcome)}; consent: ${resolution.consent}.`;
    case 'ambiguous':
      return `Policies ${resolution.policies.join(' and ')} hold at the same rank and want different things: give one of them another rank.`;
    case 'unknown':
      return `Policy "${resolution.policy}" comes first and cannot be judged without ${resolution.facts.join(', ')}.`;
    case 'limit-reached':
      return `Policy "${resolution.policy}" holds, and its ${resolution.limit} places are taken.`;
    case 'unmatched':
      return 'No policy holds.';
  }
};

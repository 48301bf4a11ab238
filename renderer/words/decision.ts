// The decision as prose: for every policy in order, what it wanted, what was seen, and why it won or not.
import type { ConditionTrace, Outcome, PolicyTrace, Trace } from '../../preload/contract/policy.ts';

export const outcomeWords = (outcome: Outcome, imageName: (osoid: string) => string | null): string => {
  switch (outcome.kind) {
    case 'deploy':
      return `deploy ${imageName(outcome.osoid) ?? `image ${outcome.osoid.slice(0, 12)}`}`;
    case 'deploy-newest': {
      const labels = Object.entries(outcome.labels).map(([key, value]) => `${key}=${value}`);
      return `deploy the newest trusted image${labels.length === 0 ? '' : ` with ${labels.join(' and ')}`}`;
    }
    case 'build':
      return `build by recipe ${outcome.recipe}, or deploy what it built for a like machine`;
    case 'set':
      return `complete image set ${outcome.set}${outcome.member === undefined ? '' : ` and end on ${outcome.member}`}`;
    case 'boot-local':
      return 'boot its own disk';
    case 'hold':
      return outcome.reason === '' ? 'hold' : `hold: ${outcome.reason}`;
    case 'ask':
      return `ask for ${[...outcome.facts, ...(outcome.fields ?? []).map((field) => field.label ?? field.name)].join(', ')}`;
  }
};

const leaves = (condition: ConditionTrace): readonly ConditionTrace[] =>
  condition.parts.length === 0 ? [condition] : condition.parts.flatMap(leaves);

const leafWords = (leaf: ConditionTrace): string => {
  if (leaf.truth === 'unknown') return `${leaf.text}: unknown${leaf.why === null ? '' : `, ${leaf.why}`}`;
  return leaf.seen === null ? leaf.text : `${leaf.text} (seen: ${leaf.seen})`;
};

/** Why a policy holds or not: the tests that decided, not the whole tree. */
export const reasonWords = (trace: PolicyTrace): string => {
  if (trace.verdict === 'disabled') return 'switched off';
  const all = leaves(trace.condition);
  const deciding = all.filter((leaf) => leaf.truth === trace.truth);
  const said = (deciding.length > 0 ? deciding : all).slice(0, 6).map(leafWords).join('; ');
  switch (trace.verdict) {
    case 'answered':
      return 'fits, and what it asks is answered';
    case 'outranked':
      return trace.truth === 'unknown' ? `not needed, since a lower rank comes first: ${said}` : 'fits too, but a lower rank comes first';
    case 'limit-reached':
      return `fits, but its limit for this site is reached; ${said}`;
    case 'unknown-blocks':
      return `cannot be decided, and it comes first: ${said}`;
    case 'unknown-skipped':
      return `skipped, as its author allows: ${said}`;
    case 'tied':
      return `fits equally: ${said}`;
    case 'won':
    case 'not-true':
      return said === '' ? 'fits every machine' : said;
  }
};

export type Mark = 'yes' | 'no' | 'tie' | 'unknown' | 'later';

export const markOf = (trace: PolicyTrace): Mark => {
  switch (trace.verdict) {
    case 'won':
      return 'yes';
    case 'tied':
      return 'tie';
    case 'unknown-blocks':
      return 'unknown';
    case 'not-true':
    case 'limit-reached':
    case 'unknown-skipped':
      return 'no';
    case 'answered':
    case 'outranked':
    case 'disabled':
      return 'later';
  }
};

export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  yes: 'decides',
  no: 'does not fit',
  tie: 'ties',
  unknown: 'cannot be decided',
  later: 'not reached',
};

export const resolutionWords = (trace: Trace, imageName: (osoid: string) => string | null): string => {
  const { resolution } = trace;
  switch (resolution.kind) {
    case 'matched':
      return outcomeWords(resolution.outcome, imageName);
    case 'ambiguous':
      return `${resolution.policies.join(' and ')} fit equally`;
    case 'unknown':
      return `${resolution.policy} needs ${resolution.facts.join(', ')}`;
    case 'limit-reached':
      return `the limit of ${resolution.policy} (${resolution.limit}) is reached`;
    case 'unmatched':
      return 'no policy fits';
  }
};

// All policies against one machine: the one outcome, or why there is none, with the whole trace. Pure, and independent of
// the order in which policies are given.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { ConditionTrace, Outcome, Policy, PolicyTrace, Resolution, Trace } from '../../preload/contract/policy.ts';
import { evaluate, indexFacts, openFacts } from './evaluate.ts';

export type PolicyEntry = { readonly policy: Policy; readonly enabled: boolean };

export type ResolveInput = {
  readonly policies: readonly PolicyEntry[];
  readonly facts: readonly Fact[];
  /** Machines of this site, other than the one being resolved, that hold a reservation of the named policy. */
  readonly used: (policyName: string) => number;
};

type Judged = PolicyEntry & { readonly condition: ConditionTrace };
type Verdict = PolicyTrace['verdict'];

/**
 * Lowest rank wins. Equal ranks with different outcomes are ambiguous. An unknown policy that outranks the winner, or that
 * shares its rank with another outcome, blocks: its facts are asked for. An exhausted limit holds; it never yields to the next policy.
 */
export const resolve = ({ policies, facts, used }: ResolveInput): Trace => {
  const index = indexFacts(facts);
  const judged = policies
    .map((entry): Judged => ({ ...entry, condition: evaluate(entry.policy.when, index) }))
    .toSorted((a, b) => a.policy.rank - b.policy.rank || (a.policy.name < b.policy.name ? -1 : 1));
  const { resolution, verdicts } = decide(judged, used);
  return {
    resolution,
    policies: judged.map((entry) => ({
      name: entry.policy.name,
      rank: entry.policy.rank,
      outcome: entry.policy.outcome,
      truth: entry.condition.truth,
      verdict: verdicts.get(entry) ?? verdictOfLoser(entry),
      condition: entry.condition,
    })),
  };
};

type Decided = { readonly resolution: Resolution; readonly verdicts: ReadonlyMap<Judged, Verdict> };

const decide = (judged: readonly Judged[], used: ResolveInput['used']): Decided => {
  const winners = bestOf(judged);
  const blocking = judged.filter((entry) => blocks(entry, winners));
  const [first] = blocking;
  if (first !== undefined) {
    const asked = [...openFacts(first.policy.when, first.condition)];
    return { resolution: { kind: 'unknown', policy: first.policy.name, facts: asked }, verdicts: all(blocking, 'unknown-blocks') };
  }
  const [winner] = winners;
  if (winner === undefined) return { resolution: { kind: 'unmatched' }, verdicts: new Map() };
  if (winners.some((other) => !sameOutcome(other.policy.outcome, winner.policy.outcome))) {
    return { resolution: { kind: 'ambiguous', policies: winners.map((entry) => entry.policy.name) }, verdicts: all(winners, 'tied') };
  }
  const exhausted = winners.find(({ policy }) => policy.limit !== null && used(policy.name) >= policy.limit);
  if (exhausted !== undefined) {
    const { name, limit } = exhausted.policy;
    return { resolution: { kind: 'limit-reached', policy: name, limit: limit ?? 0 }, verdicts: all(winners, 'limit-reached') };
  }
  // Winners that agree on the outcome may differ in how freely they let it be written; the strictest of them counts.
  const resolution: Resolution = {
    kind: 'matched',
    policy: winner.policy.name,
    outcome: winner.policy.outcome,
    consent: winners.every(({ policy }) => policy.consent === 'auto') ? 'auto' : 'ask',
    replaceExisting: winners.every(({ policy }) => policy.replaceExisting),
  };
  return { resolution, verdicts: all(winners, 'won') };
};

const bestOf = (judged: readonly Judged[]): readonly Judged[] => {
  const holding = judged.filter((entry) => entry.enabled && entry.condition.truth === 'yes');
  return holding.filter((entry) => entry.policy.rank === holding[0]?.policy.rank);
};

const blocks = (entry: Judged, winners: readonly Judged[]): boolean => {
  if (!entry.enabled || entry.condition.truth !== 'unknown' || entry.policy.whenUnknown === 'skip') return false;
  const [winner] = winners;
  if (winner === undefined || entry.policy.rank < winner.policy.rank) return true;
  return entry.policy.rank === winner.policy.rank && !sameOutcome(entry.policy.outcome, winner.policy.outcome);
};

const verdictOfLoser = ({ enabled, policy, condition }: Judged): Verdict => {
  if (!enabled) return 'disabled';
  if (condition.truth === 'no') return 'not-true';
  return condition.truth === 'unknown' && policy.whenUnknown === 'skip' ? 'unknown-skipped' : 'outranked';
};

const all = (entries: readonly Judged[], verdict: Verdict): ReadonlyMap<Judged, Verdict> =>
  new Map(entries.map((entry) => [entry, verdict]));

/** Same effect, however the keys were ordered. */
export const sameOutcome = (a: Outcome, b: Outcome): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

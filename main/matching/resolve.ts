// All policies against one machine: the one outcome, or why there is none, with the whole trace or as much of it as is asked for.
// Pure, and independent of the order in which policies are given.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { PolicyTrace, Resolution, Trace } from '../../preload/contract/policy.ts';
import { declaredTypes } from './declared-types.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import { evaluate, openFacts } from './evaluate.ts';
import { indexFacts } from './fact-index.ts';
import type { FactIndex } from './fact-index.ts';
import { NO, UNKNOWN, YES } from './judge.ts';
import { candidates, policyIndexOf } from './policy-index.ts';
import type { PolicyIndex } from './policy-index.ts';
import type { PolicyEntry, Ranked } from './ranked.ts';
import { isAnsweredIn } from './wanted-fields.ts';

export type ResolveInput = {
  readonly policies: readonly PolicyEntry[];
  readonly facts: readonly Fact[];
  /** The station's own: whether what people typed is a number. */
  readonly fields?: readonly Pick<Field, 'name' | 'type'>[] | undefined;
  /** Machines of this site, other than the one being resolved, that hold a reservation of the named policy. */
  readonly used: (policyName: string) => number;
};

type Verdict = PolicyTrace['verdict'];
type Decided = { readonly resolution: Resolution; readonly verdicts: ReadonlyMap<Ranked, Verdict> };

/** The answer without its trace. */
export const resolveOnly = (input: ResolveInput): Resolution =>
  decide(policyIndexOf(input.policies), indexFor(input), input.used).resolution;

/** Facts as policies test them: those that people typed are what their fields say. */
export const indexFor = ({ policies, facts, fields = [] }: Omit<ResolveInput, 'used'>): FactIndex =>
  indexFacts(facts, declaredTypes(fields, policies));

/** With the trace of every policy, or from `from` on of `most` of them, in the order of their ranks. */
export const resolve = (input: ResolveInput, { from = 0, most = Number.POSITIVE_INFINITY } = {}): Trace => {
  const facts = indexFor(input);
  const index = policyIndexOf(input.policies);
  const { ranked } = index;
  return traceOf(decide(index, facts, input.used), ranked, ranked.slice(from, from + most), facts);
};

/**
 * With the trace of at most `most` policies: those that decided, then those that hold or might, then the first of the others.
 * It is what a machine's record keeps, whatever the number of policies.
 */
export const resolveBriefly = (input: ResolveInput, most: number): Trace => {
  const facts = indexFor(input);
  const index = policyIndexOf(input.policies);
  const { ranked } = index;
  const decided = decide(index, facts, input.used);
  if (ranked.length <= most) return traceOf(decided, ranked, ranked, facts);
  const chosen = new Set([...decided.verdicts.keys()].slice(0, most));
  const fill = (entries: Iterable<Ranked>, isWanted: (entry: Ranked) => boolean): void => {
    for (const entry of entries) {
      if (chosen.size >= most) return;
      if (isWanted(entry)) chosen.add(entry);
    }
  };
  fill(candidates(index, facts), (entry) => entry.enabled && entry.judge(facts) !== NO);
  fill(ranked, () => true);
  return traceOf(
    decided,
    ranked,
    ranked.filter((entry) => chosen.has(entry)),
    facts,
  );
};

const traceOf = ({ resolution, verdicts }: Decided, all: readonly Ranked[], shown: readonly Ranked[], facts: FactIndex): Trace => ({
  resolution,
  policies: shown.map((entry) => {
    const condition = evaluate(entry.policy.when, facts);
    const { name, rank, outcome } = entry.policy;
    const verdict = verdicts.get(entry) ?? verdictOfLoser(entry, condition.truth, facts);
    return { name, rank, outcome, truth: condition.truth, verdict, condition };
  }),
  left: all.length - shown.length,
});

/**
 * Lowest rank wins. Equal ranks with different outcomes are ambiguous. An unknown policy that outranks the winner, or that
 * shares its rank with another outcome, blocks: its facts are asked for. An exhausted limit holds; it never yields to the next policy.
 */
const decide = (index: PolicyIndex, facts: FactIndex, used: ResolveInput['used']): Decided => {
  const { winners, open } = contenders(index, facts);
  const [winner] = winners;
  const isTied = winners.some((other) => other.outcomeKey !== winner?.outcomeKey);
  // At the winners' own rank an unknown matters only while they agree: a tie stays a tie, whatever becomes known.
  const blocking = open.filter(
    ({ policy, outcomeKey }) => policy.rank !== winner?.policy.rank || (!isTied && outcomeKey !== winner.outcomeKey),
  );
  const [first] = blocking;
  if (first !== undefined) {
    const asked = [...openFacts(first.policy.when, evaluate(first.policy.when, facts))];
    return { resolution: { kind: 'unknown', policy: first.policy.name, facts: asked }, verdicts: all(blocking, 'unknown-blocks') };
  }
  if (winner === undefined) return { resolution: { kind: 'unmatched' }, verdicts: new Map() };
  if (isTied) {
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

/** Those that hold at the lowest rank at which any does, and those up to that rank that would have to be known; no further is read. */
const contenders = (index: PolicyIndex, facts: FactIndex): { readonly winners: readonly Ranked[]; readonly open: readonly Ranked[] } => {
  const winners: Ranked[] = [];
  const open: Ranked[] = [];
  for (const entry of candidates(index, facts)) {
    if (winners[0] !== undefined && entry.policy.rank > winners[0].policy.rank) break;
    if (!entry.enabled) continue;
    const truth = entry.judge(facts);
    if (truth === YES && !hasItsAnswers(entry, facts)) winners.push(entry);
    else if (truth === UNKNOWN && entry.policy.whenUnknown === 'ask') open.push(entry);
  }
  return { winners, open };
};

/** A policy that only asks has done what it is for once everything is answered. */
const hasItsAnswers = ({ policy: { outcome } }: Ranked, facts: FactIndex): boolean =>
  outcome.kind === 'ask' && isAnsweredIn(outcome, facts);

const verdictOfLoser = (entry: Ranked, truth: PolicyTrace['truth'], facts: FactIndex): Verdict => {
  const { enabled, policy } = entry;
  if (!enabled) return 'disabled';
  if (truth === 'yes' && hasItsAnswers(entry, facts)) return 'answered';
  if (truth === 'no') return 'not-true';
  return truth === 'unknown' && policy.whenUnknown === 'skip' ? 'unknown-skipped' : 'outranked';
};

const all = (entries: readonly Ranked[], verdict: Verdict): ReadonlyMap<Ranked, Verdict> =>
  new Map(entries.map((entry) => [entry, verdict]));

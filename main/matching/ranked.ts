// Policies made ready to be asked: in the order of their ranks, conditions compiled, outcomes comparable.
import type { Outcome, Policy } from '../../preload/contract/policy.ts';
import { canonicalText } from './canonical.ts';
import { judgeOf } from './judge.ts';
import type { Judge } from './judge.ts';

export type PolicyEntry = { readonly policy: Policy; readonly enabled: boolean };

/** `outcomeKey` is the same for outcomes of the same effect. */
export type Ranked = PolicyEntry & { readonly judge: Judge; readonly outcomeKey: string };

/** By rank, then by name, however `policies` are ordered. */
export const rankedOf = (policies: readonly PolicyEntry[]): readonly Ranked[] =>
  policies
    .map(({ policy, enabled }) => ({ policy, enabled, judge: judgeOf(policy.when), outcomeKey: outcomeKeyOf(policy.outcome) }))
    .toSorted((a, b) => a.policy.rank - b.policy.rank || (a.policy.name < b.policy.name ? -1 : 1));

const keys = new WeakMap<Outcome, string>();
const outcomeKeyOf = (outcome: Outcome): string => {
  const key = keys.get(outcome) ?? canonicalText(outcome);
  keys.set(outcome, key);
  return key;
};

/** Same effect, however the keys were ordered. */
export const sameOutcome = (a: Outcome, b: Outcome): boolean => outcomeKeyOf(a) === outcomeKeyOf(b);

// Which policies can matter to a machine at all. A condition that wants, whatever else it wants, that a fact equal something is not
// true of a machine whose fact is known and is something else; so such policies are filed under fact and value and not even looked at.
// Worked out once for a set, since every decision asks the same one.
import type { Condition, FactTest } from '../../preload/contract/policy.ts';
import type { FactIndex } from './fact-index.ts';
import { rankedOf } from './ranked.ts';
import type { PolicyEntry, Ranked } from './ranked.ts';
import { readied } from './tests.ts';
import type { ScalarValue } from './tests.ts';

type Filed = { readonly all: number[]; readonly byValue: Map<ScalarValue, number[]> };
export type PolicyIndex = {
  /** All of them, in the order of their ranks. */
  readonly ranked: readonly Ranked[];
  /** Places in `ranked`: of those that name no such fact, and of the others by fact and value. */
  readonly always: readonly number[];
  readonly byFact: ReadonlyMap<string, Filed>;
};

const kept = new WeakMap<readonly PolicyEntry[], PolicyIndex>();

/** The list must not be changed afterwards. */
export const policyIndexOf = (policies: readonly PolicyEntry[]): PolicyIndex => {
  let index = kept.get(policies);
  if (index === undefined) {
    index = build(rankedOf(policies));
    kept.set(policies, index);
  }
  return index;
};

const build = (ranked: readonly Ranked[]): PolicyIndex => {
  const always: number[] = [];
  const byFact = new Map<string, Filed>();
  for (const [place, { policy, enabled }] of ranked.entries()) {
    if (!enabled) continue;
    const wanted = wants(policy.when);
    if (wanted === null) {
      always.push(place);
      continue;
    }
    const filed = byFact.get(wanted.fact) ?? { all: [], byValue: new Map<ScalarValue, number[]>() };
    byFact.set(wanted.fact, filed);
    filed.all.push(place);
    for (const value of wanted.values) {
      const places = filed.byValue.get(value);
      if (places === undefined) filed.byValue.set(value, [place]);
      else places.push(place);
    }
  }
  return { ranked, always, byFact };
};

type Wanted = { readonly fact: string; readonly values: ReadonlySet<ScalarValue> };

/** The equality that the condition cannot be true without; of several the one with the fewest values. */
const wants = (condition: Condition): Wanted | null => {
  if ('fact' in condition) return equalityOf(condition);
  if (!('all' in condition)) return null;
  const found = condition.all.flatMap((part) => wants(part) ?? []);
  return found.toSorted((a, b) => a.values.size - b.values.size)[0] ?? null;
};
const equalityOf = (test: FactTest): Wanted | null => {
  const operands = readied(test)?.operands;
  return operands === undefined ? null : { fact: test.fact, values: operands };
};

/** Every policy that is not surely untrue of these facts, in the order of their ranks. */
export const candidates = ({ ranked, always, byFact }: PolicyIndex, facts: FactIndex): readonly Ranked[] => {
  const places = new Set(always);
  for (const [name, { all, byValue }] of byFact) {
    const fact = facts.get(name);
    const isKnown = fact !== undefined && fact.missing === null;
    // What is not known leaves them open; so does a value of another kind than the fact has, which no test can read.
    const open = !isKnown || fact.values.some((value) => typeof value !== typeof byValue.keys().next().value);
    for (const list of open ? [all] : fact.values.map((value) => byValue.get(value) ?? [])) for (const place of list) places.add(place);
  }
  return [...places].toSorted((a, b) => a - b).flatMap((place) => ranked[place] ?? []);
};

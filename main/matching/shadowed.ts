// Policies that are never reached, because one that comes before always speaks first: wherever the later one holds, or would stop and ask, the
// earlier one does too. Leaving such a policy out changes the answer for no machine at all. Only what is certain is told, and among very many
// policies not all of it: a notice is never a reason to refuse.
import type { Condition } from '../../preload/contract/policy.ts';
import { entails, formulaOf } from './entails.ts';
import type { Claimed, Effort, Formula } from './entails.ts';
import { policyIndexOf } from './policy-index.ts';
import type { PolicyIndex } from './policy-index.ts';
import type { PolicyEntry, Ranked } from './ranked.ts';
import { readied } from './tests.ts';

export type Shadowed = { readonly policy: string; readonly by: string; readonly says: string };

/** Pairs that are looked at, and tests that are held against each other: less than a second, whatever the number. */
const PAIRS_MAX = 1_000_000;
const EFFORT = 60_000;

const kept = new WeakMap<readonly PolicyEntry[], readonly Shadowed[]>();

/** In the order of ranks, each with the first policy that hides it; of policies that are on. The list must not be changed afterwards. */
export const shadowed = (policies: readonly PolicyEntry[]): readonly Shadowed[] => {
  let found = kept.get(policies);
  if (found === undefined) {
    found = find(policyIndexOf(policies));
    kept.set(policies, found);
  }
  return found;
};

const find = (index: PolicyIndex): readonly Shadowed[] => {
  const needed = index.ranked.map(({ policy }) => neededFacts(policy.when));
  // Those filed under one of its values are few; the others may be thousands, and must not use up what is for these.
  const [filed, others] = [search(index.ranked, needed), search(index.ranked, needed)];
  return index.ranked.flatMap((later, place) => {
    if (!later.enabled) return [];
    const found = [...rivalsOf(index, later).flatMap((places) => filed(place, places) ?? []), others(place, index.always) ?? []].flat();
    const earlier = found.length === 0 ? undefined : index.ranked[Math.min(...found)];
    return earlier === undefined ? [] : [{ policy: later.policy.name, by: earlier.policy.name, says: sentence(earlier, later) }];
  });
};

/** The first of `places` (in rising order) whose policy hides the one at `end`. */
const search = (
  ranked: readonly Ranked[],
  needed: readonly (readonly string[])[],
): ((end: number, places: readonly number[]) => number | null) => {
  const effort: Effort = { left: EFFORT };
  let pairs = PAIRS_MAX;
  return (end, places) => {
    const later = ranked[end];
    if (later === undefined) return null;
    const facts = new Set(testsOf(later.policy.when).map(({ fact }) => fact));
    for (const place of places) {
      const earlier = ranked[place];
      pairs -= 1;
      if (place >= end || earlier === undefined || pairs < 0 || effort.left <= 0) return null;
      if ((needed[place] ?? []).every((fact) => facts.has(fact)) && hides(earlier, later, effort)) return place;
    }
    return null;
  };
};

/** Places of those that want a fact to equal what one of its tests does; others that want an equality cannot hide it. */
const rivalsOf = ({ byFact }: PolicyIndex, { policy }: Ranked): readonly (readonly number[])[] =>
  testsOf(policy.when).flatMap((test) => {
    const [value] = readied(test)?.operands ?? [];
    const places = value === undefined ? undefined : byFact.get(test.fact)?.byValue.get(value);
    return places === undefined ? [] : [places];
  });

const formulas = new WeakMap<Condition, Map<Claimed, Formula>>();
const claim = (condition: Condition, claimed: Claimed): Formula => {
  const known = formulas.get(condition) ?? new Map<Claimed, Formula>();
  formulas.set(condition, known);
  const formula = known.get(claimed) ?? formulaOf(condition, claimed);
  known.set(claimed, formula);
  return formula;
};

const hides = ({ policy: earlier }: Ranked, { policy: later }: Ranked, effort: Effort): boolean => {
  // One that asks is passed over once it has its answers; two of one rank make a tie, or agree.
  if (earlier.outcome.kind === 'ask' || earlier.rank >= later.rank) return false;
  if (!entails(claim(later.when, 'yes'), claim(earlier.when, 'yes'), effort)) return false;
  // Where the later one is open it would stop and ask, unless the earlier one does so before or decides.
  return (
    later.whenUnknown === 'skip' ||
    entails(claim(later.when, 'not-no'), claim(earlier.when, earlier.whenUnknown === 'ask' ? 'not-no' : 'yes'), effort)
  );
};

const testsOf = (condition: Condition): readonly Extract<Condition, { fact: string }>[] => {
  if ('fact' in condition) return [condition];
  return ('all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none).flatMap(testsOf);
};

/** Facts that a condition which implies this one has to test as well. */
const neededFacts = (condition: Condition): readonly string[] => {
  if ('fact' in condition) return [condition.fact];
  return 'all' in condition ? [...new Set(condition.all.flatMap(neededFacts))] : [];
};

const sentence = ({ policy: earlier }: Ranked, { policy: later }: Ranked): string => {
  const limit =
    earlier.limit === null ? '' : ` Beyond its limit of ${earlier.limit} it holds machines, and does not pass them on to the next policy.`;
  return (
    `"${later.name}" (rank ${later.rank}) is never reached: every machine that it fits, "${earlier.name}" (rank ${earlier.rank}) fits too, and ` +
    `comes first.${limit} Give it a lower rank than that, or remove it.`
  );
};

// One condition against one machine's facts, in Kleene's strong three-valued logic: what nobody knows is `unknown`, and
// stays so unless the other parts decide. The trace says for every part what was seen and why; judge.ts gives the truth alone.
import type { Condition, ConditionTrace, FactTest, Truth } from '../../preload/contract/policy.ts';
import type { FactIndex } from './fact-index.ts';
import { readied, verdictOf } from './tests.ts';

/** The truth of `condition`, with every part of it. */
export const evaluate = (condition: Condition, facts: FactIndex): ConditionTrace => {
  if ('fact' in condition) return evaluateTest(condition, facts);
  if ('all' in condition) return group('all of', condition.all, facts, allOf);
  if ('any' in condition) return group('any of', condition.any, facts, anyOf);
  return group('none of', condition.none, facts, (truths) => not(anyOf(truths)));
};

const not = (truth: Truth): Truth => (truth === 'unknown' ? 'unknown' : truth === 'yes' ? 'no' : 'yes');
const allOf = (truths: readonly Truth[]): Truth => (truths.includes('no') ? 'no' : truths.includes('unknown') ? 'unknown' : 'yes');
const anyOf = (truths: readonly Truth[]): Truth => not(allOf(truths.map(not)));

const group = (
  text: string,
  conditions: readonly Condition[],
  facts: FactIndex,
  join: (truths: readonly Truth[]) => Truth,
): ConditionTrace => {
  const parts = conditions.map((condition) => evaluate(condition, facts));
  const truth = join(parts.map((part) => part.truth));
  const open = parts.filter((part) => part.truth === 'unknown').length;
  const why = truth === 'unknown' ? `${open} of ${parts.length} cannot be judged, and the others do not decide` : null;
  // Only `all` is ever empty: the gate refuses the others.
  return { text: parts.length === 0 ? 'every machine' : text, truth, seen: null, why, parts };
};

const evaluateTest = (test: FactTest, facts: FactIndex): ConditionTrace => {
  const ready = readied(test);
  // Unreachable through a saved policy; a policy written by a newer station could still carry such a test.
  if (ready === null) return leaf(test.fact, 'unknown', null, 'this station cannot judge this test');
  const fact = facts.get(test.fact);
  const missing = fact === undefined ? 'is not known' : fact.missing;
  const seen = fact?.seen ?? null;
  if ('present' in test) return leaf(ready.text, (missing === null) === test.present ? 'yes' : 'no', seen, null);
  if (missing !== null || fact === undefined) return leaf(ready.text, 'unknown', seen, `${test.fact} ${missing ?? 'is not known'}`);
  const verdicts = fact.values.map((value) => verdictOf(ready, value, fact.measure));
  if (verdicts.includes(true)) return leaf(ready.text, 'yes', seen, null);
  if (verdicts.includes(null)) {
    const isText = ready.measures !== undefined && fact.measure === null;
    const why = isText ? 'is text: no field says that it is a number or a size, or it is none' : 'is not of a kind that this test can read';
    return leaf(ready.text, 'unknown', seen, `${test.fact} ${why}`);
  }
  return leaf(ready.text, 'no', seen, null);
};

const leaf = (text: string, truth: Truth, seen: string | null, why: string | null): ConditionTrace => ({
  text,
  truth,
  seen,
  why,
  parts: [],
});

/** The facts that keep `condition` unknown: the leaves on every undecided path. */
export const openFacts = (condition: Condition, trace: ConditionTrace): readonly string[] => {
  if (trace.truth !== 'unknown') return [];
  if ('fact' in condition) return [condition.fact];
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none;
  return [...new Set(parts.flatMap((part, index) => openFacts(part, trace.parts[index] ?? leaf('', 'no', null, null))))];
};

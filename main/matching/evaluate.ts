// One condition against one machine's facts, in Kleene's strong three-valued logic: what nobody knows is `unknown`, and
// stays so unless the other parts decide. The trace says for every part what was seen and why.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { Fact, FactDefinition, FactValue } from '../../agent/protocol/facts.ts';
import type { Condition, ConditionTrace, FactTest, Truth } from '../../preload/contract/policy.ts';
import { quantityWords } from './quantities.ts';
import { foldText } from './text.ts';
import { readyTest } from './tests.ts';
import type { ReadyTest, ScalarValue } from './tests.ts';

/** A fact made ready for many tests: its words and its folded texts are worked out once, not once for every policy. */
type ReadyFact = { readonly seen: string; readonly values: readonly ScalarValue[]; readonly missing: string | null };
export type FactIndex = ReadonlyMap<string, ReadyFact>;

/** Facts by name; where a name is given twice, one that is not filler stands before one that is. */
export const indexFacts = (facts: readonly Fact[]): FactIndex => {
  const chosen = new Map<string, Fact>();
  for (const fact of facts) if (chosen.get(fact.name)?.filler !== false) chosen.set(fact.name, fact);
  return new Map([...chosen].map(([name, fact]) => [name, readyFact(fact)]));
};

const readyFact = (fact: Fact): ReadyFact => {
  const definition = factDefinition(fact.name);
  const values = scalars(fact.value).map((value) => (typeof value === 'string' ? foldText(value) : value));
  // An empty list is knowledge ("no disks"); an empty text is not.
  const missing = values.length === 1 && values[0] === '' ? 'is not known' : fact.filler ? 'is vendor filler' : null;
  return { seen: definition === null ? String(fact.value) : factWords(fact.value, definition), values, missing };
};

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
  return { text: parts.length === 0 ? `${text} nothing` : text, truth, seen: null, why, parts };
};

const evaluateTest = (test: FactTest, facts: FactIndex): ConditionTrace => {
  const definition = factDefinition(test.fact);
  const ready = definition === null ? null : readied(test, definition);
  // Unreachable through a saved policy; a policy written by a newer station could still carry such a test.
  if (definition === null || ready === null) return leaf(test.fact, 'unknown', null, 'this station cannot judge this test');
  const fact = facts.get(test.fact);
  const missing = fact === undefined ? 'is not known' : fact.missing;
  const seen = fact?.seen ?? null;
  if ('present' in test) return leaf(ready.text, (missing === null) === test.present ? 'yes' : 'no', seen, null);
  if (missing !== null || fact === undefined) return leaf(ready.text, 'unknown', seen, `${test.fact} ${missing ?? 'is not known'}`);
  const verdicts = fact.values.map((value) => ready.holds(value));
  if (verdicts.includes(true)) return leaf(ready.text, 'yes', seen, null);
  if (verdicts.includes(null)) return leaf(ready.text, 'unknown', seen, `${test.fact} is not of a kind that this test can read`);
  return leaf(ready.text, 'no', seen, null);
};

const leaf = (text: string, truth: Truth, seen: string | null, why: string | null): ConditionTrace => ({
  text,
  truth,
  seen,
  why,
  parts: [],
});

/** Compiled tests, kept as long as their policy is: thousands of policies are asked for every machine. */
const compiled = new WeakMap<FactTest, ReadyTest | null>();
const readied = (test: FactTest, definition: FactDefinition): ReadyTest | null => {
  let ready = compiled.get(test);
  if (ready === undefined) {
    const result = readyTest(test, definition);
    ready = result.ok ? result.value : null;
    compiled.set(test, ready);
  }
  return ready;
};

const scalars = (value: FactValue): readonly ScalarValue[] => (Array.isArray(value) ? value : [value]);

/** A fact's value in words, at most ten of a list. */
const factWords = (value: FactValue, definition: FactDefinition): string => {
  const each = (one: ScalarValue): string => (typeof one === 'number' ? quantityWords(one, definition) : String(one));
  if (!Array.isArray(value)) return each(value);
  if (value.length === 0) return 'none';
  return value.length > 10 ? `${value.slice(0, 10).map(each).join(', ')}, … (${value.length})` : value.map(each).join(', ');
};

/** The facts that keep `condition` unknown: the leaves on every undecided path. */
export const openFacts = (condition: Condition, trace: ConditionTrace): readonly string[] => {
  if (trace.truth !== 'unknown') return [];
  if ('fact' in condition) return [condition.fact];
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none;
  return [...new Set(parts.flatMap((part, index) => openFacts(part, trace.parts[index] ?? leaf('', 'no', null, null))))];
};

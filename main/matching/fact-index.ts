// The facts of one machine made ready for thousands of tests: words and folded texts are worked out once, not once for every policy.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { Fact, FactDefinition, FactValue } from '../../agent/protocol/facts.ts';
import { readMeasure } from './declared-types.ts';
import type { DeclaredTypes, Measure } from './declared-types.ts';
import { quantityShown } from '../../agent/protocol/quantities.ts';
import { foldText } from './text.ts';
import type { ScalarValue } from './tests.ts';

/** `seen` in words; `missing`: why it answers no test, else null. */
type ReadyFact = {
  readonly seen: string;
  readonly values: readonly ScalarValue[];
  readonly missing: string | null;
  /** What its text says, where its field is declared a number or a size. */
  readonly measure: Measure | null;
};
export type FactIndex = ReadonlyMap<string, ReadyFact>;

/** Facts by name; where a name is given twice, one that is not filler stands before one that is. */
export const indexFacts = (facts: readonly Fact[], declared: DeclaredTypes = new Map()): FactIndex => {
  const chosen = new Map<string, Fact>();
  for (const fact of facts) if (chosen.get(fact.name)?.filler !== false) chosen.set(fact.name, fact);
  return new Map([...chosen].map(([name, fact]) => [name, readyFact(fact, declared)]));
};

const readyFact = (fact: Fact, declared: DeclaredTypes): ReadyFact => {
  const definition = factDefinition(fact.name);
  const values = scalars(fact.value).map((value) => (typeof value === 'string' ? foldText(value) : value));
  // An empty list is knowledge ("no disks"); an empty text is not.
  const missing = values.length === 1 && values[0] === '' ? 'is not known' : fact.filler ? 'is vendor filler' : null;
  const type = missing === null ? (declared.get(fact.name) ?? null) : null;
  const measure = type === null ? null : readMeasure(fact.value, type);
  return { seen: definition === null ? String(fact.value) : factWords(fact.value, definition), values, missing, measure };
};

const scalars = (value: FactValue): readonly ScalarValue[] => (Array.isArray(value) ? value : [value]);

/** A fact's value in words, at most ten of a list. */
const factWords = (value: FactValue, definition: FactDefinition): string => {
  const each = (one: ScalarValue): string => (typeof one === 'number' ? quantityShown(one, definition) : String(one));
  if (!Array.isArray(value)) return each(value);
  if (value.length === 0) return 'none';
  return value.length > 10 ? `${value.slice(0, 10).map(each).join(', ')}, … (${value.length})` : value.map(each).join(', ');
};

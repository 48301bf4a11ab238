// Tests of one "all" that exclude each other, so that the policy could never hold for any machine. Only what is certain is told:
// facts that are lists may well hold two values, and what people type is a number or not as its field says.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { Condition, FactTest } from '../../preload/contract/policy.ts';
import { comparisonParts, isComparison } from './comparison-parts.ts';
import { isOwn } from './declared-types.ts';
import type { PolicyProblem } from './policy-problem.ts';
import { areRangesApart, rangeOf, restOf } from './ranges.ts';
import type { Range } from './ranges.ts';
import { readied } from './tests.ts';
import type { ReadyTest, ScalarValue } from './tests.ts';

type Placed = { readonly test: FactTest; readonly ready: ReadyTest; readonly path: string; readonly isNegated: boolean };

/** Tests of one fact that are held against each other; nobody writes more by hand. */
const COMPARED_MAX = 50;

/** Of a condition whose every test is accepted; at the place of the later of two tests. */
export const contradictions = (condition: Condition, path: string): readonly PolicyProblem[] => {
  if ('fact' in condition) return [];
  if (!('all' in condition)) {
    const [name, parts] = 'any' in condition ? ['any', condition.any] : ['none', condition.none];
    return parts.flatMap((part, at) => contradictions(part, `${path}.${name}[${at}]`));
  }
  const tests: Placed[] = [];
  const inner: PolicyProblem[] = [];
  const gather = (parts: readonly Condition[], group: string): void => {
    for (const [at, part] of parts.entries()) {
      const place = `${group}[${at}]`;
      if ('fact' in part) tests.push(...placed(part, place, false));
      else if ('all' in part) gather(part.all, `${place}.all`);
      else {
        inner.push(...contradictions(part, place));
        if ('none' in part)
          for (const [index, one] of part.none.entries()) if ('fact' in one) tests.push(...placed(one, `${place}.none[${index}]`, true));
      }
    }
  };
  gather(condition.all, `${path}.all`);
  const facts = Map.groupBy(tests, ({ test }) => test.fact);
  return [...[...facts.values()].flatMap((group) => clash(group) ?? []), ...inner];
};

const placed = (test: FactTest, path: string, isNegated: boolean): readonly Placed[] => {
  const ready = readied(test);
  return ready === null ? [] : [{ test, ready, path, isNegated }];
};

const isPresent = ({ test, isNegated }: Placed): boolean | null => ('present' in test ? test.present !== isNegated : null);

/** Two tests of one fact of which not both can hold. */
const clash = (all: readonly Placed[]): PolicyProblem | null => {
  const tests = all.slice(0, COMPARED_MAX);
  for (const [at, later] of tests.entries())
    for (const earlier of tests.slice(0, at)) {
      if (exclude(earlier, later)) return { path: later.path, reason: said(earlier, later) };
      const apart = mayBeTwo(earlier, later);
      if (apart !== null) return { path: later.path, reason: apart };
    }
  return null;
};

const exclude = (one: Placed, other: Placed): boolean => {
  // What is missing is neither true nor false, so that beside "missing" nothing else ever holds.
  const [first, second] = [isPresent(one), isPresent(other)];
  if (first !== null || second !== null) return (first ?? true) !== (second ?? true);
  const definition = factDefinition(one.test.fact);
  if (definition === null || definition.type.endsWith('-list') || isOwn(one.test.fact)) return false;
  const values = valuesOf(one) ?? valuesOf(other);
  if (values !== null) return values.every((value) => fails(one, value) || fails(other, value));
  const [left, right] = [placedRange(one), placedRange(other)];
  return left !== null && right !== null && areRangesApart(left, right);
};

/** All values for which it could hold, where they are listed. */
const valuesOf = ({ ready, isNegated }: Placed): readonly ScalarValue[] | null =>
  isNegated || ready.operands === undefined ? null : [...ready.operands];

const fails = ({ ready, isNegated }: Placed, value: ScalarValue): boolean => ready.holds(value) === isNegated;

/** `none` of "at least" is "less than". */
const placedRange = ({ test, isNegated }: Placed): Range | null => {
  const range = rangeOf(test);
  return range !== null && isNegated ? restOf(range) : range;
};

/** From one end and to another, of a fact that is a list: two values may pass, one each, and hardly anybody means that. */
const mayBeTwo = (earlier: Placed, later: Placed): string | null => {
  if (earlier.isNegated || later.isNegated || factDefinition(later.test.fact)?.type.endsWith('-list') !== true) return null;
  const [one, other] = [openSide(earlier.test), openSide(later.test)];
  if (one === null || other === null || one.isUpper === other.isUpper || areRangesApart(one.range, other.range)) return null;
  const [from, to] = one.isUpper ? [other.operand, one.operand] : [one.operand, other.operand];
  return (
    `may hold for another value than ${earlier.path}, so that a small and a large one pass together; ` +
    `for one value within both write {"fact": "${later.test.fact}", "between": [${JSON.stringify(from)}, ${JSON.stringify(to)}]}`
  );
};

const openSide = (test: FactTest): { readonly operand: string | number; readonly isUpper: boolean; readonly range: Range } | null => {
  const range = rangeOf(test);
  const [bound, ...others] = isComparison(test) ? comparisonParts(test).bounds : [];
  return range === null || bound === undefined || others.length > 0 ? null : { operand: bound.operand, isUpper: bound.isUpper, range };
};

const said = (earlier: Placed, later: Placed): string => {
  const words = [earlier, later].map(({ ready, isNegated }) => `${isNegated ? 'not ' : ''}${ready.text}`);
  const both = [earlier, later].map(({ test }) => ('equal' in test ? JSON.stringify(test.equal) : null));
  const isChoice = both.every((value) => value !== null) && !earlier.isNegated && !later.isNegated;
  const next = isChoice
    ? `; for either of them write {"fact": "${later.test.fact}", "in": [${both.join(', ')}]}`
    : '; where one of them is enough write {"any": […]}';
  return `never holds together with ${earlier.path}: ${words.join(', and ')}${next}`;
};

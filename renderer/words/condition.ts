// A policy's condition as one sentence.
import type { Condition, FactTest } from '../../preload/contract/policy.ts';

const testWords = (test: FactTest): string => {
  const { fact } = test;
  if ('equal' in test) return `${fact} is ${String(test.equal)}`;
  if ('in' in test)
    return `${fact} is one of ${test.in.slice(0, 8).join(', ')}${test.in.length > 8 ? ` and ${test.in.length - 8} more` : ''}`;
  if ('glob' in test) return `${fact} is like ${test.glob}`;
  if ('matches' in test) return `${fact} matches /${test.matches}/`;
  if ('atLeast' in test) return `${fact} ≥ ${test.atLeast}`;
  if ('atMost' in test) return `${fact} ≤ ${test.atMost}`;
  if ('moreThan' in test) return `${fact} > ${test.moreThan}`;
  if ('lessThan' in test) return `${fact} < ${test.lessThan}`;
  if ('between' in test) return `${fact} is from ${test.between[0]} to ${test.between[1]}`;
  if ('cidr' in test) return `${fact} is in ${test.cidr}`;
  return test.present ? `${fact} is known` : `${fact} is not known`;
};

const joined = (parts: readonly Condition[], word: string): string =>
  parts
    .map((part) => (Object.hasOwn(part, 'fact') || parts.length === 1 ? conditionWords(part) : `(${conditionWords(part)})`))
    .join(` ${word} `);

/** Empty for a condition that every machine meets. */
export const conditionWords = (condition: Condition): string => {
  if ('all' in condition) return joined(condition.all, 'and');
  if ('any' in condition) return joined(condition.any, 'or');
  if ('none' in condition) return condition.none.length === 0 ? '' : `not (${joined(condition.none, 'or')})`;
  return testWords(condition);
};

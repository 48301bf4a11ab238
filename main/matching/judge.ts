// The truth of a condition and nothing else, for thousands of policies times hundreds of machines: compiled once into closures over
// 0, 1 and 2, where all is the least, any the greatest and none the mirror of any (Kleene's logic). evaluate.ts says why.
import type { Condition, FactTest } from '../../preload/contract/policy.ts';
import type { FactIndex } from './fact-index.ts';
import { readied, verdictOf } from './tests.ts';

type Code = 0 | 1 | 2;
export const NO: Code = 0;
export const UNKNOWN: Code = 1;
export const YES: Code = 2;

export type Judge = (facts: FactIndex) => Code;

/** Hung on the very objects of a saved policy, which live as long as it does. */
const kept = new WeakMap<Condition, Judge>();

export const judgeOf = (condition: Condition): Judge => {
  let judge = kept.get(condition);
  if (judge === undefined) {
    judge = compile(condition);
    kept.set(condition, judge);
  }
  return judge;
};

const compile = (condition: Condition): Judge => {
  if ('fact' in condition) return compileTest(condition);
  if ('all' in condition) return least(condition.all.map(compile));
  const greatest = greatestOf(('any' in condition ? condition.any : condition.none).map(compile));
  return 'any' in condition ? greatest : (facts) => (YES - greatest(facts)) as Code;
};

const least =
  (parts: readonly Judge[]): Judge =>
  (facts) => {
    let truth: Code = YES;
    for (const part of parts) {
      const code = part(facts);
      if (code === NO) return NO;
      if (code < truth) truth = code;
    }
    return truth;
  };

const greatestOf =
  (parts: readonly Judge[]): Judge =>
  (facts) => {
    let truth: Code = NO;
    for (const part of parts) {
      const code = part(facts);
      if (code === YES) return YES;
      if (code > truth) truth = code;
    }
    return truth;
  };

const compileTest = (test: FactTest): Judge => {
  const ready = readied(test);
  if (ready === null) return () => UNKNOWN;
  const { fact: name } = test;
  if ('present' in test) {
    const { present } = test;
    return (facts) => {
      const fact = facts.get(name);
      return (fact !== undefined && fact.missing === null) === present ? YES : NO;
    };
  }
  return (facts) => {
    const fact = facts.get(name);
    if (fact === undefined || fact.missing !== null) return UNKNOWN;
    const { values, measure } = fact;
    if (values.length === 1) {
      const verdict = values[0] === undefined ? null : verdictOf(ready, values[0], measure);
      return verdict === true ? YES : verdict === false ? NO : UNKNOWN;
    }
    let truth: Code = NO;
    for (const value of values) {
      const verdict = verdictOf(ready, value, measure);
      if (verdict === true) return YES;
      if (verdict === null) truth = UNKNOWN;
    }
    return truth;
  };
};

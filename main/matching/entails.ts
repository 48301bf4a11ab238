// Whether one condition can never be true, or never be left open, unless another one is: the question behind policies that are never
// reached. A condition in three truths becomes a plain formula over what its tests say, and that is proved by taking it apart. Sound and not
// complete: yes is certain, no means that nothing was proved.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { Condition, FactTest } from '../../preload/contract/policy.ts';
import { VERDICTS, isVerdictInside } from './test-relation.ts';
import type { Verdict } from './test-relation.ts';

/** What is claimed of a condition. */
export type Claimed = 'yes' | 'not-no' | 'no' | 'not-yes';
type Claim = { readonly test: FactTest; readonly claimed: Claimed };
export type Formula = Claim | { readonly every: readonly Formula[] } | { readonly some: readonly Formula[] };

/** Proving counts down; at zero nothing more is proved. */
export type Effort = { left: number };

/** Whether `wanted` is true of all facts of which `given` is. */
export const entails = (given: Formula, wanted: Formula, effort: Effort): boolean => proves(known(given), wanted, effort);

const MIRRORED = { yes: 'no', 'not-no': 'not-yes', no: 'yes', 'not-yes': 'not-no' } as const;

/** The claim as a formula. Kleene's logic: `all` is its least part, `any` its greatest, `none` the mirror of `any`. */
export const formulaOf = (condition: Condition, claimed: Claimed): Formula => {
  if ('fact' in condition) return { test: condition, claimed };
  if ('none' in condition) return formulaOf({ any: condition.none }, MIRRORED[claimed]);
  const parts = ('all' in condition ? condition.all : condition.any).map((part) => formulaOf(part, claimed));
  const isUpward = claimed === 'yes' || claimed === 'not-no';
  return 'all' in condition === isUpward ? { every: parts } : { some: parts };
};

type Known = { readonly claims: readonly Claim[]; readonly choices: readonly (readonly Formula[])[] };

const known = (formula: Formula, before: Known = { claims: [], choices: [] }): Known => {
  const claims = [...before.claims];
  const choices = [...before.choices];
  const add = (one: Formula): void => {
    if ('test' in one) claims.push(one);
    else if ('every' in one) one.every.forEach(add);
    else choices.push(one.some);
  };
  add(formula);
  return { claims, choices };
};

const proves = (given: Known, wanted: Formula, effort: Effort): boolean => {
  effort.left -= 1;
  if (effort.left <= 0) return false;
  if ('every' in wanted) return wanted.every.every((part) => proves(given, part, effort));
  if (directly(given, wanted, effort)) return true;
  // Whichever part of a choice it is: each of them has to prove it.
  const [choice, ...choices] = given.choices;
  return choice !== undefined && choice.every((part) => proves(known(part, { claims: given.claims, choices }), wanted, effort));
};

const directly = (given: Known, wanted: Formula, effort: Effort): boolean => {
  if ('every' in wanted) return wanted.every.every((part) => directly(given, part, effort));
  if ('some' in wanted) return wanted.some.some((part) => directly(given, part, effort));
  return given.claims.some((claim) => {
    effort.left -= 1;
    return effort.left > 0 && claim.test.fact === wanted.test.fact && isImplied(claim, wanted);
  });
};

/**
 * What a claim says of its fact: it may be missing, it has to be, and of its values some or every one gets one of these verdicts. (A list
 * may be empty: then "every" is true of it and "some" is not.)
 */
type Said = {
  readonly mayBeMissing: boolean;
  readonly mayBeKnown: boolean;
  readonly quantity: 'some' | 'every';
  readonly verdicts: readonly Verdict[];
};

const said = ({ test, claimed }: Claim): Said => {
  if ('present' in test) {
    const isKnown = (claimed === 'yes' || claimed === 'not-no') === test.present;
    return { mayBeMissing: !isKnown, mayBeKnown: isKnown, quantity: 'every', verdicts: VERDICTS };
  }
  switch (claimed) {
    case 'yes':
      return { mayBeMissing: false, mayBeKnown: true, quantity: 'some', verdicts: ['holds'] };
    case 'not-no':
      return { mayBeMissing: true, mayBeKnown: true, quantity: 'some', verdicts: ['holds', 'unreadable'] };
    case 'no':
      return { mayBeMissing: false, mayBeKnown: true, quantity: 'every', verdicts: ['fails'] };
    case 'not-yes':
      return { mayBeMissing: true, mayBeKnown: true, quantity: 'every', verdicts: ['fails', 'unreadable'] };
  }
};

const isImplied = (given: Claim, wanted: Claim): boolean => {
  const [has, needs] = [said(given), said(wanted)];
  if (has.mayBeMissing && !needs.mayBeMissing) return false;
  if (!has.mayBeKnown) return true;
  if (!needs.mayBeKnown) return false;
  if (needs.quantity === 'every' && needs.verdicts.length === VERDICTS.length) return true;
  const isList = factDefinition(given.test.fact)?.type.endsWith('-list') ?? true;
  if (isList && has.quantity !== needs.quantity) return false;
  return isVerdictInside(given.test, has.verdicts, wanted.test, needs.verdicts);
};

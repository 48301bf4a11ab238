// One test of a policy made ready to run: its operand read once, its words written once. Shared by the check at save and by
// the evaluation, so that what is accepted and what is run cannot differ.
import type { FactDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { hostBitsSet, insideNetwork, parseNetwork } from './cidr.ts';
import { compileGlob } from './glob.ts';
import { parseQuantity } from './quantities.ts';
import { compileRegex } from './regex.ts';
import { foldText } from './text.ts';

export type ScalarValue = string | number | boolean;
/** `holds` takes a value whose text is folded; null where the value is not of a kind that this test can judge. */
export type ReadyTest = { readonly text: string; readonly holds: (value: ScalarValue) => boolean | null };

export const OPERATORS = ['equal', 'in', 'glob', 'matches', 'atLeast', 'atMost', 'moreThan', 'lessThan', 'cidr', 'present'] as const;

const SIGNS = { atLeast: '≥', atMost: '≤', moreThan: '>', lessThan: '<' } as const;

type Scalar = 'text' | 'number' | 'bytes' | 'flag';
const scalarOf = (definition: FactDefinition): Scalar => definition.type.replace('-list', '') as Scalar;

const misfit = (reason: string, next: string): Result<ReadyTest> => failed('policy.misfit', reason, next);

/** Reads the operand for a fact of this definition; the failure says why the two do not go together. */
export const readyTest = (test: FactTest, definition: FactDefinition): Result<ReadyTest> => {
  const scalar = scalarOf(definition);
  if ('present' in test) return success({ text: `${test.fact} is ${test.present ? 'present' : 'missing'}`, holds: () => null });
  if ('equal' in test) return equality(test.fact, [test.equal], definition, `${test.fact} = ${words(test.equal)}`);
  if ('in' in test) {
    const shown = test.in.slice(0, 8).map(words).join(', ');
    return equality(
      test.fact,
      test.in,
      definition,
      `${test.fact} is one of ${shown}${test.in.length > 8 ? `, … (${test.in.length})` : ''}`,
    );
  }
  if ('glob' in test || 'matches' in test || 'cidr' in test) {
    if (scalar === 'text') return textTest(test);
    return misfit(`${test.fact} is a ${scalar} fact, and this test reads text`, 'Use equal, in, atLeast, atMost, moreThan or lessThan.');
  }
  if (scalar === 'text' || scalar === 'flag') {
    return misfit(`${test.fact} is a ${scalar} fact and has no order`, 'Use equal, in, glob or matches.');
  }
  return comparison(test, definition);
};

const words = (value: ScalarValue): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

const equality = (fact: string, wanted: readonly ScalarValue[], definition: FactDefinition, text: string): Result<ReadyTest> => {
  const scalar = scalarOf(definition);
  const operands = new Set<ScalarValue>();
  for (const value of wanted) {
    if (scalar === 'text' && typeof value === 'string') operands.add(foldText(value));
    else if (scalar === 'flag' && typeof value === 'boolean') operands.add(value);
    else if ((scalar === 'number' || scalar === 'bytes') && typeof value !== 'boolean') {
      const quantity = parseQuantity(value, definition);
      if (!quantity.ok) return quantity;
      operands.add(quantity.value);
    } else
      return misfit(
        `${fact} is a ${scalar} fact and can never be ${words(value)}`,
        `Write a ${scalar === 'flag' ? 'true or false' : scalar}.`,
      );
  }
  const type = scalar === 'text' ? 'string' : scalar === 'flag' ? 'boolean' : 'number';
  const holds = (value: ScalarValue): boolean | null => {
    if (typeof value !== type) return null;
    return operands.has(value);
  };
  return success({ text, holds });
};

const textTest = (test: Extract<FactTest, { glob: string } | { matches: string } | { cidr: string }>): Result<ReadyTest> => {
  const onText = (judge: (text: string) => boolean | null) => (value: ScalarValue) => (typeof value === 'string' ? judge(value) : null);
  if ('glob' in test) {
    const pattern = compileGlob(foldText(test.glob));
    return success({ text: `${test.fact} is like ${test.glob}`, holds: onText(pattern) });
  }
  if ('matches' in test) {
    const regex = compileRegex(test.matches);
    if (!regex.ok) return regex;
    return success({ text: `${test.fact} matches /${test.matches}/`, holds: onText(regex.value.test) });
  }
  const network = parseNetwork(test.cidr);
  if (!network.ok) return network;
  if (hostBitsSet(test.cidr)) {
    return misfit(`${test.cidr} has bits beyond its prefix`, 'Write the network itself, or the single address without a prefix.');
  }
  return success({ text: `${test.fact} is in ${test.cidr}`, holds: onText((text) => insideNetwork(network.value, text)) });
};

type Comparison = Extract<FactTest, { atLeast: unknown } | { atMost: unknown } | { moreThan: unknown } | { lessThan: unknown }>;

const comparison = (test: Comparison, definition: FactDefinition): Result<ReadyTest> => {
  const [sign, operand, judge] =
    'atLeast' in test
      ? ([SIGNS.atLeast, test.atLeast, (value: number, limit: number) => value >= limit] as const)
      : 'atMost' in test
        ? ([SIGNS.atMost, test.atMost, (value: number, limit: number) => value <= limit] as const)
        : 'moreThan' in test
          ? ([SIGNS.moreThan, test.moreThan, (value: number, limit: number) => value > limit] as const)
          : ([SIGNS.lessThan, test.lessThan, (value: number, limit: number) => value < limit] as const);
  const limit = parseQuantity(operand, definition);
  if (!limit.ok) return limit;
  const holds = (value: ScalarValue): boolean | null => (typeof value === 'number' ? judge(value, limit.value) : null);
  return success({ text: `${test.fact} ${sign} ${operand}`, holds });
};

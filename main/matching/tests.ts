// One test of a policy made ready to run: its operand read once, its words written once. Shared by the check at save and by
// the evaluation, so that what is accepted and what is run cannot differ.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { FactDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { comparisonParts } from './comparison-parts.ts';
import type { Comparison } from './comparison-parts.ts';
import { isOwn, readOperand, testedAs } from './declared-types.ts';
import type { DeclaredTypes, Measure } from './declared-types.ts';
import { hostBitsSet, insideNetwork, networkWords, parseNetwork } from './cidr.ts';
import { compileGlob } from './glob.ts';
import { parseQuantity } from '../../agent/protocol/quantities.ts';
import { compileRegex } from '../../agent/protocol/regex.ts';
import { foldText } from './text.ts';

export type ScalarValue = string | number | boolean;
/** `holds` takes a value whose text is folded; null where the value is not of a kind that this test can judge. */
export type ReadyTest = {
  readonly text: string;
  readonly holds: (value: ScalarValue) => boolean | null;
  /** Of a test of an own fact (`input.NAME`) that may be declared a number or a size: the same on what its text says. */
  readonly measures?: (measure: Measure) => boolean | null;
  /** Of a test for equality: the only values for which it holds. */
  readonly operands?: ReadonlySet<ScalarValue>;
};

export const OPERATORS = [
  'equal',
  'in',
  'glob',
  'matches',
  'atLeast',
  'atMost',
  'moreThan',
  'lessThan',
  'between',
  'cidr',
  'present',
] as const;

type Scalar = 'text' | 'number' | 'bytes' | 'flag';
const scalarOf = (definition: FactDefinition): Scalar => definition.type.replace('-list', '') as Scalar;

const misfit = (reason: string, next: string): Result<ReadyTest> => failed('policy.misfit', reason, next);

/** Reads the operand for a fact of this definition; the failure says why the two do not go together. */
export const readyTest = (test: FactTest, definition: FactDefinition): Result<ReadyTest> => {
  const scalar = scalarOf(definition);
  if ('present' in test) return success({ text: `${test.fact} is ${test.present ? 'present' : 'missing'}`, holds: () => null });
  if ('equal' in test) return equality(test.fact, [test.equal], definition, `${test.fact} = ${words(test.equal)}`);
  if ('in' in test) return equality(test.fact, test.in, definition, inWords(test.fact, test.in));
  if ('glob' in test || 'matches' in test || 'cidr' in test) {
    if (scalar === 'text') return textTest(test);
    return misfit(
      `${test.fact} is a ${scalar} fact, and this test reads text`,
      'Use equal, in, atLeast, atMost, moreThan, lessThan or between.',
    );
  }
  if (scalar === 'text' || scalar === 'flag') {
    return misfit(`${test.fact} is a ${scalar} fact and has no order`, 'Use equal, in, glob or matches.');
  }
  return comparison(test, definition);
};

/** The gate at saving: an own fact is compared only as its field is declared; with `declared` null it may be declared later. */
export const acceptTest = (test: FactTest, definition: FactDefinition, declared: DeclaredTypes | null): Result<ReadyTest> => {
  if (!isOwn(test.fact) || 'present' in test || 'glob' in test || 'matches' in test || 'cidr' in test) return readyTest(test, definition);
  if (declared === null) return readyOwn(test);
  const type = testedAs(test.fact, declared) ?? definition;
  if (type.type !== 'text' || 'equal' in test || 'in' in test) return readyTest(test, type);
  return misfit(
    `${test.fact} is a text fact and has no order`,
    'Define its field with "type": "number" or "size" first (rackside fields add), or use equal, in, glob or matches.',
  );
};

/** A test of what a person types: the kind of the fact is known only when it is seen. */
const readyOwn = (test: FactTest): Result<ReadyTest> => {
  if ('equal' in test) return ownEquality(test.fact, [test.equal], `${test.fact} = ${words(test.equal)}`);
  if ('in' in test) return ownEquality(test.fact, test.in, inWords(test.fact, test.in));
  if ('present' in test || 'glob' in test || 'matches' in test || 'cidr' in test) return readyTest(test, OWN);
  const { text, bounds } = comparisonParts(test);
  const limits = bounds.map(({ operand }) => readOperand(operand));
  const strange = bounds.find((_, at) => limits[at] === null);
  if (strange !== undefined) return parseAsSize(strange.operand);
  const measures = ({ type, value }: Measure): boolean | null =>
    limits.some((limit) => limit?.sizeOnly === true && type !== 'bytes')
      ? null
      : bounds.every(({ judge }, at) => judge(value, limits[at]?.value ?? Number.NaN));
  return success({ text, holds: () => null, measures });
};

const OWN: FactDefinition = { type: 'text', title: 'own' };
const parseAsSize = (operand: string | number): Result<ReadyTest> => {
  const read = parseQuantity(operand, { type: 'bytes', title: 'own' });
  return read.ok ? misfit(`${operand} is no quantity`, 'Write a number, or a size with its unit.') : read;
};

const ownEquality = (fact: string, wanted: readonly ScalarValue[], text: string): Result<ReadyTest> => {
  if (wanted.some((value) => typeof value === 'boolean')) return equality(fact, wanted, OWN, text);
  const texts = new Set<ScalarValue>(wanted.map((value) => (typeof value === 'string' ? foldText(value) : value)));
  const quantities = wanted.flatMap((value) => (typeof value === 'boolean' ? [] : (readOperand(value) ?? [])));
  const holds = (value: ScalarValue): boolean | null => (typeof value === 'string' ? texts.has(value) : null);
  // No value is filed for a quantity: 64 GiB is equal to 65536 MiB.
  if (quantities.length === 0) return success({ text, holds, operands: texts });
  const measures = ({ type, value }: Measure): boolean | null => {
    const fitting = quantities.filter(({ sizeOnly }) => !sizeOnly || type === 'bytes');
    return fitting.length === 0 ? null : fitting.some((one) => one.value === value);
  };
  return success({ text, holds, measures });
};

/** Tests made ready, kept as long as their policy is: thousands of policies are asked for every machine. */
const kept = new WeakMap<FactTest, ReadyTest | null>();

/** The same for a policy that was saved; null for a test that this station cannot judge. */
export const readied = (test: FactTest): ReadyTest | null => {
  const known = kept.get(test);
  if (known !== undefined) return known;
  const definition = factDefinition(test.fact);
  const result = definition === null ? null : isOwn(test.fact) ? readyOwn(test) : readyTest(test, definition);
  const ready = result?.ok === true ? result.value : null;
  kept.set(test, ready);
  return ready;
};

/** Of one value; what a text says as a number or a size decides where the text itself does not already hold. */
export const verdictOf = ({ holds, measures }: ReadyTest, value: ScalarValue, measure: Measure | null): boolean | null => {
  const verdict = holds(value);
  return verdict === true || measures === undefined || measure === null ? verdict : measures(measure);
};

const words = (value: ScalarValue): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

const inWords = (fact: string, wanted: readonly ScalarValue[]): string =>
  `${fact} is one of ${wanted.slice(0, 8).map(words).join(', ')}${wanted.length > 8 ? `, … (${wanted.length})` : ''}`;

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
        scalar === 'flag'
          ? 'Write true or false without quotes.'
          : scalar === 'text'
            ? `Write a text: ${JSON.stringify(String(value))}.`
            : `Write a ${scalar === 'bytes' ? 'size' : 'number'}.`,
      );
  }
  const type = scalar === 'text' ? 'string' : scalar === 'flag' ? 'boolean' : 'number';
  const [only, ...others] = operands;
  const holds =
    others.length === 0
      ? (value: ScalarValue): boolean | null => (typeof value === type ? value === only : null)
      : (value: ScalarValue): boolean | null => (typeof value === type ? operands.has(value) : null);
  return success({ text, holds, operands });
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
    const [address = ''] = test.cidr.split('/');
    return misfit(
      `${test.cidr} has bits beyond its prefix`,
      `Write the network "${networkWords(network.value)}", or the single address "${address}".`,
    );
  }
  return success({ text: `${test.fact} is in ${test.cidr}`, holds: onText((text) => insideNetwork(network.value, text)) });
};

const comparison = (test: Comparison, definition: FactDefinition): Result<ReadyTest> => {
  const { text, bounds } = comparisonParts(test);
  const limits: number[] = [];
  for (const { operand } of bounds) {
    const limit = parseQuantity(operand, definition);
    if (!limit.ok) return limit;
    limits.push(limit.value);
  }
  const judge = (value: number): boolean => bounds.every((bound, at) => bound.judge(value, limits[at] ?? Number.NaN));
  return success({ text, holds: (value: ScalarValue): boolean | null => (typeof value === 'number' ? judge(value) : null) });
};

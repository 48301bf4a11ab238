// A test that compares numbers, as one bound or two: shared by what runs it, what words it and what holds it against others.
import type { FactTest } from '../../preload/contract/policy.ts';

export type Comparison = Extract<
  FactTest,
  { atLeast: unknown } | { atMost: unknown } | { moreThan: unknown } | { lessThan: unknown } | { between: unknown }
>;
type Bound = {
  readonly operand: string | number;
  readonly isUpper: boolean;
  /** The bound itself does not hold. */
  readonly isOpen: boolean;
  readonly judge: (value: number, limit: number) => boolean;
};

const least = (operand: string | number): Bound => ({ operand, isUpper: false, isOpen: false, judge: (value, limit) => value >= limit });
const most = (operand: string | number): Bound => ({ operand, isUpper: true, isOpen: false, judge: (value, limit) => value <= limit });

export const isComparison = (test: FactTest): test is Comparison =>
  'atLeast' in test || 'atMost' in test || 'moreThan' in test || 'lessThan' in test || 'between' in test;

/** `text` in words, such as `memory.size ≥ 64 GiB`. */
export const comparisonParts = (test: Comparison): { readonly text: string; readonly bounds: readonly Bound[] } => {
  const { fact } = test;
  if ('atLeast' in test) return { text: `${fact} ≥ ${test.atLeast}`, bounds: [least(test.atLeast)] };
  if ('atMost' in test) return { text: `${fact} ≤ ${test.atMost}`, bounds: [most(test.atMost)] };
  if ('moreThan' in test)
    return {
      text: `${fact} > ${test.moreThan}`,
      bounds: [{ operand: test.moreThan, isUpper: false, isOpen: true, judge: (value, limit) => value > limit }],
    };
  if ('lessThan' in test)
    return {
      text: `${fact} < ${test.lessThan}`,
      bounds: [{ operand: test.lessThan, isUpper: true, isOpen: true, judge: (value, limit) => value < limit }],
    };
  const [from, to] = test.between;
  return { text: `${fact} is from ${from} to ${to}`, bounds: [least(from), most(to)] };
};

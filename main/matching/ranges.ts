// The numbers for which a comparison holds, as one ray from its limit on, up or down.
import { factDefinition } from '../../agent/protocol/facts.ts';
import { parseQuantity } from '../../agent/protocol/quantities.ts';
import type { FactTest } from '../../preload/contract/policy.ts';

/** From `limit` on downwards where `isUpper`; the limit itself belongs to it unless `isOpen`. In the unit of the fact. */
export type Range = { readonly limit: number; readonly isUpper: boolean; readonly isOpen: boolean };

/** Null for tests that compare no numbers. */
export const rangeOf = (test: FactTest): Range | null => {
  const definition = factDefinition(test.fact);
  const [operand, isUpper, isOpen] =
    'atLeast' in test
      ? [test.atLeast, false, false]
      : 'moreThan' in test
        ? [test.moreThan, false, true]
        : 'atMost' in test
          ? [test.atMost, true, false]
          : 'lessThan' in test
            ? [test.lessThan, true, true]
            : [null, false, false];
  if (operand === null || definition === null) return null;
  const limit = parseQuantity(operand, definition);
  return limit.ok ? { limit: limit.value, isUpper, isOpen } : null;
};

/** All other numbers: what is not "at least" is "less than". */
export const restOf = ({ limit, isUpper, isOpen }: Range): Range => ({ limit, isUpper: !isUpper, isOpen: !isOpen });

/** Whether `wide` holds every number of `narrow`. */
export const isRangeInside = (narrow: Range, wide: Range): boolean => {
  if (narrow.isUpper !== wide.isUpper) return false;
  if (narrow.limit === wide.limit) return narrow.isOpen || !wide.isOpen;
  return narrow.isUpper ? narrow.limit < wide.limit : narrow.limit > wide.limit;
};

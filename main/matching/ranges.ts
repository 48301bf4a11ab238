// The numbers for which a comparison holds, from one end to another, either of which may be open.
import { factDefinition } from '../../agent/protocol/facts.ts';
import { parseQuantity } from '../../agent/protocol/quantities.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { comparisonParts, isComparison } from './comparison-parts.ts';

/** An end belongs to it unless it is open. In the unit of the fact. */
type End = { readonly limit: number; readonly isOpen: boolean };
export type Range = { readonly least: End; readonly most: End };

const WITHOUT_LEAST: End = { limit: Number.NEGATIVE_INFINITY, isOpen: false };
const WITHOUT_MOST: End = { limit: Number.POSITIVE_INFINITY, isOpen: false };

/** Null for tests that compare no numbers. */
export const rangeOf = (test: FactTest): Range | null => {
  const definition = factDefinition(test.fact);
  if (definition === null || !isComparison(test)) return null;
  let [least, most] = [WITHOUT_LEAST, WITHOUT_MOST];
  for (const { operand, isUpper, isOpen } of comparisonParts(test).bounds) {
    const limit = parseQuantity(operand, definition);
    if (!limit.ok) return null;
    if (isUpper) most = { limit: limit.value, isOpen };
    else least = { limit: limit.value, isOpen };
  }
  return { least, most };
};

/** All other numbers, where they are one range: what is not "at least" is "less than". */
export const restOf = ({ least, most }: Range): Range | null => {
  if (most.limit === WITHOUT_MOST.limit) return { least: WITHOUT_LEAST, most: { limit: least.limit, isOpen: !least.isOpen } };
  if (least.limit === WITHOUT_LEAST.limit) return { least: { limit: most.limit, isOpen: !most.isOpen }, most: WITHOUT_MOST };
  return null;
};

/** Whether `wide` holds every number of `narrow`. */
export const isRangeInside = (narrow: Range, wide: Range): boolean =>
  (narrow.least.limit > wide.least.limit || (narrow.least.limit === wide.least.limit && (narrow.least.isOpen || !wide.least.isOpen))) &&
  (narrow.most.limit < wide.most.limit || (narrow.most.limit === wide.most.limit && (narrow.most.isOpen || !wide.most.isOpen)));

/** Whether no number is in both. */
export const areRangesApart = (one: Range, other: Range): boolean => endsBefore(one, other) || endsBefore(other, one);

const endsBefore = ({ most }: Range, { least }: Range): boolean =>
  most.limit < least.limit || (most.limit === least.limit && (most.isOpen || least.isOpen));

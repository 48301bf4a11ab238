// A row of the tables filler-values.ts and true-values.ts: a value, and the kind of field that it stands in.
import type { FillerField } from '../../agent/facts/filler.ts';

export type FieldValue = readonly [FillerField, string];

export const many = (field: FillerField, values: readonly string[]): readonly FieldValue[] => values.map((value) => [field, value]);

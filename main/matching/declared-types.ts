// What people type is kept as text, in one spelling. Where its field is declared a number or a size, policies compare it as one: this says
// which own facts (`input.NAME`) are. Pure; the station's fields go before those that policies ask with.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { FactDefinition, FactValue } from '../../agent/protocol/facts.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import { parseQuantity } from '../../agent/protocol/quantities.ts';
import type { Policy } from '../../preload/contract/policy.ts';

export type MeasureType = 'number' | 'bytes';
/** A text read as what its field is declared: a plain number, or bytes. */
export type Measure = { readonly type: MeasureType; readonly value: number };
/** By the name of the fact; null where the field is declared something else. */
export type DeclaredTypes = ReadonlyMap<string, MeasureType | null>;

type Declaring = readonly { readonly policy: Policy }[];

export const isOwn = (fact: string): boolean => fact.startsWith('input.');
export const measureTypeOf = ({ type }: Pick<Field, 'type'>): MeasureType | null =>
  type === 'number' ? 'number' : type === 'size' ? 'bytes' : null;

/** The first declaration of a name counts; policies in the order of their ranks, whether they are on or off. */
export const declaredTypes = (fields: readonly Pick<Field, 'name' | 'type'>[], policies: Declaring): DeclaredTypes => {
  const declared = new Map<string, MeasureType | null>();
  const declare = (field: Pick<Field, 'name' | 'type'>): void => {
    if (isOwn(field.name) && !declared.has(field.name)) declared.set(field.name, measureTypeOf(field));
  };
  fields.forEach(declare);
  const asking = policies.flatMap(({ policy: { name, rank, outcome } }) =>
    outcome.kind === 'ask' && outcome.fields !== undefined ? [{ name, rank, fields: outcome.fields }] : [],
  );
  const inOrder = asking.toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  for (const policy of inOrder) policy.fields.forEach(declare);
  return declared;
};

const DEFINITIONS: Readonly<Record<MeasureType, FactDefinition>> = {
  number: { type: 'number', title: 'Number' },
  bytes: { type: 'bytes', title: 'Size' },
};

/** Null for what is no quantity of this kind; three-valued logic makes that unknown. */
export const readMeasure = (value: FactValue, type: MeasureType): Measure | null => {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const read = parseQuantity(value, DEFINITIONS[type]);
  return read.ok ? { type, value: read.value } : null;
};

/** An operand compares with sizes where it carries a unit, and with both where it is a plain number, as with facts of the catalogue. */
export const readOperand = (operand: string | number): { readonly value: number; readonly sizeOnly: boolean } | null => {
  const plain = readMeasure(operand, 'number');
  if (plain !== null) return { value: plain.value, sizeOnly: false };
  const size = readMeasure(operand, 'bytes');
  return size === null ? null : { value: size.value, sizeOnly: true };
};

/** How a policy that is saved may test this fact: as the catalogue says, or as its field is declared. */
export const testedAs = (fact: string, declared: DeclaredTypes): FactDefinition | null => {
  const definition = factDefinition(fact);
  const type = declared.get(fact) ?? null;
  return definition === null || type === null ? definition : { type, title: definition.title };
};

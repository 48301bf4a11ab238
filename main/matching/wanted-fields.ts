// Which fields a machine is asked for, and which it has answered. Pure. What an inventory or a plan knows needs no answer; an optional
// field that a person left empty is answered too, and is kept as an empty fact that no test can read.
import { plainField } from '../../agent/protocol/fields.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Outcome } from '../../preload/contract/policy.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import type { FactIndex } from './fact-index.ts';

type AskOutcome = Extract<Outcome, { kind: 'ask' }>;

/** How this fact is asked for: as the station says, else plainly. What is needed to decide must be answered. */
export const fieldFor = (name: string, station: readonly StationField[]): Field | null => {
  const own = station.find((field) => field.name === name);
  return own === undefined ? plainField(name) : { ...asField(own), required: true };
};

/** As it travels to a machine. */
export const asField = (own: StationField): Field => {
  const { everyMachine: _, ...field } = own;
  return field;
};

/** All that an outcome asks, answered or not. */
export const fieldsOf = ({ facts, fields = [] }: AskOutcome, station: readonly StationField[]): readonly Field[] => {
  const named = facts.filter((name) => fields.every((field) => field.name !== name));
  return [...named.flatMap((name) => fieldFor(name, station) ?? []), ...fields];
};

export const isAnswered = ({ name, required }: Field, facts: readonly Fact[]): boolean => {
  const fact = facts.find((one) => one.name === name);
  if (fact === undefined) return false;
  return fact.value === '' ? !required : !fact.filler;
};

/** The same for a policy that is being resolved. */
export const isAnsweredIn = ({ facts: names, fields = [] }: AskOutcome, facts: FactIndex): boolean => {
  const known = (name: string): boolean => facts.get(name)?.missing === null;
  const isEmpty = (name: string): boolean => facts.get(name)?.values[0] === '';
  return (
    names.every((name) => known(name) || fields.some((field) => field.name === name)) &&
    fields.every(({ name, required }) => known(name) || (!required && isEmpty(name)))
  );
};

// What people answer, at the machine's own console or at the station: read by the fields' types, saved as facts with who said it, and
// decided upon. The first answer counts; whatever the console sends is only ever an answer to what its machine is asked.
import { readField } from '../../agent/protocol/field-value.ts';
import type { Answers, Field } from '../../agent/protocol/fields.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import { nearest } from '../matching/text.ts';
import { fieldFor } from '../matching/wanted-fields.ts';
import { reconsider } from './decision-step.ts';
import { note, send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';

type Problem = { readonly name: string; readonly message: string };
type Read = { readonly facts: readonly Fact[]; readonly said: readonly string[]; readonly problems: readonly Problem[] };

const asked = ({ question }: Machine): readonly Field[] => (question?.kind === 'fact' ? question.fields : []);

const readAll = (fields: readonly Field[], values: Readonly<Record<string, string>>, source: string): Read => {
  const facts: Fact[] = [];
  const said: string[] = [];
  const problems: Problem[] = [];
  for (const field of fields) {
    const value = readField(field, values[field.name] ?? '');
    if (!value.ok) problems.push({ name: field.name, message: `${value.failure.message} ${value.failure.next}` });
    else {
      facts.push({ name: field.name, value: value.value ?? '', source, filler: value.value === null });
      said.push(`${field.name} = ${value.value === null ? '(left empty)' : String(value.value)}`);
    }
  }
  return { facts, said, problems };
};

const sameValue = (a: Fact, b: Fact | undefined): boolean => b !== undefined && JSON.stringify(a.value) === JSON.stringify(b.value);

/** An own name that nobody asks for or has defined, and that is nearly one that is asked for: a slip of the pen, not a fact. */
const slipsIn = (names: readonly string[], open: readonly Field[], station: readonly StationField[]): readonly string[] =>
  names.flatMap((name) => {
    if (!name.startsWith('input.') || [...open, ...station].some((field) => field.name === name)) return [];
    const near = nearest(
      name,
      open.map((field) => field.name),
    );
    return near === null ? [] : [`"${name}" is not asked for, did you mean "${near}"?`];
  });

/** A person at the station. Failures: `answer.nothing`, `answer.invalid`, `answer.taken`; nothing is saved then. */
export const answerAtStation = (parts: Parts, machine: Machine, values: Readonly<Record<string, string>>): Result<Machine> => {
  const { operator } = parts.sites.current();
  const names = Object.keys(values);
  if (names.length === 0) return failed('answer.nothing', 'Nothing was answered.', 'Name the fields: role=web.');
  const station = parts.fields();
  const open = asked(machine);
  const fields = names.map((name) => open.find((field) => field.name === name) ?? fieldFor(name, station));
  const unknown = names.filter((_, index) => fields[index] === null);
  const read = readAll(
    fields.filter((field) => field !== null),
    values,
    `person:${operator}`.slice(0, 120),
  );
  const problems = [
    ...unknown.map((name) => `"${name}" is no fact; own fields are named input.NAME`),
    ...slipsIn(names, open, station),
    ...read.problems.map(({ name, message }) => `${name}: ${message}`),
  ];
  if (problems.length > 0) return failed('answer.invalid', problems.join(' '), 'Correct these and answer again; nothing was saved.');
  const known = parts.machines.facts(machine.id);
  const taken = read.facts
    .filter(({ name }) => open.every((field) => field.name !== name))
    .flatMap((fact) => {
      const before = known.find(({ name }) => name === fact.name);
      return before === undefined || before.filler || sameValue(fact, before) ? [] : [before];
    });
  const [first] = taken;
  if (first !== undefined)
    return failed(
      'answer.taken',
      `${first.name} is ${String(first.value)} already (${first.source}), and it is not asked for.`,
      'To change it all the same, set the fact: rackside fact MACHINE NAME=VALUE.',
    );
  return success(save(parts, machine, read, `${operator} answered`));
};

/** A person at the target. An answer that does not fit is asked for again there; one that comes too late changes nothing. */
export const answerAtMachine = (parts: Parts, machine: Machine, { person, values }: Answers): Machine => {
  const name = person.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  const who = name === '' ? 'somebody' : name;
  const open = asked(machine).filter((field) => Object.hasOwn(values, field.name));
  if (open.length === 0) {
    const known = parts.machines.facts(machine.id);
    const isNews = Object.entries(values).some(([key, value]) => String(known.find((fact) => fact.name === key)?.value ?? '') !== value);
    if (isNews)
      note(parts, machine, 'answer.late', `${who} answered at the machine what is not asked any more; it was dropped.`, { level: 'warn' });
    return machine;
  }
  const read = readAll(open, values, `person:${who} (at the machine)`.slice(0, 120));
  const nameless = name === '' ? [{ name: open[0]?.name ?? '', message: 'Your name is missing. Type it first.' }] : [];
  const problems = [...nameless, ...read.problems];
  if (problems.length > 0 && machine.question?.kind === 'fact') {
    const { reason, facts, fields } = machine.question;
    return send(parts, machine, { kind: 'assess', decision: { kind: 'hold', reason, asks: facts, form: { fields, problems } } });
  }
  return save(parts, machine, read, `${who} answered at the machine`);
};

const save = (parts: Parts, machine: Machine, { facts, said }: Read, who: string): Machine => {
  parts.machines.putFacts(machine.id, facts);
  note(parts, machine, 'fact.answered', `${who}: ${said.join(', ')}.`);
  const fresh = parts.machines.get(machine.id);
  return reconsider(parts, fresh.ok ? fresh.value : machine);
};

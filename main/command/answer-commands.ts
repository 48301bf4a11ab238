// `rackside answer` and `rackside fields`: what people are asked about machines, and how.
import { labelOf } from '../../agent/protocol/fields.ts';
import { factDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { answerKind } from '../../preload/contract/field-words.ts';
import type { FieldView } from '../../preload/contract/fields.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { fileCommand } from './file-command.ts';
import type { Command } from './command.ts';
import { table } from './output.ts';
import { shortFileOf } from './policy-text.ts';
import { machineOf, printed, withStation } from './with-station.ts';

const wanted = (machine: MachineView): string => {
  const { question } = machine;
  if (question?.kind !== 'fact') return `${machine.name} asks for nothing: ${machine.says}`;
  return [
    `${machine.name}: ${question.reason}`,
    table(
      ['FIELD', 'WHAT', 'ANSWER', ''],
      question.fields.map((field) => [field.name, labelOf(field), answerKind(field), field.required ? '' : 'may be left empty']),
    ),
    `Answer with: rackside answer ${machine.id} ${question.fields.map(({ name }) => `${name}=…`).join(' ')}`,
  ].join('\n');
};

/** `floor` is `input.floor` where there is no fact of that name. */
const factName = (typed: string): string => (factDefinition(typed) === null && /^[a-z0-9-]{1,40}$/.test(typed) ? `input.${typed}` : typed);

const pairs = (typed: readonly string[]): Result<Record<string, string>> => {
  const values: Record<string, string> = {};
  for (const one of typed) {
    const at = one.indexOf('=');
    if (at < 1) return failed('command.arguments', `"${one}" is no answer.`, 'Write FIELD=VALUE, such as role=web.');
    values[factName(one.slice(0, at).trim())] = one.slice(at + 1);
  }
  return success(values);
};

const FIELD_FORMAT = `  One field or a list of them:
    {
      "name": "role",              the fact that the answer becomes: one of rackside facts --help, or input.NAME
      "label": "Role",             what people read
      "type": "choice",            text, number, size, choice, yes-no, mac, ip, cidr, date
      "choices": ["web", "mail"],
      "required": true,            false: may be left empty
      "everyMachine": true         asked of every machine before anything is decided; else only where a policy wants it
    }
  If wanted: "pattern" (a regular expression for the whole text), "least", "most", "default", "help"`;

const describeFields = (fields: readonly FieldView[]): string =>
  fields.length === 0
    ? 'No fields are defined; facts are asked for by their names. Define one with: rackside fields add FILE'
    : table(
        ['FIELD', 'WHAT', 'ANSWER', 'REQUIRED', 'ASKED'],
        fields.map(({ field }) => [
          field.name,
          labelOf(field),
          answerKind(field),
          field.required ? 'yes' : 'no',
          field.everyMachine ? 'of every machine' : 'where it is wanted',
        ]),
      );

export const ANSWER_COMMANDS: readonly Command[] = [
  {
    name: 'answer',
    arguments: 'MACHINE [FIELD=VALUE ...]',
    help: 'answer what a machine asks for; without an answer, say what that is',
    details: '  The machine asks the same at its own console, and the first answer counts. "FIELD=" leaves an optional field empty.',
    options: {},
    positionals: { least: 1, most: 41 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const [typed, ...given] = invocation.positionals;
        const values = pairs(given);
        if (!values.ok) return values;
        const machine = await machineOf(station, typed);
        if (!machine.ok) return machine;
        if (given.length === 0) {
          invocation.output.print({ machine: machine.value.id, question: machine.value.question }, () => wanted(machine.value));
          return success(null);
        }
        const answer = await station.call('machines.answer', { machineId: machine.value.id, values: values.value });
        return printed(invocation, answer, (detail) => `${detail.machine.name}: ${detail.machine.says}`);
      }),
  },
  {
    name: 'fields list',
    arguments: '',
    help: 'list how people are asked for facts',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('fields.list', {}), describeFields)),
  },
  fileCommand({
    name: 'fields add',
    help: 'define how people are asked for facts, wherever a policy or a recipe wants them; - reads standard input',
    details: FIELD_FORMAT,
    read: shortFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('fields.save', file), describeFields)),
  }),
  {
    name: 'fields remove',
    arguments: 'FIELD',
    help: 'forget how people are asked for a fact; what they answered stays',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) =>
        printed(invocation, await station.call('fields.remove', { name: factName(invocation.positionals[0] ?? '') }), describeFields),
      ),
  },
];

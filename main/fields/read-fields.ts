// A file of fields: one, or a list. Taken whole or refused with every place that is wrong.
import { fieldProblem } from '../../agent/protocol/field-value.ts';
import { ANSWER_MOST, fieldTypeSchema } from '../../agent/protocol/fields.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { stationFieldSchema } from '../../preload/contract/fields.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import { schemaProblems, oneSentence } from '../matching/file-words.ts';
import type { FileWords } from '../matching/file-words.ts';

const SHOWN_MOST = 5;

const WORDS: FileWords = {
  keys: Object.keys(stationFieldSchema.shape),
  mayBe: {
    '': 'an object, such as {"name": "role", "type": "choice", "choices": ["web", "mail"]}',
    name: 'the name of a fact (rackside facts --help) or input.NAME',
    label: 'a text of 1 to 60 characters',
    type: `one of ${fieldTypeSchema.options.join(', ')}`,
    pattern: 'a regular expression of at most 200 characters',
    choices: 'a list of 1 to 40 texts, such as ["web", "mail"]',
    least: 'a number, or a size with its unit such as "64 GiB"',
    most: 'a number, or a size with its unit such as "64 GiB"',
    required: 'true or false without quotes',
    default: `a text of at most ${ANSWER_MOST} characters`,
    help: 'a text of at most 300 characters',
    everyMachine: 'true or false without quotes',
  },
};

/** Failures: `field.file-invalid`. */
export const readFieldFile = (text: string, name: string): Result<readonly StationField[]> => {
  const refuse = (reasons: readonly string[]) =>
    failed(
      'field.file-invalid',
      `${name}: ${oneSentence(reasons.slice(0, SHOWN_MOST))}`,
      'Correct it and add it again; nothing was changed.',
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse([`is no JSON (${error instanceof Error ? error.message : String(error)})`]);
  }
  const list = Array.isArray(value) ? value : [value];
  const fields: StationField[] = [];
  const problems: string[] = [];
  for (const [index, one] of list.entries()) {
    const place = Array.isArray(value) ? `[${index}]` : 'field';
    const parsed = stationFieldSchema.safeParse(one);
    if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, one, place, WORDS));
    else {
      const problem = fieldProblem(parsed.data);
      if (problem !== null) problems.push(`${place}: ${problem}`);
      if (fields.some((other) => other.name === parsed.data.name)) problems.push(`${place}: ${parsed.data.name} stands there twice`);
      fields.push(parsed.data);
    }
  }
  if (list.length === 0) problems.push('holds no field');
  return problems.length > 0 ? refuse(problems) : success(fields);
};

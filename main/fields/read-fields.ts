// A file of fields: one, or a list. Taken whole or refused with every place that is wrong.
import { fieldProblem } from '../../agent/protocol/field-value.ts';
import { ANSWER_MOST, fieldTypeSchema } from '../../agent/protocol/fields.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { stationFieldSchema } from '../../preload/contract/fields.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import { readListFile } from '../written/list-file.ts';
import type { FileWords } from '../written/schema-words.ts';

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
export const readFieldFile = (text: string, name: string): Result<readonly StationField[]> =>
  readListFile(text, name, {
    noun: 'field',
    schema: stationFieldSchema,
    words: WORDS,
    check: (field) => {
      const reason = fieldProblem(field);
      return reason === null ? [] : [{ path: '', reason }];
    },
  });

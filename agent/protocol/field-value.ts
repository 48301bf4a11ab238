// What a person typed into a field, read by the field's type: the target's console says at once what is wrong, the window too, and the
// station reads it again, because whatever comes over the wire may come from anybody.
import { z } from 'zod';
import { factDefinition } from './facts.ts';
import type { FactDefinition, FactValue } from './facts.ts';
import { failed, success } from './failure.ts';
import type { Result } from './failure.ts';
import { ANSWER_MOST, labelOf, typesFor } from './fields.ts';
import type { Field } from './fields.ts';
import { lacksUnit, parseQuantity, quantityWords } from './quantities.ts';
import { compileRegex } from './regex.ts';

/** The value; null where an optional field was left empty. Failures: `field.required`, `field.invalid`, told to the person who typed. */
export const readField = (field: Field, typed: string): Result<FactValue | null> => {
  // One spelling of what looks the same: a text processor's blanks, letters and accents that came apart.
  const text = oneSpelling(typed);
  if (text === '')
    return field.required ? failed('field.required', `${labelOf(field)} must be answered.`, 'Type an answer.') : success(null);
  if (text.length > ANSWER_MOST) return invalid(`is longer than ${ANSWER_MOST} characters`, 'Shorten it.');
  // Terminals and logs take control characters as orders.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) return invalid('holds characters that cannot be seen', 'Type it by hand.');
  return READERS[field.type](field, text);
};

const oneSpelling = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(/\p{Zs}+/gu, ' ')
    .trim();

const invalid = (reason: string, next: string): Result<never> => failed('field.invalid', `The answer ${reason}.`, next);

type Reader = (field: Field, text: string) => Result<FactValue>;

/** A text fact keeps numbers as text, in one spelling, so that policies find them equal. */
const isText = ({ name }: Field): boolean => (factDefinition(name)?.type ?? 'text') === 'text';

const readText: Reader = ({ pattern, help }, text) => {
  if (pattern === undefined) return success(text);
  const regex = compileRegex(`^(${pattern})$`);
  if (regex.ok && regex.value.test(text)) return success(text);
  return invalid(`"${text}" does not have the right form`, help ?? `It must look like ${pattern}`);
};

const definitionOf = (field: Field, type: 'number' | 'bytes'): FactDefinition => {
  const definition = factDefinition(field.name);
  return definition?.type === type ? definition : { type, title: field.name };
};

const readNumber =
  (type: 'number' | 'bytes'): Reader =>
  (field, text) => {
    const definition = definitionOf(field, type);
    const number = parseQuantity(text, definition);
    if (!number.ok) return invalid(`"${text}" is not ${type === 'bytes' ? 'a size' : 'a number'}`, number.failure.next);
    if (lacksUnit(text, number.value, definition)) return invalid(`"${text}" has no unit`, `Write "${text} GiB" or another unit.`);
    const limit = (value: string | number | undefined, other: number): number => {
      const parsed = value === undefined ? null : parseQuantity(value, definition);
      return parsed?.ok === true ? parsed.value : other;
    };
    if (number.value < limit(field.least, Number.NEGATIVE_INFINITY)) return invalid('is too small', `At least ${field.least}.`);
    if (number.value > limit(field.most, Number.POSITIVE_INFINITY)) return invalid('is too large', `At most ${field.most}.`);
    return success(isText(field) ? quantityWords(number.value, definition) : number.value);
  };

/** By its text, whatever its case, or by its number in the list. */
const readChoice: Reader = ({ choices = [] }, text) => {
  const spelt = choices.map(oneSpelling);
  const at = spelt.includes(text) ? spelt.indexOf(text) : spelt.findIndex((choice) => choice.toLowerCase() === text.toLowerCase());
  const same = choices[at];
  const byNumber = /^\d{1,2}$/.test(text) ? choices[Number(text) - 1] : undefined;
  const chosen = same ?? byNumber;
  return chosen === undefined ? invalid(`"${text}" is none of the choices`, `Choose one of ${choices.join(', ')}.`) : success(chosen);
};

const readYesNo: Reader = (field, text) => {
  const answer = /^(y|yes|true|on|1)$/i.test(text) ? true : /^(n|no|false|off|0)$/i.test(text) ? false : null;
  if (answer === null) return invalid(`"${text}" is neither yes nor no`, 'Type yes or no.');
  return success(isText(field) ? (answer ? 'yes' : 'no') : answer);
};

const readMac: Reader = (_field, text) => {
  const digits = text.toLowerCase().replaceAll(/[:.-]/g, '');
  const isMac = ['([0-9a-f]{2}:){5}[0-9a-f]{2}', '([0-9a-f]{2}-){5}[0-9a-f]{2}', '([0-9a-f]{4}\\.){2}[0-9a-f]{4}', '[0-9a-f]{12}'].some(
    (form) => new RegExp(`^${form}$`, 'i').test(text),
  );
  if (!isMac) return invalid(`"${text}" is no MAC address`, 'Write it like 52:54:00:12:34:56.');
  return success(digits.match(/../g)?.join(':') ?? digits);
};

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();
const cidr = z.union([z.cidrv4(), z.cidrv6()]);
const readIp: Reader = (_field, text) =>
  ipv4.safeParse(text).success || ipv6.safeParse(text).success
    ? success(text.toLowerCase())
    : invalid(`"${text}" is no IP address`, 'Write it like 10.0.0.7 or fd00::7.');
const readCidr: Reader = (_field, text) =>
  cidr.safeParse(text).success
    ? success(text.toLowerCase())
    : invalid(`"${text}" is no network`, 'Write it with its prefix, like 10.0.0.0/24.');

const readDate: Reader = (_field, text) =>
  z.iso.date().safeParse(text).success ? success(text) : invalid(`"${text}" is no date`, 'Write it as year-month-day, like 2026-03-31.');

const readList: Reader = (field, text) => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return invalid('names nothing', 'Write the values with commas between them.');
  const definition = factDefinition(field.name);
  if (definition === null || definition.type === 'text-list') return success(parts);
  const numbers: number[] = [];
  for (const part of parts) {
    const number = parseQuantity(part, definition);
    if (!number.ok) return invalid(`"${part}" is not a quantity of this kind`, number.failure.next);
    if (lacksUnit(part, number.value, definition)) return invalid(`"${part}" has no unit`, `Write "${part} GiB" or another unit.`);
    numbers.push(number.value);
  }
  return success(numbers);
};

const READERS: Readonly<Record<Field['type'], Reader>> = {
  text: readText,
  number: readNumber('number'),
  size: readNumber('bytes'),
  choice: readChoice,
  'yes-no': readYesNo,
  mac: readMac,
  ip: readIp,
  cidr: readCidr,
  date: readDate,
  list: readList,
};

/** What is wrong with a definition beyond its shape; null where nothing is. */
export const fieldProblem = (field: Field): string | null => {
  const types = typesFor(field.name);
  if (types.length === 0) return `there is no fact "${field.name}"; own fields are named input.NAME, in a-z, 0-9 and -`;
  if (!types.includes(field.type)) return `${field.name} is of another type; write "type": "${types[0]}"`;
  if ((field.type === 'choice') !== (field.choices !== undefined)) return 'choices go with "type": "choice", and that with choices';
  const choices = field.choices?.map((choice) => oneSpelling(choice).toLowerCase()) ?? [];
  const twice = field.choices?.find((_choice, index) => choices.indexOf(choices[index] ?? '') !== index);
  if (twice !== undefined) return `choices: "${twice}" stands there twice; case never counts`;
  if (field.pattern !== undefined) {
    if (field.type !== 'text') return 'a pattern goes with "type": "text"';
    // By itself: "a)|(b" would be whole only within what is put around it.
    const regex = compileRegex(field.pattern);
    if (!regex.ok) return `pattern: ${regex.failure.message}`;
  }
  if (field.least !== undefined || field.most !== undefined) {
    if (field.type !== 'number' && field.type !== 'size') return 'least and most go with numbers and sizes';
    const definition = definitionOf(field, field.type === 'size' ? 'bytes' : 'number');
    const limits = [field.least, field.most].flatMap((limit) => (limit === undefined ? [] : [parseQuantity(limit, definition)]));
    for (const limit of limits) if (!limit.ok) return `${limit.failure.message}. ${limit.failure.next}`;
    const [least, most] = limits.map((limit) => (limit.ok ? limit.value : 0));
    if (least !== undefined && most !== undefined && least > most) return 'least is more than most, so that no answer would do';
  }
  if (field.default !== undefined) {
    const read = readField(field, field.default);
    if (!read.ok) return `default: ${read.failure.message} ${read.failure.next}`;
  }
  return null;
};

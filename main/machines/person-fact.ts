// What a person typed for a fact, read by the fact's own type and unit.
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import type { Fact, FactDefinition, FactValue } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { lacksUnit, parseQuantity } from '../../agent/protocol/quantities.ts';
import { nearest } from '../matching/text.ts';

/** Longest text of a fact that a person or a plan says, characters: it stands in lists, in names, on screens beside a rack. */
export const FACT_TEXT_MOST = 400;

/** The fact, or null where the text is empty: then the person's value is taken back. Failures: `fact.unknown`, `quantity.unreadable`, `fact.unreadable`. */
export const personFact = (name: string, text: string, operator: string): Result<Fact | null> => {
  const definition = factDefinition(name);
  if (definition === null) {
    const near = nearest(name, Object.keys(FACTS));
    const next = near === null ? 'Own fields are named input.NAME, in a-z, 0-9 and -.' : `Did you mean "${near}"?`;
    return failed('fact.unknown', `There is no fact "${name}".`, next);
  }
  // A cell of a table may have several lines; a fact is one.
  const typed = text.normalize('NFC').replaceAll(/\s+/gu, ' ').trim();
  if (typed === '') return success(null);
  // Terminals and logs take control characters as orders.
  if (/[\p{Cc}\p{Bidi_Control}]/u.test(typed))
    return failed('fact.unreadable', 'The value holds characters that cannot be seen.', 'Type it by hand.');
  if (typed.length > FACT_TEXT_MOST)
    return failed('fact.unreadable', `The value is longer than ${FACT_TEXT_MOST} characters.`, 'Shorten it.');
  const value = valueOf(typed, definition);
  if (!value.ok) return value;
  return success({ name, value: value.value, source: `person:${operator}`.slice(0, 120), filler: false });
};

const quantity = (text: string, definition: FactDefinition): Result<number> => {
  const read = parseQuantity(text, definition);
  if (!read.ok || !lacksUnit(text, read.value, definition)) return read;
  return failed('quantity.unreadable', `"${text}" without a unit is bytes`, `Write "${text} GiB" or another unit.`);
};

const valueOf = (text: string, definition: FactDefinition): Result<FactValue> => {
  switch (definition.type) {
    case 'text':
      return success(text);
    case 'text-list':
      return success(parts(text));
    case 'number':
    case 'bytes':
      return quantity(text, definition);
    case 'number-list':
    case 'bytes-list': {
      const numbers = parts(text).map((part) => quantity(part, definition));
      const wrong = numbers.find((number) => !number.ok);
      return wrong !== undefined && !wrong.ok ? wrong : success(numbers.flatMap((number) => (number.ok ? [number.value] : [])));
    }
    case 'flag':
      if (/^(yes|true|on|1)$/i.test(text)) return success(true);
      if (/^(no|false|off|0)$/i.test(text)) return success(false);
      return failed('fact.unreadable', `"${text}" is neither yes nor no.`, 'Write yes or no.');
  }
};

const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

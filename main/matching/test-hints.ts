// What the author of a test probably meant: facts and tests by the names they have elsewhere, and operands in their right form.
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import { factCalled, testCalled } from './other-names.ts';
import { OPERATORS } from './tests.ts';
import { nearest } from './text.ts';

export const factHint = (fact: string): string => {
  const called = fact
    .toLowerCase()
    .replaceAll(/[_ ]/g, '.')
    .replaceAll(/\.(total|bytes|gb|number)$/g, '');
  const known =
    (Object.hasOwn(FACTS, called) ? called : null) ??
    factCalled(fact) ??
    factCalled(called) ??
    nearest(called, Object.keys(FACTS)) ??
    nearest(fact, Object.keys(FACTS)) ??
    factCalled(fact.split('.').slice(-2).join('')) ??
    factCalled(fact.split('.').at(-1) ?? '');
  return known === null
    ? '; see their names with: rackside facts --help; what people type at a machine is "input.NAME"'
    : `, did you mean "${known}"`;
};

export const testHint = (name: string): string => {
  if (/^(!|ne$|not?([_ -]|$|[A-Z])|not(equals?|in|like|match|matches)$)/.test(name)) return '; write {"none": [{"fact": …, "equal": …}]}';
  if (/^(absent|missing|unknown|undefined|null|is_?null|not_?present)$/i.test(name))
    return '; for what nobody knows write {"fact": …, "present": false}';
  // A word of one or two letters is near to every other such word.
  const known = testCalled(name) ?? (name.length > 2 ? nearest(name, OPERATORS) : null);
  return known === null ? `; tests are ${OPERATORS.join(', ')}` : `, did you mean "${known}"`;
};

/** `{"model": "R740"}` is how many write `{"fact": "model", "equal": "R740"}`. */
export const withoutFact = (test: Readonly<Record<string, unknown>>): string => {
  const [name, ...others] = Object.keys(test);
  if (name === 'not') return '; for "not" write {"none": […]}';
  if (name === 'and' || name === 'or') return `; for "${name}" write {"${name === 'and' ? 'all' : 'any'}": […]}`;
  if (name === undefined || others.length > 0 || factDefinition(name) === null) return '';
  return `; write {"fact": "${name}", "equal": ${JSON.stringify(test[name])}}`;
};

export const operandProblem = (operator: string, operand: unknown): string => {
  const found = JSON.stringify(operand)?.slice(0, 60) ?? 'nothing';
  if (operator === 'in') {
    if (Array.isArray(operand) && operand.length === 0) return 'is empty and would never hold; list the values';
    return `is not a list of texts or numbers that "in" can take; write [${Array.isArray(operand) ? '…' : found}]`;
  }
  if (operator === 'equal' && Array.isArray(operand)) return `takes one value; for several write "in": ${found}`;
  if (operand === null) return `null is not a value that "${operator}" can take; for what nobody knows write {"fact": …, "present": false}`;
  if (operator === 'between') return `${found} is not a value that "between" can take; write both ends, such as ["400 GB", "2 TB"]`;
  if (operator === 'present') return `${found} is not a value that "present" can take; write true or false without quotes`;
  if (operator === 'glob' || operator === 'matches' || operator === 'cidr')
    return `${found} is not a value that "${operator}" can take; write a text of at most 200 characters in double quotes`;
  return `${found} is not a value that "${operator}" can take; write a number, or a size with its unit such as "64 GiB"`;
};

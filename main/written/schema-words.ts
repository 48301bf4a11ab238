// What a schema refuses in a file that people write by hand (fields, image sets, recipes), said for its author: the place, what stands
// there, what may stand there, and the right spelling where it can be guessed. PURE.
import type { z } from 'zod';
import { didYouMean } from '../matching/text.ts';

type Issue = z.core.$ZodIssue;

/** `mayBe`: what may stand in a field, by its path without the numbers of lists (`members.osoid`); `''` is the whole. */
export type FileWords = {
  readonly mayBe: Readonly<Record<string, string>>;
  /** Every field's name, for those that are spelt otherwise. */
  readonly keys: readonly string[];
};

/** `path` as in `members[0].name`, empty for the whole. */
export type Finding = { readonly path: string; readonly reason: string };

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/** The nearest field around the place that has words. */
const wordsAt = (path: readonly PropertyKey[], { mayBe }: FileWords): string | null => {
  const names = path.filter((part) => typeof part !== 'number').map(String);
  for (let length = names.length; length >= (names.length === 0 ? 0 : 1); length -= 1) {
    const words = mayBe[names.slice(0, length).join('.')];
    if (words !== undefined) return words;
  }
  return null;
};

const reasonOf = (issue: Issue, value: unknown, words: FileWords): string => {
  const found = valueAt(value, issue.path);
  const may = wordsAt(issue.path, words);
  if (found === undefined && issue.path.length > 0) return may === null ? 'is missing' : `is missing: ${may}`;
  const near = issue.code === 'invalid_value' && typeof found === 'string' ? didYouMean(found, issue.values.map(String)) : '';
  return may === null ? `${shown(found)}: ${issue.message}` : `${shown(found)} is not ${may}${near}`;
};

/** What each field says against the schema: `"Choice" is not text, number …`. */
export const schemaFindings = (issues: readonly Issue[], value: unknown, words: FileWords): Finding[] =>
  issues.flatMap((issue) => {
    const path = pathText(issue.path);
    if (issue.code !== 'unrecognized_keys') return [{ path, reason: reasonOf(issue, value, words) }];
    return issue.keys.map((key) => {
      const near = didYouMean(key, words.keys);
      return { path, reason: `unknown field "${key}"${near === '' ? `; there are ${words.keys.join(', ')}` : near}` };
    });
  });

// A file of things that people write by hand (fields, image sets): one, a list, or a list under the name of its kind. Taken whole or
// refused with every place that is wrong, by line.
import type { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { parsePlaced } from './json-places.ts';
import { schemaFindings } from './schema-words.ts';
import type { FileWords, Finding } from './schema-words.ts';

export type ListFile<T extends { readonly name: string }> = {
  /** What one is called; the failure is `NOUN.file-invalid`. */
  readonly noun: string;
  readonly schema: z.ZodType<T>;
  readonly words: FileWords;
  /** What is wrong with one that the schema takes. */
  readonly check: (one: T) => readonly Finding[];
};

const SHOWN_MOST = 5;

/** `name` is what people call the file. */
export const readListFile = <T extends { readonly name: string }>(
  text: string,
  name: string,
  { noun, schema, words, check }: ListFile<T>,
): Result<readonly T[]> => {
  const refuse = (reasons: readonly string[]) =>
    failed(
      `${noun}.file-invalid`,
      `${name}: ${reasons
        .slice(0, SHOWN_MOST)
        .join('; ')
        .replace(/[.\s]+$/, '')}.`,
      'Correct it and add it again; nothing was changed.',
    );
  const placed = parsePlaced(text);
  if (!placed.ok) return refuse([placed.failure.message]);
  const { value, lineOf } = placed.value;
  const entries = entriesIn(value, `${noun}s`);
  // What a window made is one line, of which nothing is learnt.
  const line = (path: string): string => (text.trim().includes('\n') ? `line ${lineOf(path)}, ` : '');
  const taken: T[] = [];
  const problems = entries.flatMap(({ path, value: one }, index) => {
    const who = nameIn(one) === null ? `${noun}${entries.length > 1 ? ` ${index + 1}` : ''}` : `${noun} "${nameIn(one)}"`;
    const parsed = schema.safeParse(one);
    const findings = parsed.success ? [...check(parsed.data)] : schemaFindings(parsed.error.issues, one, words);
    if (parsed.success && taken.some((other) => other.name === parsed.data.name))
      findings.push({ path: 'name', reason: `"${parsed.data.name}" stands there twice` });
    if (parsed.success) taken.push(parsed.data);
    return findings.map((found) => `${line(inside(path, found.path))}${who}${found.path === '' ? '' : `, ${found.path}`}: ${found.reason}`);
  });
  if (entries.length === 0) problems.push(`holds no ${noun}`);
  return problems.length > 0 ? refuse(problems) : success(taken);
};

const entriesIn = (value: unknown, key: string): readonly { readonly path: string; readonly value: unknown }[] => {
  const isWrapped = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  const inner = isWrapped ? (value as Readonly<Record<string, unknown>>)[key] : value;
  const outer = isWrapped ? key : '';
  return Array.isArray(inner)
    ? inner.map((one: unknown, at) => ({ path: `${outer}[${at}]`, value: one }))
    : [{ path: outer, value: inner }];
};

const inside = (outer: string, inner: string): string =>
  outer === '' || inner === '' || inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;

const nameIn = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? value.name : null;

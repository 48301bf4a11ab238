// JSON (RFC 8259) that remembers on which line every part stood, so that a mistake in a file of a thousand policies is found again. What
// people type by habit (comments, trailing commas, single quotes, a name twice) is refused by its own name.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** `lineOf` takes a path as in `[3].when.all[0].fact`; of a part that is not there it is the line of what would hold it. */
export type PlacedJson = { readonly value: unknown; readonly lineOf: (path: string) => number };

const DEPTH_MAX = 200;

class Refusal extends Error {}

export const parsePlaced = (text: string): Result<PlacedJson> => {
  const lines = new Map<string, number>();
  try {
    const value = parse(text, lines);
    const lineOf = (path: string): number => {
      for (let part = path; ; part = part.replace(/(\.?[^.[\]]+|\[\d+\])$/, '')) {
        const line = lines.get(part);
        if (line !== undefined || part === '') return line ?? 1;
      }
    };
    return success({ value, lineOf });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed('json.unreadable', error.message, 'Correct that place; nothing was changed.');
  }
};

const parse = (text: string, lines: Map<string, number>): unknown => {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let lineStart = at;
  const refuse = (reason: string): never => {
    throw new Refusal(`line ${line}, column ${at - lineStart + 1}: ${reason}`);
  };
  const blanks = (): void => {
    for (; at < text.length && ' \t\r\n'.includes(text[at] ?? ''); at += 1) {
      if (text[at] === '\n') [line, lineStart] = [line + 1, at + 1];
    }
    if (text.startsWith('//', at) || text.startsWith('/*', at) || text[at] === '#')
      refuse('comments are not taken; what is for people goes into "note"');
  };
  const here = (): string => (at >= text.length ? 'the end of the file' : JSON.stringify(text[at]));

  const string = (): string => {
    const found = /"(?:[^"\\\r\n]|\\.)*"/y;
    found.lastIndex = at;
    const raw = found.exec(text)?.[0];
    if (raw === undefined) return refuse('a text without its closing " on the same line');
    try {
      const value = JSON.parse(raw) as string;
      at += raw.length;
      return value;
    } catch {
      return refuse('a \\ or a control character that JSON does not take; write \\\\ for one backslash');
    }
  };
  const word = (): unknown => {
    const raw = /[-+.\w]*/y;
    raw.lastIndex = at;
    const found = raw.exec(text)?.[0] ?? '';
    if (found === 'true' || found === 'false') return ((at += found.length), found === 'true');
    if (found === 'null') return ((at += 4), null);
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(found)) return ((at += found.length), Number(found));
    if (text[at] === "'" || text[at] === '“' || text[at] === '‘') return refuse('texts stand in straight double quotes: "like this"');
    if (/^[-+.]?\d/.test(found)) return refuse(`${found} is no number; a size with its unit is a text: "${found}…"`);
    if (found !== '') return refuse(`${found} is no value; a text stands in double quotes: "${found}"`);
    return refuse(`${here()} where a value was expected`);
  };

  const list = (path: string, depth: number): unknown[] => {
    const items: unknown[] = [];
    at += 1;
    blanks();
    if (text[at] === ']') return ((at += 1), items);
    for (;;) {
      items.push(value(`${path}[${items.length}]`, depth + 1));
      blanks();
      if (text[at] === ']') return ((at += 1), items);
      if (text[at] !== ',') return refuse(`${here()} where a comma or ] was expected`);
      at += 1;
      blanks();
      if (text[at] === ']') return refuse('a comma after the last item');
    }
  };
  const object = (path: string, depth: number): Record<string, unknown> => {
    const found = new Map<string, unknown>();
    at += 1;
    blanks();
    if (text[at] === '}') return ((at += 1), {});
    for (;;) {
      blanks();
      if (text[at] !== '"')
        return refuse(text[at] === '}' ? 'a comma after the last item' : `${here()} where a name in double quotes was expected`);
      const name = string();
      if (found.has(name)) return refuse(`"${name}" stands here twice`);
      blanks();
      if (text[at] !== ':') return refuse(`${here()} where a : was expected after "${name}"`);
      at += 1;
      found.set(name, value(path === '' ? name : `${path}.${name}`, depth + 1));
      blanks();
      if (text[at] === '}') return ((at += 1), Object.fromEntries(found));
      if (text[at] !== ',') return refuse(`${here()} where a comma or } was expected`);
      at += 1;
    }
  };
  const value = (path: string, depth: number): unknown => {
    blanks();
    if (depth > DEPTH_MAX) return refuse(`nested more than ${DEPTH_MAX} deep`);
    lines.set(path, line);
    if (text[at] === '{') return object(path, depth);
    if (text[at] === '[') return list(path, depth);
    return text[at] === '"' ? string() : word();
  };

  const whole = value('', 0);
  blanks();
  return at < text.length ? refuse(`${here()} after the end; several policies stand in a list: [ … , … ]`) : whole;
};

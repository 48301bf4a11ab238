// Reads the part of regular-expression syntax that a linear-time engine can offer: literals, `.`, classes, \d \w \s, groups,
// `|`, `* + ? {m,n}`, `^` and `$`. Everything else is refused with its place, never taken for something else.
import { failed, success } from './failure.ts';
import type { Result } from './failure.ts';

export type CharacterSet = (character: string) => boolean;
export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'anchor'; readonly at: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly part: RegexNode; readonly least: number; readonly most: number | null };

const DEPTH_MAX = 50;
const COUNT_MAX = 1000;

const PARTS = 'Write it with literals, classes, groups, | and * + ? {m,n}.';

class Refusal extends Error {
  readonly next: string;
  constructor(reason: string, next: string) {
    super(reason);
    this.next = next;
  }
}

/** What to write in place of an escape that other engines have. */
const INSTEAD: Readonly<Record<string, string>> = {
  A: 'Write ^ for the beginning.',
  Z: 'Write $ for the end.',
  z: 'Write $ for the end.',
  b: 'For a whole word write (^|[^a-z0-9])word([^a-z0-9]|$).',
  x: 'Write the character itself.',
  u: 'Write the character itself.',
  p: 'Write a class such as [a-z], or \\w.',
  h: 'Write \\s.',
};
const POSIX: Readonly<Record<string, string>> = {
  digit: '\\d',
  space: '\\s',
  word: '\\w',
  alpha: 'a-z',
  alnum: 'a-z0-9',
  upper: 'a-z',
  lower: 'a-z',
};

const SHORTHANDS: Readonly<Record<string, CharacterSet>> = {
  d: (character) => /^\d$/.test(character),
  w: (character) => /^\w$/.test(character),
  s: (character) => /^\s$/.test(character),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The tree of `pattern`; a failure names the character at which it stops being a pattern we take. */
export const parseRegex = (pattern: string): Result<RegexNode> => {
  try {
    return success(parse([...pattern]));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed('regex.unsupported', `/${pattern}/: ${error.message}`, error.next);
  }
};

const parse = (characters: readonly string[]): RegexNode => {
  let at = 0;
  const refuse = (reason: string, next: string = PARTS): never => {
    throw new Refusal(`${reason} at character ${Math.min(at, characters.length) + 1}`, next);
  };
  const take = (wanted: string): boolean => (characters[at] === wanted ? ((at += 1), true) : false);
  const literal = (wanted: string): CharacterSet => {
    const folded = wanted.toLowerCase();
    return (character) => character.toLowerCase() === folded;
  };

  /** After a backslash: a class shorthand, or one literal character. */
  const escaped = (): CharacterSet | string => {
    const character = characters[at] ?? refuse('a lone \\');
    const known = Object.hasOwn(SHORTHANDS, character.toLowerCase()) || Object.hasOwn(CONTROLS, character);
    if (!known && /[A-Za-z0-9]/.test(character)) refuse(`\\${character} is not supported`, INSTEAD[character]);
    at += 1;
    const shorthand = SHORTHANDS[character.toLowerCase()];
    if (shorthand !== undefined) return character === character.toLowerCase() ? shorthand : (other) => !shorthand(other);
    const control = CONTROLS[character];
    return control ?? character;
  };

  const characterClass = (): CharacterSet => {
    const posix = /^\[\^?\[:([a-z]+):\]/.exec(characters.slice(at - 1, at + 12).join(''))?.[1];
    if (posix !== undefined) return refuse(`[:${posix}:] is not supported`, POSIX[posix] && `Write [${POSIX[posix]}].`);
    const negated = take('^');
    const sets: CharacterSet[] = [];
    while (!take(']')) {
      const from = classMember();
      if (characters[at] === '-' && characters[at + 1] !== ']') {
        at += 1;
        const to = classMember();
        if (typeof from !== 'string' || typeof to !== 'string' || from > to) return refuse('a range that runs backwards');
        sets.push((character) => [character, character.toLowerCase(), character.toUpperCase()].some((each) => each >= from && each <= to));
      } else sets.push(typeof from === 'string' ? literal(from) : from);
    }
    return (character) => sets.some((set) => set(character)) !== negated;
  };
  const classMember = (): CharacterSet | string => {
    if (take('\\')) return escaped();
    const character = characters[at] ?? refuse('a [ without its ]');
    at += 1;
    return character;
  };

  const atom = (depth: number): RegexNode => {
    if (take('(')) {
      if (take('?') && !take(':')) {
        const flags = /^[a-z]+\)/.exec(characters.slice(at, at + 8).join(''))?.[0];
        if (flags !== undefined) return refuse('flags are not supported', `Leave (?${flags} out: case never counts.`);
        return refuse('look-around and named groups are not supported');
      }
      const inner = choice(depth + 1);
      return take(')') ? inner : refuse('a ( without its )');
    }
    if (take('[')) return { kind: 'set', set: characterClass() };
    if (take('^')) return { kind: 'anchor', at: 'start' };
    if (take('$')) return { kind: 'anchor', at: 'end' };
    if (take('.')) return { kind: 'set', set: () => true };
    if (take('\\')) {
      const found = escaped();
      return { kind: 'set', set: typeof found === 'string' ? literal(found) : found };
    }
    const character = characters[at] ?? '';
    if ('*+?{'.includes(character)) return refuse(`nothing before ${character} to repeat`);
    at += 1;
    return { kind: 'set', set: literal(character) };
  };

  const counts = (): readonly [number, number | null] | null => {
    if (take('*')) return [0, null];
    if (take('+')) return [1, null];
    if (take('?')) return [0, 1];
    if (!take('{')) return null;
    const close = characters.indexOf('}', at);
    const parts = /^(\d{1,4})(,(\d{0,4}))?$/.exec(characters.slice(at, close < 0 ? at : close).join(''));
    if (parts === null) return refuse('a { without its counts');
    at = close + 1;
    const least = Number(parts[1]);
    const most = parts[2] === undefined ? least : parts[3] === '' ? null : Number(parts[3]);
    if (Math.max(least, most ?? 0) > COUNT_MAX || (most !== null && most < least)) return refuse('counts that cannot be');
    return [least, most];
  };

  const sequence = (depth: number): RegexNode => {
    const parts: RegexNode[] = [];
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') {
      let part = atom(depth);
      const repeat = counts();
      if (repeat !== null) {
        if (part.kind === 'anchor') return refuse('^ and $ cannot be repeated');
        part = { kind: 'repeat', part, least: repeat[0], most: repeat[1] };
        // `.*?` finds less than `.*`, and never something else where only whether it fits is asked.
        take('?');
        if (['*', '+', '?', '{'].includes(characters[at] ?? '')) return refuse('a repeat of a repeat');
      }
      parts.push(part);
    }
    return { kind: 'sequence', parts };
  };

  const choice = (depth: number): RegexNode => {
    if (depth > DEPTH_MAX) return refuse('groups nested too deeply');
    const parts = [sequence(depth)];
    while (take('|')) parts.push(sequence(depth));
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  };

  const tree = choice(0);
  return at === characters.length ? tree : refuse('a ) without its (');
};

// The text that LVM2 keeps its metadata in (lvm2 libdm/libdm-config.c): sections in braces, and values that are numbers, strings or
// lists of them. Depth and size are bounded; whatever is no such text is undefined.

export type LvmValue = number | string | readonly LvmValue[];
export type LvmSection = { readonly values: ReadonlyMap<string, LvmValue>; readonly sections: ReadonlyMap<string, LvmSection> };

const TOKEN = /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|([A-Za-z0-9_+.-][A-Za-z0-9_+./@-]*)|([{}[\]=,])/gy;
const MAX_DEPTH = 8;

type Token = { readonly kind: 'string' | 'number' | 'name' | 'sign'; readonly text: string };

export const parseLvmText = (text: string): LvmSection | undefined => {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  let at = 0;
  const isSign = (sign: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign;
  const value = (depth: number): LvmValue | undefined => {
    const token = tokens[at++];
    if (token?.kind === 'string') return token.text;
    if (token?.kind === 'number') return Number(token.text);
    if (token?.kind !== 'sign' || token.text !== '[' || depth > MAX_DEPTH) return undefined;
    const list: LvmValue[] = [];
    while (!isSign(']')) {
      const item = value(depth + 1);
      if (item === undefined) return undefined;
      list.push(item);
      if (isSign(',')) at++;
      else if (!isSign(']')) return undefined;
    }
    at++;
    return list;
  };
  const section = (depth: number): LvmSection | undefined => {
    const values = new Map<string, LvmValue>();
    const sections = new Map<string, LvmSection>();
    while (at < tokens.length && !isSign('}')) {
      const name = tokens[at++];
      if (name === undefined || name.kind === 'sign' || depth > MAX_DEPTH) return undefined;
      if (isSign('=')) {
        at++;
        const found = value(depth);
        if (found === undefined) return undefined;
        values.set(name.text, found);
      } else if (isSign('{')) {
        at++;
        const inner = section(depth + 1);
        if (inner === undefined || !isSign('}')) return undefined;
        at++;
        sections.set(name.text, inner);
      } else return undefined;
    }
    return { values, sections };
  };
  const whole = section(0);
  return at === tokens.length ? whole : undefined;
};

const tokensOf = (text: string): readonly Token[] | undefined => {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, quoted, number, name, sign] = match;
    end = match.index + all.length;
    if (quoted !== undefined) tokens.push({ kind: 'string', text: quoted.replace(/\\(.)/gsu, '$1') });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return end === text.length ? tokens : undefined;
};

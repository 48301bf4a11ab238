// Regular expressions whose time is linear in the text, whatever the pattern: a Thompson automaton run over all its states
// at once (R. Cox, "Regular Expression Matching Can Be Simple And Fast"). Node's engine backtracks, and one careless
// pattern in an imported policy would stop the station. Back references and look-around are refused, since they cannot be had so.
import { parseRegex } from './regex-parse.ts';
import type { CharacterSet, RegexNode } from './regex-parse.ts';
import { failed, success } from './failure.ts';
import type { Result } from './failure.ts';

type Step =
  | { readonly kind: 'character'; readonly set: CharacterSet; readonly next: number }
  | { kind: 'split'; readonly next: readonly number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'found' };

const STEPS_MAX = 2000;
const TEXT_MAX = 4096;

export type LinearRegex = { readonly test: (text: string) => boolean };

/** Compiles `pattern`; the failure says where and why it cannot be used. */
export const compileRegex = (pattern: string): Result<LinearRegex> => {
  const parsed = parseRegex(pattern);
  if (!parsed.ok) return parsed;
  const steps: Step[] = [{ kind: 'found' }];
  const start = emit(parsed.value, 0, steps);
  if (start === null) {
    return failed('regex.too-large', `/${pattern}/ repeats too much`, `Keep the product of all {n} below ${STEPS_MAX} characters.`);
  }
  return success({ test: (text) => run(steps, start, Array.from(text.slice(0, TEXT_MAX))) });
};

/** Adds the steps of `node`, which continue at `next`; returns where they begin, or null when there are too many. */
const emit = (node: RegexNode, next: number, steps: Step[]): number | null => {
  if (steps.length > STEPS_MAX) return null;
  const add = (step: Step): number => steps.push(step) - 1;
  if (node.kind === 'set') return add({ kind: 'character', set: node.set, next });
  if (node.kind === 'anchor') return add({ kind: node.at, next });
  if (node.kind === 'sequence')
    return node.parts.reduceRight<number | null>((to, part) => (to === null ? null : emit(part, to, steps)), next);
  if (node.kind === 'choice') {
    const starts = node.parts.map((part) => emit(part, next, steps));
    return starts.includes(null) ? null : add({ kind: 'split', next: starts.filter((start) => start !== null) });
  }
  return emitRepeat(node, next, steps);
};

const emitRepeat = (node: Extract<RegexNode, { kind: 'repeat' }>, next: number, steps: Step[]): number | null => {
  const add = (step: Step): number => steps.push(step) - 1;
  let to: number | null = next;
  if (node.most === null) {
    const loop = add({ kind: 'split', next: [] });
    const body = emit(node.part, loop, steps);
    if (body === null) return null;
    steps[loop] = { kind: 'split', next: [body, next] };
    to = loop;
  }
  for (let copy = node.least; copy < (node.most ?? node.least) && to !== null; copy += 1) {
    const body = emit(node.part, to, steps);
    to = body === null ? null : add({ kind: 'split', next: [body, next] });
  }
  for (let copy = 0; copy < node.least && to !== null; copy += 1) {
    const body: number | null = emit(node.part, to, steps);
    // A part that holds nothing adds no step, so only this ends `((){1000}){1000}` early.
    if (body === to) break;
    to = body;
  }
  return to;
};

/** Searches anywhere in the text; `^` and `$` hold a pattern to its ends. */
const run = (steps: readonly Step[], start: number, characters: readonly string[]): boolean => {
  let current = new Set<number>();
  let found = false;
  const enter = (first: number, at: number, into: Set<number>): void => {
    const open = [first];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (into.has(index)) continue;
      into.add(index);
      const step = steps[index];
      if (step?.kind === 'found') found = true;
      else if (step?.kind === 'split') open.push(...step.next);
      else if ((step?.kind === 'start' && at === 0) || (step?.kind === 'end' && at === characters.length)) open.push(step.next);
    }
  };
  for (let at = 0; at <= characters.length; at += 1) {
    enter(start, at, current);
    if (found) return true;
    const following = new Set<number>();
    const character = characters[at];
    if (character === undefined) break;
    for (const index of current) {
      const step = steps[index];
      if (step?.kind === 'character' && step.set(character)) enter(step.next, at + 1, following);
    }
    current = following;
  }
  return found;
};

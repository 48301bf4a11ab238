// What a field takes, in a few words: for the command line and the window.
import type { Field } from '../../agent/protocol/fields.ts';

export const answerKind = ({ type, choices, pattern, least, most }: Field): string =>
  [
    type === 'choice' ? `one of ${(choices ?? []).join(', ')}` : type,
    ...(pattern === undefined ? [] : [`like ${pattern}`]),
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ].join(', ');

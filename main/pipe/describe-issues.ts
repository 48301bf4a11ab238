// Turns zod's issues into one sentence with the place and the reason of each, for a person who typed the input.
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const place = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('') ||
  'the value itself';

/** How far a branch of a union is from what was written: faults of its own shape count, those further inside hardly. */
const distance = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => {
    const inside = 100 ** -Math.max(0, issue.path.length - 1);
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length * (issue.path.length === 0 ? 1 : inside / 100);
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return sum + inside * Math.min(...issue.errors.map(distance));
    return sum + inside;
  }, 0);

/** Of a union, only the branch that its author must have meant. */
const meant = (issue: Issue): readonly Issue[] => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const nearest = issue.errors.toSorted((a, b) => distance(a) - distance(b))[0] ?? [];
  return nearest.flatMap((inner) => meant({ ...inner, path: [...issue.path, ...inner.path] } as Issue));
};

/** `policy.when.all[0].fact: expected string, received number; policy.rank: …` (at most five). */
export const describeIssues = (issues: readonly Issue[]): string =>
  issues
    .flatMap(meant)
    .slice(0, 5)
    .map((issue) => `${place(issue.path)}: ${issue.message.replace(/^Invalid (input|string): /, '')}`)
    .join('; ');

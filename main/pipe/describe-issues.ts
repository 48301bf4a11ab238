// Turns zod's issues into one sentence with the place and the reason of each, for a person who typed the input.
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const place = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('') ||
  'the value itself';

/** For a union, the branch that came furthest says most about what the author meant. */
const deepest = (issue: Issue): readonly Issue[] => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((one) => one.path.length));
  const rank = (issues: readonly Issue[]): number => depth(issues) * 1000 - issues.length;
  const best = issue.errors.toSorted((a, b) => rank(b) - rank(a))[0] ?? [];
  return best.flatMap((inner) => deepest({ ...inner, path: [...issue.path, ...inner.path] } as Issue));
};

/** `policy.when.all[0].fact: expected string; policy.rank: expected number` (at most five). */
export const describeIssues = (issues: readonly Issue[]): string =>
  issues
    .flatMap(deepest)
    .slice(0, 5)
    .map((issue) => `${place(issue.path)}: ${issue.message}`)
    .join('; ');

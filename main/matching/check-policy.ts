// The gate every policy passes when it is saved: what does not parse, names an unknown fact, or compares what cannot be
// compared is refused here with its place and its reason, so that nothing is skipped in silence when a machine is waiting.
import type { z } from 'zod';
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { factTestSchema, policySchema } from '../../preload/contract/policy.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import { OPERATORS, readyTest } from './tests.ts';
import { nearest } from './text.ts';

/** One thing wrong with a policy; `path` as in `when.all[1].fact`. */
type PolicyProblem = { readonly path: string; readonly reason: string };

const DEPTH_MAX = 20;
const TESTS_MAX = 2000;
const SHOWN_MAX = 5;
const GROUPS = ['all', 'any', 'none'] as const;

/** The policy, or `policy.invalid` naming every problem up to the fifth. */
export const checkPolicy = (value: unknown): Result<Policy> => {
  const problems = policyProblems(value);
  if (problems.length === 0) return success(policySchema.parse(value));
  const shown = problems.slice(0, SHOWN_MAX).map(({ path, reason }) => `${path === '' ? 'policy' : path}: ${reason}`);
  const rest = problems.length > SHOWN_MAX ? `; and ${problems.length - SHOWN_MAX} more` : '';
  return failed('policy.invalid', shown.join('; ') + rest, 'Correct these places and save the policy again; nothing was changed.');
};

const policyProblems = (value: unknown): readonly PolicyProblem[] => {
  if (!isRecord(value)) return [{ path: '', reason: 'must be an object' }];
  // The conditions come first: their own walk has a depth limit (a schema would recurse as deep as a hostile file goes)
  // and says more than "invalid union".
  const conditions = 'when' in value ? conditionProblems(value['when']) : [{ path: 'when', reason: 'is missing' }];
  if (conditions.length > 0) return [...conditions, ...schemaProblems({ ...value, when: { all: [] } })];
  const schema = schemaProblems(value);
  return schema.length > 0 ? schema : outcomeProblems(policySchema.parse(value));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const didYouMean = (name: string, known: Iterable<string>): string => {
  const near = nearest(name, known);
  return near === null ? '' : `, did you mean "${near}"`;
};

const schemaProblems = (value: unknown): readonly PolicyProblem[] => {
  const parsed = policySchema.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(issueProblem);
};

const issueProblem = (issue: z.core.$ZodIssue): PolicyProblem => {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return { path: path.replace(/^\./, ''), reason: issue.message };
};

const conditionProblems = (when: unknown): readonly PolicyProblem[] => {
  const problems: PolicyProblem[] = [];
  let tests = 0;
  const walk = (condition: unknown, path: string, depth: number): void => {
    const add = (reason: string, at = path): void => void problems.push({ path: at, reason });
    if (!isRecord(condition)) return add('must be a test or one of all, any, none');
    if (depth > DEPTH_MAX) return add(`is nested more than ${DEPTH_MAX} deep`);
    const groups = GROUPS.filter((name) => name in condition);
    if (groups.length === 0) {
      tests += 1;
      if (tests === TESTS_MAX + 1) add(`is one test more than the ${TESTS_MAX} a policy may hold`);
      if (tests <= TESTS_MAX) problems.push(...testProblems(condition, path));
      return;
    }
    const [name] = groups;
    if (name === undefined || Object.keys(condition).length > 1)
      return add('must hold exactly one of all, any, none and nothing beside it');
    const parts = condition[name];
    if (!Array.isArray(parts)) return add('must be a list of conditions', `${path}.${name}`);
    // `all: []` is the honest way to write "every machine"; the other two are always a slip.
    if (parts.length === 0 && name !== 'all') return add('is empty', `${path}.${name}`);
    if (parts.length > 200) return add('holds more than 200 conditions', `${path}.${name}`);
    for (const [index, part] of parts.entries()) walk(part, `${path}.${name}[${index}]`, depth + 1);
  };
  walk(when, 'when', 0);
  return problems;
};

const testProblems = (test: Readonly<Record<string, unknown>>, path: string): readonly PolicyProblem[] => {
  const fact = test['fact'];
  if (typeof fact !== 'string') return [{ path, reason: 'needs a fact, or one of all, any, none' }];
  const definition = factDefinition(fact);
  if (definition === null) {
    const hint = fact.startsWith('input.') ? ' (input names are a-z, 0-9 and -, at most 40)' : didYouMean(fact, Object.keys(FACTS));
    return [{ path: `${path}.fact`, reason: `unknown fact "${fact}"${hint}` }];
  }
  const keys = Object.keys(test).filter((key) => key !== 'fact');
  const strange = keys.filter((key) => !OPERATORS.some((operator) => operator === key));
  if (strange[0] !== undefined)
    return [{ path: `${path}.${strange[0]}`, reason: `unknown test "${strange[0]}"${didYouMean(strange[0], OPERATORS)}` }];
  const [operator] = keys;
  if (operator === undefined || keys.length > 1) return [{ path, reason: `needs exactly one of ${OPERATORS.join(', ')}` }];
  const parsed = factTestSchema.safeParse(test);
  if (!parsed.success) return [{ path: `${path}.${operator}`, reason: `is not a value that "${operator}" can take` }];
  const ready = readyTest(parsed.data, definition);
  if (ready.ok) return [];
  return [{ path: `${path}.${operator}`, reason: `${ready.failure.message} (${ready.failure.next.replace(/\.$/, '')})` }];
};

const outcomeProblems = ({ outcome }: Policy): readonly PolicyProblem[] => {
  if (outcome.kind === 'deploy-newest' && Object.keys(outcome.labels).length === 0) {
    return [{ path: 'outcome.labels', reason: 'is empty, which would take the newest of all images' }];
  }
  if (outcome.kind !== 'ask') return [];
  return outcome.facts.flatMap((fact, index) =>
    factDefinition(fact) === null
      ? [{ path: `outcome.facts[${index}]`, reason: `unknown fact "${fact}"${didYouMean(fact, Object.keys(FACTS))}` }]
      : [],
  );
};

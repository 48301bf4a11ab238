// The gate every policy passes when it is saved: what does not parse, names an unknown fact, or compares what cannot be
// compared is refused here with its place and its reason, so that nothing is skipped in silence when a machine is waiting.
import { factDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { factTestSchema, outcomeSchema, policySchema } from '../../preload/contract/policy.ts';
import type { Condition, Policy } from '../../preload/contract/policy.ts';
import { contradictions } from './contradictions.ts';
import { fieldProblems } from './field-problems.ts';
import type { KnownRecipe, PolicyProblem } from './policy-problem.ts';
import { neverHolds } from './never-holds.ts';
import { factHint, operandProblem, testHint, withoutFact } from './test-hints.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import { declaredTypes, measureTypeOf } from './declared-types.ts';
import type { DeclaredTypes } from './declared-types.ts';
import type { PolicyEntry } from './ranked.ts';
import { OPERATORS, acceptTest } from './tests.ts';

type Declaration = Pick<Field, 'name' | 'type'>;

const DEPTH_MAX = 20;
const TESTS_MAX = 2000;
const SHOWN_MAX = 5;
const GROUPS = ['all', 'any', 'none'] as const;

/** The policy, or `policy.invalid` naming every problem up to the fifth. */
export const checkPolicy = (value: unknown, recipes: readonly KnownRecipe[] = []): Result<Policy> => {
  const problems = policyProblems(value, recipes);
  if (problems.length === 0) return success(policySchema.parse(value));
  const shown = problems.slice(0, SHOWN_MAX).map(({ path, reason }) => `${path === '' ? 'policy' : path}: ${reason}`);
  const rest = problems.length > SHOWN_MAX ? `; and ${problems.length - SHOWN_MAX} more` : '';
  return failed('policy.invalid', shown.join('; ') + rest, 'Correct these places and save the policy again; nothing was changed.');
};

/** Every problem, in the order of the policy; with `recipes` null any recipe may be named, and what people type be compared as anything. */
export const policyProblems = (value: unknown, recipes: readonly KnownRecipe[] | null): readonly PolicyProblem[] => {
  if (!isRecord(value)) return [{ path: '', reason: 'must be an object: {"name": …, "rank": …, "when": …, "outcome": …, "consent": …}' }];
  // The conditions come first: their own walk has a depth limit (a schema would recurse as deep as a hostile file goes)
  // and says more than "invalid union".
  const conditions =
    'when' in value
      ? conditionProblems(value['when'], declaredFor(value, recipes))
      : [{ path: 'when', reason: 'is missing; for every machine write {"all": []}' }];
  return [...conditions, ...fieldProblems(value, recipes)];
};

/** Names of saved policies that could no longer compare what they compare if these fields were declared so. */
export const brokenBy = (
  before: readonly Declaration[],
  after: readonly Declaration[],
  policies: readonly PolicyEntry[],
): readonly string[] => {
  const [was, becomes] = [declaredTypes(before, policies), declaredTypes(after, policies)];
  const problems = ({ policy }: PolicyEntry, declared: DeclaredTypes): number => conditionProblems(policy.when, declared).length;
  return policies.flatMap((entry) => (problems(entry, becomes) > problems(entry, was) ? [entry.policy.name] : []));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What policies declare by asking for it, as far as they can be read. */
export const declaredIn = (policies: readonly unknown[]): readonly KnownRecipe[] =>
  policies.flatMap((value) => {
    const parsed = isRecord(value) ? outcomeSchema.safeParse(value['outcome']) : null;
    if (parsed?.success !== true || parsed.data.kind !== 'ask') return [];
    return (parsed.data.fields ?? []).map((field) => ({ id: field.name, enabled: true, declares: measureTypeOf(field) }));
  });

/** The station's word goes before the policy's own, which may ask for what it tests. */
const declaredFor = (policy: unknown, known: readonly KnownRecipe[] | null): DeclaredTypes | null =>
  known === null
    ? null
    : new Map([...declaredIn([policy]), ...known].flatMap(({ id, declares }) => (declares === undefined ? [] : [[id, declares] as const])));

const conditionProblems = (when: unknown, declared: DeclaredTypes | null): readonly PolicyProblem[] => {
  const problems: PolicyProblem[] = [];
  let tests = 0;
  const walk = (condition: unknown, path: string, depth: number): void => {
    const add = (reason: string, at = path): void => void problems.push({ path: at, reason });
    if (Array.isArray(condition)) return add('is a list; write {"all": […]} where all must hold, {"any": […]} where one is enough');
    if (!isRecord(condition)) return add('must be a test or one of all, any, none, such as {"fact": "role", "equal": "web"}');
    if (depth > DEPTH_MAX) return add(`is nested more than ${DEPTH_MAX} deep`);
    const groups = GROUPS.filter((name) => name in condition);
    if (groups.length === 0) {
      tests += 1;
      if (tests === TESTS_MAX + 1) add(`is one test more than the ${TESTS_MAX} a policy may hold`);
      if (tests <= TESTS_MAX) problems.push(...testProblems(condition, path, declared));
      return;
    }
    const [name] = groups;
    if (name === undefined || Object.keys(condition).length > 1)
      return add('must hold exactly one of all, any, none and nothing beside it; nest them: {"all": […, {"none": […]}]}');
    const parts = condition[name];
    if (!Array.isArray(parts))
      return add(
        `must be a list of conditions: {"${name}": [${isRecord(parts) ? JSON.stringify(parts).slice(0, 80) : '…'}]}`,
        `${path}.${name}`,
      );
    // `all: []` is the honest way to write "every machine"; the other two are always a slip.
    if (parts.length === 0 && name !== 'all')
      return add(
        name === 'any' ? 'is empty and would never hold; list the conditions' : 'is empty; for every machine write {"all": []}',
        `${path}.${name}`,
      );
    if (parts.length > 200) return add('holds more than 200 conditions', `${path}.${name}`);
    for (const [index, part] of parts.entries()) walk(part, `${path}.${name}[${index}]`, depth + 1);
  };
  walk(when, 'when', 0);
  // Every part was read by now, and no deeper than the limit.
  return problems.length === 0 ? contradictions(when as Condition, 'when') : problems;
};

const testProblems = (test: Readonly<Record<string, unknown>>, path: string, declared: DeclaredTypes | null): readonly PolicyProblem[] => {
  const fact = test['fact'];
  if (typeof fact !== 'string') return [{ path, reason: `needs a fact, or one of all, any, none${withoutFact(test)}` }];
  const definition = factDefinition(fact);
  if (definition === null) {
    const hint = fact.startsWith('input.') ? ' (input names are a-z, 0-9 and -, at most 40)' : factHint(fact);
    return [{ path: `${path}.fact`, reason: `unknown fact "${fact}"${hint}` }];
  }
  const keys = Object.keys(test).filter((key) => key !== 'fact');
  const strange = keys.filter((key) => !OPERATORS.some((operator) => operator === key));
  if (strange[0] !== undefined) return [{ path: `${path}.${strange[0]}`, reason: `unknown test "${strange[0]}"${testHint(strange[0])}` }];
  const [operator] = keys;
  if (operator === undefined || keys.length > 1)
    return [
      {
        path,
        reason: `needs exactly one of ${OPERATORS.join(', ')}${keys.length > 1 ? '; put each into a test of its own within {"all": […]}' : ''}`,
      },
    ];
  const parsed = factTestSchema.safeParse(test);
  if (!parsed.success) return [{ path: `${path}.${operator}`, reason: operandProblem(operator, test[operator]) }];
  const ready = acceptTest(parsed.data, definition, declared);
  const never = ready.ok ? neverHolds(parsed.data, ready.value, definition) : null;
  if (never !== null) return [{ path: `${path}.${operator}`, reason: never }];
  if (ready.ok) return [];
  return [{ path: `${path}.${operator}`, reason: `${ready.failure.message} (${ready.failure.next.replace(/\.$/, '')})` }];
};

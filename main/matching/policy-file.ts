// A set of policies as one readable file: what `rackside policies export` writes, and what a person writes by hand (one policy, or a
// list). It is read whole or not at all, and every problem is told with policy, line, place and reason.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import { declaredIn, policyProblems } from './check-policy.ts';
import type { KnownRecipe } from './policy-problem.ts';
import { parsePlaced } from '../written/json-places.ts';
import type { PlacedJson } from '../written/json-places.ts';

const FORMAT = 'policies/1';
const SHOWN_MAX = 10;
const WIDTH = 120;

type Found = { readonly path: string; readonly value: unknown };

/** Codes: `policy.file-unreadable`, `policy.invalid`. `name` is what people call the file; `recipes` null: any may be named. */
export const readPolicyFile = (text: string, name: string, recipes: readonly KnownRecipe[] | null = null): Result<readonly Policy[]> => {
  const placed = parsePlaced(text);
  if (!placed.ok) return failed('policy.file-unreadable', `${name}, ${placed.failure.message}.`, placed.failure.next);
  const found = policiesIn(placed.value.value);
  if (!found.ok) return failed(found.failure.code, `${name}: ${found.failure.message}`, found.failure.next);
  // One policy of a file may ask for what another one compares.
  const known = recipes === null ? null : [...declaredIn(found.value.map(({ value }) => value)), ...recipes];
  const problems = [
    ...found.value.flatMap(({ path, value }) =>
      policyProblems(value, known).map((problem) => {
        const place = join(path, problem.path);
        return `line ${placed.value.lineOf(place)}${named(value)}, ${problem.path === '' ? 'policy' : problem.path}: ${problem.reason}`;
      }),
    ),
    ...twice(found.value, placed.value),
  ];
  if (problems.length === 0) return success(found.value.map(({ value }) => policySchema.parse(value)));
  const rest = problems.length > SHOWN_MAX ? `\n  and ${problems.length - SHOWN_MAX} more` : '';
  const next = 'Correct these places and give the file again; nothing was changed. See docs/policies.md, or: rackside policies add --help';
  return failed('policy.invalid', `${name} is not taken:\n  ${problems.slice(0, SHOWN_MAX).join('\n  ')}${rest}`, next);
};

const join = (outer: string, inner: string): string =>
  inner === '' || inner.startsWith('[') || outer === '' ? outer + inner : `${outer}.${inner}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameIn = (value: unknown): string | null => (isRecord(value) && typeof value['name'] === 'string' ? value['name'] : null);
const named = (value: unknown): string => {
  const name = nameIn(value);
  return name === null ? '' : `, policy "${name}"`;
};

const policiesIn = (value: unknown): Result<readonly Found[]> => {
  if (Array.isArray(value)) return success(value.map((one: unknown, at) => ({ path: `[${at}]`, value: one })));
  if (!isRecord(value) || !('policies' in value || 'rackside' in value)) return success([{ path: '', value }]);
  const { rackside, policies, ...others } = value;
  const strange = Object.keys(others)[0];
  if (rackside !== FORMAT) {
    const newer = typeof rackside === 'string' && rackside.startsWith('policies/');
    const reason = `"rackside" is ${JSON.stringify(rackside) ?? 'missing'}, and this station reads "${FORMAT}".`;
    return failed(
      'policy.file-unreadable',
      reason,
      newer ? 'Use a newer Rackside here.' : `Write {"rackside": "${FORMAT}", "policies": […]}, or just the list.`,
    );
  }
  if (strange !== undefined || !Array.isArray(policies))
    return failed(
      'policy.file-unreadable',
      strange === undefined ? '"policies" is not a list.' : `"${strange}" beside "policies" is not known.`,
      `Write {"rackside": "${FORMAT}", "policies": […]}, or just the list.`,
    );
  return success(policies.map((one: unknown, at) => ({ path: `policies[${at}]`, value: one })));
};

const twice = (found: readonly Found[], { lineOf }: PlacedJson): readonly string[] => {
  const lines = new Map<string, number>();
  return found.flatMap(({ path, value }) => {
    const name = nameIn(value);
    if (name === null) return [];
    const line = lineOf(join(path, 'name'));
    const before = lines.get(name);
    if (before === undefined) lines.set(name, line);
    return before === undefined ? [] : [`line ${line}, policy "${name}", name: stands on line ${before} already; names are unique`];
  });
};

/** In the order of rank and name, fields in the order of docs/policies.md: the same set is the same file, byte for byte. */
export const writePolicyFile = (policies: readonly Policy[]): string => {
  const sorted = policies.toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  return `${pretty({ rackside: FORMAT, policies: sorted.map(inOrder) }, '')}\n`;
};

const inOrder = ({ name, rank, when, outcome, consent, limit, whenUnknown, replaceExisting, note }: Policy): unknown => ({
  name,
  rank,
  ...(note === '' ? {} : { note }),
  when,
  outcome,
  consent,
  ...(limit === null ? {} : { limit }),
  ...(whenUnknown === 'ask' ? {} : { whenUnknown }),
  ...(replaceExisting ? { replaceExisting } : {}),
});

/** What fits on a line stands on one, save for policies and lists of them. */
const pretty = (value: unknown, indent: string): string => {
  const line = spaced(value);
  const isSmall = line.length + indent.length <= WIDTH && !(isRecord(value) && ('rank' in value || 'policies' in value));
  if (typeof value !== 'object' || value === null || (isSmall && !(indent === '  ' && Array.isArray(value)))) return line;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((one: unknown) => inner + pretty(one, inner))
    : Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${pretty(one, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? open + close : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
};

const spaced = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
};

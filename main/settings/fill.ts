// `${fact}` in a text becomes the machine's own value; `$${` stays `${`. Strict: a name that no machine can have, or that this one
// has not, is named instead of being left empty.
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { nearest } from '../matching/text.ts';

/** `open`: facts were asked for and nobody looked yet (a policy is being saved). */
export type Filled = { readonly text: string; readonly open: boolean };
export type FillProblem =
  | { readonly kind: 'unknown'; readonly name: string; readonly hint: string }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'unsafe'; readonly name: string };

/** Null: only whether the names are facts at all. */
export type FactSource = ReadonlyMap<string, Fact> | null;

export const factSource = (facts: readonly Fact[]): ReadonlyMap<string, Fact> =>
  new Map(facts.filter(({ filler }) => !filler).map((fact) => [fact.name, fact]));

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;

export const fill = (text: string, facts: FactSource): Filled | FillProblem => {
  let open = false;
  let problem: FillProblem | null = null;
  const filled = text.replace(REFERENCE, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const name = inner.trim();
    const value = valueFor(name, facts);
    if (typeof value === 'string') return value;
    if (value === null) open = true;
    else problem ??= value;
    return whole;
  });
  return problem ?? { text: filled, open };
};

const valueFor = (name: string, facts: FactSource): string | null | FillProblem => {
  if (factDefinition(name) === null) return { kind: 'unknown', name, hint: hintFor(name) };
  if (facts === null) return null;
  const fact = facts.get(name);
  if (fact === undefined) return { kind: 'missing', name };
  const value = Array.isArray(fact.value) ? fact.value.join(',') : String(fact.value);
  // A line end would let a machine's asset tag write lines of its own into a configuration.
  return /\p{Cc}/u.test(value) ? { kind: 'unsafe', name } : value;
};

const hintFor = (name: string): string => {
  if (/^[A-Z_0-9]+$/.test(name)) return `; for a variable of a script write $\${${name}}`;
  const near = nearest(name, Object.keys(FACTS));
  if (near !== null) return `, did you mean "${near}"`;
  return /^[a-z0-9-]{1,40}$/.test(name) ? `; a field of your own is input.${name}` : '';
};

// Facts in the texts of recipes: `{{fact:NAME}}` becomes the value, `{{json:NAME}}` the same as JSON (which YAML reads as well), quotes and
// all. Other braces are left as they are: cloud-init, preseed and shells have their own. Pure.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FactValue } from '../../agent/protocol/facts.ts';

const PLACE = /\{\{(fact|json|station):([A-Za-z0-9.-]{1,64})\}\}/g;

export type TemplateValues = {
  readonly facts: ReadonlyMap<string, FactValue>;
  /** Of this station and this job, where a recipe may name them. */
  readonly station?: Readonly<Record<string, string>>;
};

/** The facts that a text names, each once. */
export const factsIn = (text: string): readonly string[] => namesIn(text, ['fact', 'json']);
export const stationNamesIn = (text: string): readonly string[] => namesIn(text, ['station']);
const namesIn = (text: string, kinds: readonly string[]): readonly string[] => [
  ...new Set([...text.matchAll(PLACE)].flatMap(([, kind = '', name = '']) => (kinds.includes(kind) ? [name] : []))),
];

/** Line ends and other control characters; YAML 1.1, which cloud-init reads, ends lines at the separators of Unicode too. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * The text for one machine. Codes: `recipe.fact-missing`, and `recipe.fact-unfit` for a value with line ends or other control characters:
 * it could say more in an answer file than its place was meant for.
 */
export const fillTemplate = (text: string, { facts, station = {} }: TemplateValues): Result<string> => {
  const missing = factsIn(text).filter((name) => !facts.has(name));
  if (missing.length > 0)
    return failed(
      'recipe.fact-missing',
      `The recipe needs ${missing.join(', ')} of this machine, and nobody knows it.`,
      'Enter the fact for the machine, or take it out of the recipe.',
    );
  const unfit = factsIn(text).find((name) => UNFIT.test(plain(facts.get(name))));
  if (unfit !== undefined)
    return failed('recipe.fact-unfit', `The value of ${unfit} has line ends or control characters.`, 'Correct the fact for the machine.');
  return success(
    text.replaceAll(PLACE, (_place, kind: string, name: string) => {
      if (kind === 'station') return station[name] ?? '';
      const value = facts.get(name);
      return kind === 'json' ? JSON.stringify(value) : plain(value);
    }),
  );
};

const plain = (value: FactValue | undefined): string => (Array.isArray(value) ? value.join(',') : String(value ?? ''));

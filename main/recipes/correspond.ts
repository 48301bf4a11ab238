// Which image corresponds to a machine (docs/recipes.md): one that the same version of the recipe built for a machine with the same
// values of its `matchOn` facts. Pure.
import { canonicalBytes } from '../../agent/image/canonical-json.ts';
import type { Fact, FactValue } from '../../agent/protocol/facts.ts';
import type { Recipe } from '../../preload/contract/recipe.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import { foldText } from '../matching/text.ts';

/** As an image's manifest carries it. */
export type RecipeKey = { readonly id: string; readonly version: string; readonly matchOn: Readonly<Record<string, FactValue>> };

/** Without filler, which is no fact. */
export const knownFacts = (facts: readonly Fact[]): ReadonlyMap<string, FactValue> =>
  new Map(facts.filter(({ filler }) => !filler).map(({ name, value }) => [name, value]));

/** The key of a machine, or the facts that are missing for it. A filler value says nothing, and so is missing. */
export const keyOf = (
  { id, version, matchOn }: Pick<Recipe, 'id' | 'version' | 'matchOn'>,
  facts: readonly Fact[],
): { readonly key: RecipeKey } | { readonly missing: readonly string[] } => {
  const known = knownFacts(facts);
  const missing = matchOn.filter((name) => !known.has(name));
  if (missing.length > 0) return { missing };
  const values = matchOn.flatMap((name) => {
    const value = known.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { key: { id, version: String(version), matchOn: Object.fromEntries(values) } };
};

/** Values are compared as policies compare them: texts folded, lists without regard to their order. */
const folded = (value: unknown): unknown => {
  if (typeof value === 'string') return foldText(value);
  if (Array.isArray(value)) return value.map(folded).toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
  return value;
};

type AnyKey = { readonly id: string; readonly version: string; readonly matchOn: Readonly<Record<string, unknown>> };

export const sameKey = (a: AnyKey, b: AnyKey): boolean => {
  const text = ({ id, version, matchOn }: AnyKey): string =>
    Buffer.from(
      canonicalBytes([id, version, Object.fromEntries(Object.entries(matchOn).map(([name, value]) => [name, folded(value)]))]),
    ).toString();
  return text(a) === text(b);
};

/**
 * The corresponding image. Content has one manifest: what was built again under another key is known by `built`, this station's own jobs. All of one key are as good; what the machine has already (`onDisk`, by trusted records) is never built or
 * written again, and else the highest revision counts, and of equal ones the lowest OSOID, so that every station chooses alike.
 */
export const corresponding = <T extends Pick<ImageView, 'osoid' | 'revision' | 'trust' | 'recipe'>>(
  images: readonly T[],
  key: RecipeKey,
  onDisk: readonly string[],
  built: readonly { readonly key: RecipeKey; readonly osoid: string }[],
): T | null => {
  const builtHere = new Set(built.filter((one) => sameKey(one.key, key)).map(({ osoid }) => osoid));
  const fitting = images.filter(
    ({ osoid, trust, recipe }) => trust === 'trusted' && (builtHere.has(osoid) || (recipe !== undefined && sameKey(recipe, key))),
  );
  const best = fitting.toSorted((a, b) => b.revision - a.revision || (a.osoid < b.osoid ? -1 : 1))[0] ?? null;
  return fitting.find(({ osoid }) => onDisk.includes(osoid)) ?? best;
};

const NAME_MOST = 120;

/** What an image of this key is called: a line of its own, so that images for different machines are no revisions of each other. */
export const imageNameOf = ({ image }: Pick<Recipe, 'image'>, { matchOn }: RecipeKey): string => {
  const values = Object.values(matchOn).map((value) => (Array.isArray(value) ? value.join('+') : String(value)));
  return `${image.name}${values.length === 0 ? '' : ` (${values.join(', ')})`}`.slice(0, NAME_MOST);
};

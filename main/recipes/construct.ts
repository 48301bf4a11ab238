// What a construction does: gathers what its recipe wants and hands it to the library's composer, or runs the recipe's command and imports
// what that left. Either way the image is stored with the facts, the recipe and the values that made it.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { ComposeRecipe } from '../../preload/contract/recipe.ts';
import type { Catalogue } from '../library/catalogue.ts';
import { composeImage } from '../library/compose-image.ts';
import type { Library } from '../library/library.ts';
import { newest } from '../matching/newest.ts';
import type { ConstructWork } from './constructions.ts';
import { knownFacts } from './correspond.ts';
import type { RecipeKey } from './correspond.ts';
import { constructByCommand } from './construct-by-command.ts';
import { diskWishOf } from './compose-wish.ts';
import type { Recipes } from './recipes.ts';

export type ConstructOptions = {
  readonly library: Library;
  readonly catalogue: Catalogue;
  /** Of this computer; swept when the station starts. */
  readonly scratchFolder: string;
  readonly now: () => number;
};

export const constructWork =
  (options: ConstructOptions): ConstructWork =>
  async (wish, run) => {
    const { library, catalogue } = options;
    const { recipe } = wish.entry;
    const facts = knownFacts(wish.facts);
    const line = catalogue.images().filter(({ name }) => name === wish.imageName);
    const labels = {
      name: wish.imageName,
      revision: Math.max(0, ...line.map(({ revision }) => revision)) + 1,
      labels: Object.entries(recipe.image.labels).map(([key, value]) => `${key}=${value}`),
      notes: recipe.note,
      createdAt: new Date(options.now()).toISOString(),
      facts: Object.fromEntries(facts),
      boot: null,
      recipe: wish.key,
    };
    const made = await (async (): Promise<Result<{ readonly osoid: string }>> => {
      if (recipe.kind === 'command') return constructByCommand({ ...options, recipe, facts, labels, ...run });
      if (recipe.kind !== 'compose') throw new Error(`recipe ${recipe.id} is not for the station`);
      const base = baseOf(recipe, catalogue.images());
      if (!base.ok) return base;
      run.onLine(`base image "${base.value.name}" r${base.value.revision} (${base.value.osoid.slice(0, 12)})`);
      const disk = await diskWishOf(recipe, {
        facts,
        library,
        signal: run.signal,
        seed: seedOf(wish.entry.sha256, base.value.osoid, wish.key),
      });
      if (!disk.ok) return disk;
      const { osoid } = base.value;
      return composeImage({ library, baseOsoid: osoid, wish: disk.value, labels: { ...labels, parent: osoid }, signal: run.signal });
    })();
    if (!made.ok) return made;
    // It exists by now, whether the list can be read again or not.
    await catalogue.refresh();
    return success({ osoid: made.value.osoid });
  };

const seedOf = (recipeSha256: string, baseOsoid: string, { matchOn }: RecipeKey): string =>
  JSON.stringify([recipeSha256, baseOsoid, Object.entries(matchOn).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

type Images = ReturnType<Catalogue['images']>;

/** Codes: `compose.base-missing`, `compose.base-ambiguous`. */
const baseOf = ({ id, base }: ComposeRecipe, images: Images): Result<Images[number]> => {
  if ('osoid' in base) {
    const image = images.find(({ osoid, trust }) => osoid === base.osoid && trust === 'trusted');
    return image === undefined ? baseMissing(id, base.osoid.slice(0, 16)) : success(image);
  }
  const found = newest(images, base.labels);
  const words = Object.entries(base.labels).map(([key, value]) => `${key}=${value}`);
  if (found.kind === 'found') return success(found.image);
  if (found.kind === 'none') return baseMissing(id, `with ${words.join(' ')}`);
  return failed(
    'compose.base-ambiguous',
    `Which image recipe "${id}" is to be made from is not clear: ${found.reason} (${words.join(' ')}).`,
    'Name its OSOID in the recipe, and give it a higher version.',
  );
};

const baseMissing = (id: string, which: string): ReturnType<typeof failed> =>
  failed(
    BASE_MISSING,
    `The base image of recipe "${id}" (${which}) is not in the library, or not trusted.`,
    'Import it, or plug in the library that has it.',
  );
const BASE_MISSING = 'compose.base-missing';

/** The base has come since: nobody has to say so. */
export const baseHasCome =
  (catalogue: Pick<Catalogue, 'images'>, recipes: Pick<Recipes, 'current'>) =>
  (failure: Failure, { key }: { readonly key: RecipeKey }): boolean => {
    if (failure.code !== BASE_MISSING) return false;
    const recipe = recipes.current(key.id)?.recipe;
    return recipe?.kind === 'compose' && String(recipe.version) === key.version && baseOf(recipe, catalogue.images()).ok;
  };

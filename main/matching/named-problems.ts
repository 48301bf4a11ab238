// Recipes and image sets that a policy names: only those that are here and on can be decided by.
import type { Policy } from '../../preload/contract/policy.ts';
import type { KnownRecipe, PolicyProblem } from './policy-problem.ts';
import { didYouMean } from './text.ts';

/** What may be named, or where it comes from. */
const listed = (what: 'recipes' | 'sets', known: readonly KnownRecipe[]): string => {
  const add = `rackside ${what} add ${what === 'recipes' ? 'FOLDER' : 'FILE'}`;
  return known.length === 0
    ? `; there is none yet: ${add}`
    : `; there are ${known
        .slice(0, 8)
        .map(({ id }) => id)
        .join(', ')}${known.length > 8 ? ' …' : ''}, others come with: ${add}`;
};

export const setProblems = (
  { set: name, member }: Extract<Policy['outcome'], { kind: 'set' }>,
  known: readonly KnownRecipe[],
): readonly PolicyProblem[] => {
  const sets = known.filter(({ set }) => set !== undefined);
  const found = sets.find(({ id }) => id === name);
  if (found === undefined) {
    const near = didYouMean(
      name,
      sets.map(({ id }) => id),
    );
    return [{ path: 'outcome.set', reason: `unknown image set "${name}"${near}${listed('sets', sets)}` }];
  }
  if (!found.enabled)
    return [{ path: 'outcome.set', reason: `image set "${name}" is switched off; switch it on with: rackside sets enable ${name}` }];
  const members = found.set ?? [];
  if (member === undefined || members.includes(member)) return [];
  return [
    {
      path: 'outcome.member',
      reason: `set "${name}" has no member "${member}"${didYouMean(member, members)}; there are ${members.join(', ')}`,
    },
  ];
};

export const recipeProblems = (id: string, known: readonly KnownRecipe[]): readonly PolicyProblem[] => {
  const recipes = known.filter(({ set, declares }) => set === undefined && declares === undefined);
  const found = recipes.find((recipe) => recipe.id === id);
  if (found?.enabled === true) return [];
  const near = didYouMean(
    id,
    recipes.map((recipe) => recipe.id),
  );
  const reason =
    found === undefined
      ? `unknown recipe "${id}"${near}${listed('recipes', recipes)}`
      : `recipe "${id}" is switched off; switch it on with: rackside recipes enable ${id}`;
  return [{ path: 'outcome.recipe', reason }];
};

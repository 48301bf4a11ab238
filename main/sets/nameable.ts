// What a policy may name: recipes, image sets with their members, and what people are asked with the type that a field declares.
import type { Field } from '../../agent/protocol/fields.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import { declaredTypes } from '../matching/declared-types.ts';
import type { PolicyEntry } from '../matching/ranked.ts';
import type { KnownRecipe } from '../matching/policy-problem.ts';

export const nameable = (
  recipes: readonly RecipeView[],
  sets: readonly SetView[],
  fields: readonly Pick<Field, 'name' | 'type'>[],
  policies: readonly Pick<PolicyEntry, 'policy'>[],
): readonly KnownRecipe[] => [
  ...[...declaredTypes(fields, policies)].map(([id, declares]) => ({ id, enabled: true, declares })),
  ...recipes.map(({ recipe, enabled }) => ({ id: recipe.id, enabled })),
  ...sets.map(({ set, enabled }) => ({ id: set.name, enabled, set: set.members.map(({ name }) => name) })),
];

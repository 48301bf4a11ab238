// What decides about machines, as people wrote it: recipes, the station's fields, image sets and policies. Any change of them has every
// machine that waits judged anew.
import { createPolicies } from '../database/policies.ts';
import type { Policies } from '../database/policies.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { createStationFields } from '../fields/fields.ts';
import type { StationFields } from '../fields/fields.ts';
import { createRecipes } from '../recipes/recipes.ts';
import type { Recipes } from '../recipes/recipes.ts';
import { nameable } from '../sets/nameable.ts';
import { createImageSets } from '../sets/sets.ts';
import type { ImageSets } from '../sets/sets.ts';
import type { StationOptions } from './options.ts';

export type Rules = {
  readonly recipes: Recipes;
  readonly fields: StationFields;
  readonly sets: ImageSets;
  readonly policies: Policies;
};

export type RulesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly publish: StationOptions['publish'];
  readonly onChange: () => void;
  /** What travels with the library changed: recipes or policies. */
  readonly onTravel: () => void;
};

export const createRules = ({ publish, onChange, onTravel, ...shared }: RulesOptions): Rules => {
  const recipes = createRecipes({
    ...shared,
    onChange: () => {
      publish({ name: 'recipes.changed', payload: [...recipes.list()] });
      onChange();
      onTravel();
    },
  });
  const fields = createStationFields({
    ...shared,
    onChange: (list) => {
      publish({ name: 'fields.changed', payload: [...list] });
      onChange();
    },
  });
  const sets = createImageSets({
    ...shared,
    onChange: (list) => {
      publish({ name: 'sets.changed', payload: [...list] });
      onChange();
    },
  });
  const policies: Policies = createPolicies({
    ...shared,
    recipes: () =>
      nameable(
        recipes.list(),
        sets.list(),
        fields.list().map(({ field }) => field),
        policies.entries(),
      ),
    onChange: (list) => {
      publish({ name: 'policies.changed', payload: [...list] });
      onChange();
      onTravel();
    },
  });
  return { recipes, fields, sets, policies };
};

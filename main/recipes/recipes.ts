// Recipes as this station has them: added by a person here, and so switched on; every version is kept, because a job may still be at
// work with an older one.
import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../agent/image/canonical-json.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { recipeSchema } from '../../preload/contract/recipe.ts';
import type { Recipe, RecipeView } from '../../preload/contract/recipe.ts';
import { needsOf } from '../library/document-needs.ts';
import type { Database } from '../database/open.ts';

export type Recipes = {
  /** The highest version of each, by id. */
  list(): readonly RecipeView[];
  /** The highest version; null where there is no such recipe. */
  current(id: string): RecipeView | null;
  /** Any version by its hash: what a job was ordered with. */
  bySha256(sha256: string): RecipeView | null;
  /** The same again is no failure. Codes: `recipe.version-taken`, `recipe.version-old`. */
  add(recipe: Recipe, addedBy: string): Result<RecipeView>;
  enable(id: string, enabled: boolean): Result<RecipeView>;
  remove(id: string): Result<null>;
  /** Payload files of every version. */
  payloads(): ReadonlySet<string>;
};

type Row = { sha256: string; recipe_json: string; enabled: number; added_at_ms: number; added_by: string };

const sha256Of = (recipe: Recipe): string => createHash('sha256').update(canonicalBytes(recipe)).digest('hex');

export const createRecipes = ({ database, now, onChange }: RecipesOptions): Recipes => {
  const select = database.prepare<[], Row>('SELECT sha256, recipe_json, enabled, added_at_ms, added_by FROM recipe ORDER BY id, version');
  const insert = database.prepare(
    'INSERT INTO recipe(id, version, sha256, recipe_json, enabled, added_at_ms, added_by) VALUES (?, ?, ?, ?, 1, ?, ?)',
  );
  const enable = database.prepare('UPDATE recipe SET enabled = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM recipe WHERE id = ?');

  // Kept parsed: every decision asks for them.
  let all: readonly RecipeView[] = [];
  const reload = (): void => {
    all = select.all().map((row) => ({
      recipe: recipeSchema.parse(JSON.parse(row.recipe_json)),
      sha256: row.sha256,
      enabled: row.enabled === 1,
      addedAtMs: row.added_at_ms,
      addedBy: row.added_by,
    }));
  };
  reload();
  const current = (id: string): RecipeView | null => all.findLast(({ recipe }) => recipe.id === id) ?? null;
  const unknown = (id: string) => failed('recipe.unknown', `There is no recipe "${id}".`, 'Look at the list of recipes; ids are exact.');
  const changed = (id: string): Result<RecipeView> => {
    reload();
    onChange();
    const entry = current(id);
    return entry === null ? unknown(id) : success(entry);
  };

  return {
    list: () => all.filter((entry) => current(entry.recipe.id) === entry),
    current,
    payloads: () => new Set(all.flatMap(({ recipe }) => needsOf(recipe).payloads.map(({ sha256 }) => sha256))),
    bySha256: (sha256) => all.find((entry) => entry.sha256 === sha256) ?? null,
    add: (recipe, addedBy) => {
      const sha256 = sha256Of(recipe);
      const { id, version } = recipe;
      const known = current(id);
      if (known?.sha256 === sha256) return success(known);
      if (all.some((entry) => entry.recipe.id === id && entry.recipe.version === version))
        return failed(
          'recipe.version-taken',
          `Recipe "${id}" has a version ${version} already, with other content.`,
          `Give it the version ${(known?.recipe.version ?? version) + 1}: images tell by it what they were built with.`,
        );
      if (known !== null && version < known.recipe.version)
        return failed(
          'recipe.version-old',
          `Recipe "${id}" is here in version ${known.recipe.version}; version ${version} would never be used.`,
          `Give it the version ${known.recipe.version + 1}.`,
        );
      insert.run(id, version, sha256, JSON.stringify(recipe), now(), addedBy);
      enable.run(1, id);
      return changed(id);
    },
    enable: (id, enabled) => (enable.run(enabled ? 1 : 0, id).changes === 0 ? unknown(id) : changed(id)),
    remove: (id) => {
      if (remove.run(id).changes === 0) return unknown(id);
      reload();
      onChange();
      return success(null);
    },
  };
};

type RecipesOptions = { readonly database: Database; readonly now: () => number; readonly onChange: () => void };

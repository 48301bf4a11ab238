// What the library has of a set's member, and for which machines. Pure.
import { builtBy } from '../recipes/recipe-rows.ts';
import type { SetMember } from '../../../preload/contract/image-set.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

export type Stock = {
  readonly kind: 'there' | 'missing' | 'tie' | 'unbuilt' | 'no-recipe' | 'recipe-off';
  readonly images: readonly ImageView[];
};

/** By the station's own rule (main/matching/newest.ts), as far as a window can tell: the station decides when a machine asks. */
const byLabels = (labels: Readonly<Record<string, string>>, images: readonly ImageView[]): Stock => {
  const fold = (text: string): string => text.trim().toLowerCase();
  const fitting = images.filter(
    (image) =>
      image.trust === 'trusted' &&
      Object.entries(labels).every(([key, value]) => Object.hasOwn(image.labels, key) && fold(image.labels[key] ?? '') === fold(value)),
  );
  if (fitting.length === 0) return { kind: 'missing', images: [] };
  if (new Set(fitting.map(({ name }) => fold(name))).size > 1) return { kind: 'tie', images: fitting };
  const revision = Math.max(...fitting.map((image) => image.revision));
  const newest = fitting.filter((image) => image.revision === revision);
  return { kind: newest.length > 1 ? 'tie' : 'there', images: newest };
};

const byRecipe = (id: string, images: readonly ImageView[], recipes: readonly RecipeView[]): Stock => {
  const view = recipes.find(({ recipe }) => recipe.id === id);
  if (view === undefined) return { kind: 'no-recipe', images: [] };
  const built = builtBy(id, images).filter((image) => image.trust === 'trusted' && image.recipe?.version === String(view.recipe.version));
  if (built.length > 0) return { kind: 'there', images: built };
  return { kind: view.enabled ? 'unbuilt' : 'recipe-off', images: [] };
};

export const stockOf = (member: SetMember, images: readonly ImageView[], recipes: readonly RecipeView[]): Stock => {
  if ('labels' in member) return byLabels(member.labels, images);
  if ('recipe' in member) return byRecipe(member.recipe, images, recipes);
  const image = images.find(({ osoid }) => osoid === member.osoid);
  return image === undefined ? { kind: 'missing', images: [] } : { kind: 'there', images: [image] };
};

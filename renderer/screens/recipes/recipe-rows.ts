// What other lists of the station say of a recipe. Pure.
import type { ImageView, PolicyView } from '../../../preload/contract/views.ts';

/** Images that any version of the recipe built, the newest version first. */
export const builtBy = (id: string, images: Iterable<ImageView>): readonly ImageView[] =>
  [...images]
    .filter((image) => image.recipe?.id === id)
    .toSorted(
      (a, b) =>
        Number(b.recipe?.version ?? 0) - Number(a.recipe?.version ?? 0) || a.name.localeCompare(b.name, 'en') || b.revision - a.revision,
    );

/** Names of the policies whose outcome is to build by it. */
export const policiesOf = (id: string, policies: readonly Pick<PolicyView, 'policy'>[]): readonly string[] =>
  policies.flatMap(({ policy }) => (policy.outcome.kind === 'build' && policy.outcome.recipe === id ? [policy.name] : []));

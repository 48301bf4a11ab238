// What is wrong with a policy and where, and what it may name: shared by all that check one.
import type { MeasureType } from './declared-types.ts';

/** One thing wrong with a policy; `path` as in `when.all[1].fact`. */
export type PolicyProblem = { readonly path: string; readonly reason: string };

/**
 * Policies may only name recipes, and image sets with their members, that are here and on; and they compare what people type only as
 * a field declares it.
 */
export type KnownRecipe = {
  readonly id: string;
  readonly enabled: boolean;
  readonly set?: readonly string[];
  readonly declares?: MeasureType | null;
};

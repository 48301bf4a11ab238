// What a decision can come to (decide.ts makes it), for every step that goes on from it.
import type { DiskHint } from '../../agent/protocol/decision.ts';
import type { ImageSet } from '../../preload/contract/image-set.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import type { ImageView, MachineState, Question } from '../../preload/contract/views.ts';
import type { NewestCandidate } from '../matching/newest.ts';
import type { RecipeKey } from '../recipes/correspond.ts';
import type { Rendered } from '../settings/render.ts';
import type { DeployWish } from './override-rows.ts';

export type LibraryImage = ImageView & NewestCandidate;

/** Where a decision stands within a set. */
export type DecidedSet = {
  readonly set: ImageSet;
  readonly final: string;
  /** From 1. */
  readonly number: number;
  readonly isFinal: boolean;
  /** What else of the set would erase this disk after this, in words; and by which recipes. */
  readonly after: readonly string[];
  readonly recipes: readonly string[];
  /** The image that it ends on, where it is there already. */
  readonly finalOsoid: string | null;
};

/** The policy that decided; null when a person did. */
export type DecidedBy = {
  readonly name: string;
  readonly consent: 'ask' | 'auto';
  readonly replaceExisting: boolean;
  readonly isNewest: boolean;
} | null;

export type Decided = DecidedAlone & {
  /** Where it stands within an image set. */
  readonly set?: DecidedSet;
};

type DecidedAlone =
  /** Let the agent hold this image against its own disks: it may be there already. */
  | {
      readonly kind: 'assess';
      readonly image: LibraryImage;
      readonly diskHint: DiskHint;
      readonly rewrite: boolean;
      readonly by: DecidedBy;
      readonly wish: DeployWish;
      /** The settings of the wish, filled in for this machine; null where there are none. */
      readonly settings: Rendered | null;
    }
  /** No image corresponds, and no other machine builds one: let the agent say which disk it could be built on. */
  | { readonly kind: 'build'; readonly entry: RecipeView; readonly key: RecipeKey; readonly by: NonNullable<DecidedBy> }
  /** No image corresponds: the station makes it, while the machine waits. */
  | { readonly kind: 'construct'; readonly entry: RecipeView; readonly key: RecipeKey; readonly by: NonNullable<DecidedBy> }
  | { readonly kind: 'boot-local'; readonly policy: string }
  | {
      readonly kind: 'hold';
      readonly state: Extract<MachineState, 'unmatched' | 'ambiguous' | 'waiting' | 'failed'>;
      readonly question: Question;
    };

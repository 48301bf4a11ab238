// What of a recipe travels to the machine that builds by it.
import { z } from 'zod';
import { sha256Schema } from './disk.ts';

export const recipeIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'must be kebab case: a-z, 0-9 and -, at most 80');

/** It travels in a signed order. */
export const SCRIPT_MOST_BYTES = 64 * 1024;

export const recipePayloadSchema = z.strictObject({
  /** Of the file that the script finds. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be a plain file name: letters, digits, dot, - and _'),
  sha256: sha256Schema,
  sizeBytes: z.number().int().nonnegative(),
});
export type RecipePayload = Readonly<z.infer<typeof recipePayloadSchema>>;

/** Which recipe, to the last byte: what a consent to build is bound to. */
export const recipeRefSchema = z.object({
  id: recipeIdSchema,
  version: z.number().int().positive(),
  name: z.string().max(120),
  /** Of the whole recipe. */
  sha256: sha256Schema,
});

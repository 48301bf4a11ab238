// The one shape of *normal-life* failure that crosses every edge: a stable code, a sentence for a person, a next step.
// Bugs are thrown instead (docs/adr/0002).
import { z } from 'zod';
import type { Failure } from './result.ts';

export const failureSchema = z.object({
  /** `area.reason` in kebab case, stable across versions, e.g. `disk.too-small`. */
  code: z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/),
  /** One plain sentence: what happened. */
  message: z.string(),
  /** One plain sentence: what to do next. */
  next: z.string(),
}) satisfies z.ZodType<Failure>;

export { failed, success } from './result.ts';
export type { Failure, Result } from './result.ts';

/** Closes a `switch` over a union: a new member then fails to compile instead of falling through. */
export const assertNever = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};

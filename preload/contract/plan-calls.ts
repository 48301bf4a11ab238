// The calls about a site's plan; part of calls.ts.
import { z } from 'zod';
import { planImportSchema, sitePlanViewSchema } from './plan-views.ts';

/** What one call carries, characters: 10 000 machines with a few columns, or 5 000 with a dozen. */
export const PLAN_TEXT_MOST = 900_000;

const none = z.strictObject({});

export const PLAN_CALLS = {
  /** Null: the site has no plan. */
  'plan.get': { argument: none, answer: sitePlanViewSchema.nullable() },
  /** The file's text. A plan that is there is replaced only with `replace`; the difference is told either way. */
  'plan.import': {
    argument: z.strictObject({ name: z.string().min(1).max(120), text: z.string().max(PLAN_TEXT_MOST), replace: z.boolean() }),
    answer: planImportSchema,
  },
  'plan.clear': { argument: none, answer: z.null() },
} as const;

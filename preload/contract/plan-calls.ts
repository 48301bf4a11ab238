// The calls about a site's plan; part of calls.ts.
import { z } from 'zod';
import { planImportSchema, sitePlanViewSchema } from './plan-views.ts';

/** Longest plan, characters: 10 000 machines with all columns there are. */
export const PLAN_TEXT_MOST = 4_000_000;

const none = z.strictObject({});

export const PLAN_CALLS = {
  /** Null: the site has no plan. */
  'plan.get': { argument: none, answer: sitePlanViewSchema.nullable() },
  /**
   * The file's text, or a file on the station's disk where that does not fit into a frame. A plan that is there is replaced only with
   * `replace`; the difference is told either way.
   */
  'plan.import': {
    argument: z.union([
      z.strictObject({ name: z.string().min(1).max(120), text: z.string().max(PLAN_TEXT_MOST), replace: z.boolean() }),
      z.strictObject({ name: z.string().min(1).max(120), path: z.string().min(1).max(4096), replace: z.boolean() }),
    ]),
    answer: planImportSchema,
  },
  'plan.clear': { argument: none, answer: z.null() },
} as const;

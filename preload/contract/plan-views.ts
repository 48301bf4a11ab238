// What a window is shown of a site's plan. Read-only copies, like all views.
import { z } from 'zod';
import { factValueSchema } from '../../agent/protocol/facts.ts';
import { machineStateSchema } from './views.ts';

export const sitePlanViewSchema = z.object({
  siteName: z.string(),
  /** Of the file. */
  name: z.string(),
  importedAtMs: z.number().int(),
  operator: z.string(),
  columns: z.array(z.string()),
  counts: z.object({
    expected: z.number().int(),
    seen: z.number().int(),
    missing: z.number().int(),
    conflicts: z.number().int(),
    unexpected: z.number().int(),
  }),
  rows: z.array(
    z.object({
      /** In the file. */
      line: z.number().int(),
      keys: z.object({
        serial: z.string().optional(),
        mac: z.string().optional(),
        slot: z.string().optional(),
        enclosure: z.string().optional(),
      }),
      facts: z.array(z.object({ name: z.string(), value: factValueSchema })),
      state: z.enum(['seen', 'missing', 'conflict']),
      machine: z.object({ id: z.string(), name: z.string(), state: machineStateSchema }).nullable(),
      conflict: z.string().nullable(),
      /** Where the machine is not what the row says. */
      differences: z.array(z.object({ fact: z.string(), expected: factValueSchema, seen: factValueSchema })),
    }),
  ),
  /** Machines that no row names. */
  unexpected: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type SitePlanView = z.infer<typeof sitePlanViewSchema>;

const planDifferenceSchema = z.object({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(
    z.object({ machine: z.string(), column: z.string(), before: factValueSchema.nullable(), after: factValueSchema.nullable() }),
  ),
});
export type PlanDifference = z.infer<typeof planDifferenceSchema>;

/** `applied` false: another plan is there; the difference is told, and nothing was changed. */
export const planImportSchema = z.object({ applied: z.boolean(), difference: planDifferenceSchema, plan: sitePlanViewSchema.nullable() });
export type PlanImport = z.infer<typeof planImportSchema>;

// Is everything for this site on this disk? One item for each thing that is needed, with its state and what to do.
import { z } from 'zod';
import { failureSchema } from '../../agent/protocol/failure.ts';

export const readyItemSchema = z.object({
  kind: z.enum(['image', 'recipe', 'payload', 'policies', 'policy', 'machine', 'kit', 'plan', 'library']),
  name: z.string(),
  /** `unknown`: it cannot be said before more is known. */
  state: z.enum(['here', 'missing', 'damaged', 'untrusted', 'unknown', 'problem']),
  /** False: an enabled policy wants it, and no machine known for this site would get it. */
  needed: z.boolean(),
  /** Machines and policies, by name; the first few. */
  for: z.array(z.string()),
  says: z.string(),
  /** The next step; null where nothing is to be done. */
  problem: failureSchema.nullable(),
});
export type ReadyItem = z.infer<typeof readyItemSchema>;

export const readyReportSchema = z.object({
  /** `ready` only if every machine is decided, and all it needs is there; `cannot-say` if nothing is missing and not everything is known. */
  verdict: z.enum(['ready', 'not-ready', 'cannot-say']),
  siteName: z.string(),
  /** Folder, file, or the libraries that are open. */
  library: z.string(),
  /** Every byte was read and held against its hash; else only presence was looked at. */
  verified: z.boolean(),
  machines: z.object({ planned: z.number().int(), known: z.number().int(), decided: z.number().int() }),
  items: z.array(readyItemSchema),
});
export type ReadyReport = z.infer<typeof readyReportSchema>;

export const READY_CALLS = {
  /** `site` null: the one the station is at. `path` null: all open libraries. Codes: `ready.no-site`, and those of opening a library. */
  'library.ready': {
    argument: z.strictObject({
      site: z.string().min(1).max(200).nullable().default(null),
      path: z.string().min(1).max(4096).nullable().default(null),
      verify: z.boolean().default(false),
    }),
    answer: readyReportSchema,
  },
} as const;

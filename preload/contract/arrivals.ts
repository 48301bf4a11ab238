// What other stations say in the libraries that are open here: policies and recipes that arrived, and that a person may switch on.
import { z } from 'zod';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { imageViewSchema } from './views.ts';

export const arrivalSchema = z.object({
  /** The document that it came with; with `name` it names the arrival. */
  documentId: z.string(),
  /** `policy`, `recipe`, or a kind that this version does not know: such are shown only. */
  kind: z.string(),
  name: z.string(),
  /** Who says it, where and when; for people. */
  station: z.string(),
  by: z.string(),
  at: z.string(),
  keyId: z.string(),
  /** Other than `trusted`: only with `acceptUntrusted`, which goes on record. */
  trust: imageViewSchema.shape.trust,
  /** `new`: there is none of this name here. */
  change: z.enum(['new', 'changed']),
  /** As JSON, field by field; of a new one, all of it in `text`. */
  fields: z.array(z.object({ field: z.string(), here: z.string(), arriving: z.string() })),
  text: z.string(),
  /** What was taken out of it on the way, in a sentence; else null. */
  says: z.string().nullable(),
  /** Names what was shown; `arrivals.enable` wants it as `seen`. */
  hash: z.string(),
  /** A person has said no to this very content; a newer word is asked about again. */
  dropped: z.boolean(),
  /** Why it cannot be switched on here; else null. */
  problem: failureSchema.nullable(),
});
export type ArrivalView = z.infer<typeof arrivalSchema>;

const none = z.strictObject({});
const arrivalRef = z.strictObject({ documentId: z.string().max(64), name: z.string().max(120) });

export const ARRIVAL_CALLS = {
  /** What is not here, or is otherwise here; what is the same is left out. `damaged`: documents that cannot be read. */
  'arrivals.list': { argument: none, answer: z.object({ arrivals: z.array(arrivalSchema), damaged: z.array(failureSchema) }) },
  /** Codes: `arrival.unknown`, `arrival.not-seen`, `arrival.untrusted`, and those of `policies.add` and `recipes.add`. */
  'arrivals.enable': {
    argument: arrivalRef.extend({ seen: z.string().max(64), acceptUntrusted: z.boolean().default(false) }),
    answer: z.object({ kind: z.string(), name: z.string() }),
  },
  'arrivals.drop': { argument: arrivalRef, answer: z.object({ kind: z.string(), name: z.string() }) },
} as const;

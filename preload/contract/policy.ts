// Policies in their final model (docs/adr/0006): an ordered rule from facts to an outcome, resolved with three-valued logic.
import { z } from 'zod';
import { diskHintSchema } from '../../agent/protocol/decision.ts';
import { osoidSchema } from '../../agent/protocol/disk.ts';

/** A size as people write it, e.g. `64 GiB`, or a plain number in the fact's own unit. */
const quantitySchema = z.union([z.number(), z.string().max(40)]);

/** One test over one fact. A list fact passes when any of its values does. */
export const factTestSchema = z.union([
  z.strictObject({ fact: z.string(), equal: z.union([z.string(), z.number(), z.boolean()]) }),
  z.strictObject({
    fact: z.string(),
    in: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .max(10_000),
  }),
  z.strictObject({ fact: z.string(), glob: z.string().max(200) }),
  z.strictObject({ fact: z.string(), matches: z.string().max(200) }),
  z.strictObject({ fact: z.string(), atLeast: quantitySchema }),
  z.strictObject({ fact: z.string(), atMost: quantitySchema }),
  z.strictObject({ fact: z.string(), moreThan: quantitySchema }),
  z.strictObject({ fact: z.string(), lessThan: quantitySchema }),
  z.strictObject({ fact: z.string(), cidr: z.string().max(50) }),
  z.strictObject({ fact: z.string(), present: z.boolean() }),
]);
export type FactTest = z.infer<typeof factTestSchema>;

export type Condition = FactTest | { all: Condition[] } | { any: Condition[] } | { none: Condition[] };
export const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    factTestSchema,
    z.strictObject({ all: z.array(conditionSchema).max(200) }),
    z.strictObject({ any: z.array(conditionSchema).max(200) }),
    z.strictObject({ none: z.array(conditionSchema).max(200) }),
  ]),
);

export const outcomeSchema = z.discriminatedUnion('kind', [
  /** Deploy exactly this image, or the newest revision of a trusted image that carries all these labels. */
  z.strictObject({ kind: z.literal('deploy'), osoid: osoidSchema, disk: diskHintSchema.optional() }),
  z.strictObject({ kind: z.literal('deploy-newest'), labels: z.record(z.string(), z.string()), disk: diskHintSchema.optional() }),
  z.strictObject({ kind: z.literal('boot-local') }),
  z.strictObject({ kind: z.literal('hold'), reason: z.string().max(400) }),
  z.strictObject({ kind: z.literal('ask'), facts: z.array(z.string()).min(1).max(20) }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

export const policySchema = z.strictObject({
  /** Stable name, kebab case; a policy added again under its name replaces it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/),
  /** Lowest wins. */
  rank: z.number().int().min(0).max(1_000_000),
  when: conditionSchema,
  outcome: outcomeSchema,
  consent: z.enum(['ask', 'auto']),
  /** At most this many machines at one site; exhausted means hold, never the next policy. */
  limit: z.number().int().positive().nullable().default(null),
  whenUnknown: z.enum(['ask', 'skip']).default('ask'),
  /** Needed, beside an armed site, before `auto` may erase a disk that holds an operating system. */
  replaceExisting: z.boolean().default(false),
  note: z.string().max(2000).default(''),
});
export type Policy = z.infer<typeof policySchema>;

export const truthSchema = z.enum(['yes', 'no', 'unknown']);
export type Truth = z.infer<typeof truthSchema>;

export type ConditionTrace = {
  /** The condition in words, e.g. `memory.size ≥ 64 GiB`. */
  text: string;
  truth: Truth;
  /** The value seen, in words; null for groups and for facts that are missing. */
  seen: string | null;
  /** Why it is unknown, else null. */
  why: string | null;
  parts: ConditionTrace[];
};
export const conditionTraceSchema: z.ZodType<ConditionTrace> = z.lazy(() =>
  z.object({
    text: z.string(),
    truth: truthSchema,
    seen: z.string().nullable(),
    why: z.string().nullable(),
    parts: z.array(conditionTraceSchema),
  }),
);

export const policyTraceSchema = z.object({
  name: z.string(),
  rank: z.number(),
  outcome: outcomeSchema,
  truth: truthSchema,
  /** won, lost to a lower rank, tied, skipped because unknown, outranking unknown, limit reached, not true. */
  verdict: z.enum(['won', 'outranked', 'tied', 'unknown-skipped', 'unknown-blocks', 'limit-reached', 'not-true', 'disabled']),
  condition: conditionTraceSchema,
});
export type PolicyTrace = z.infer<typeof policyTraceSchema>;

export const resolutionSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('matched'),
    policy: z.string(),
    outcome: outcomeSchema,
    consent: z.enum(['ask', 'auto']),
    replaceExisting: z.boolean(),
  }),
  z.object({ kind: z.literal('ambiguous'), policies: z.array(z.string()) }),
  z.object({ kind: z.literal('unknown'), policy: z.string(), facts: z.array(z.string()) }),
  z.object({ kind: z.literal('limit-reached'), policy: z.string(), limit: z.number() }),
  z.object({ kind: z.literal('unmatched') }),
]);
export type Resolution = z.infer<typeof resolutionSchema>;

export const traceSchema = z.object({ resolution: resolutionSchema, policies: z.array(policyTraceSchema) });
export type Trace = z.infer<typeof traceSchema>;

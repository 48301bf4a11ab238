// Policies in their final model (docs/adr/0006): an ordered rule from facts to an outcome, resolved with three-valued logic.
import { z } from 'zod';
import { writtenDiskHintSchema } from '../../agent/protocol/decision.ts';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { FIELDS_MOST, fieldSchema } from '../../agent/protocol/fields.ts';
import { growSchema } from '../../agent/protocol/grow.ts';
import { settingsSchema } from './settings.ts';

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
  /** Both ends included; of a list, one value is within both. */
  z.strictObject({ fact: z.string(), between: z.tuple([quantitySchema, quantitySchema]) }),
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

/** What is to grow on a larger disk (as `--grow`), and the machine's own settings, with `${fact}` in them. */
const deployOptionFields = { grow: growSchema.optional(), settings: settingsSchema.optional() };

export const outcomeSchema = z.discriminatedUnion('kind', [
  /** Deploy exactly this image, or the newest revision of a trusted image that carries all these labels. */
  z.strictObject({ kind: z.literal('deploy'), osoid: osoidSchema, disk: writtenDiskHintSchema.optional(), ...deployOptionFields }),
  z.strictObject({
    kind: z.literal('deploy-newest'),
    labels: z.record(z.string(), z.string()),
    disk: writtenDiskHintSchema.optional(),
    ...deployOptionFields,
  }),
  /** An image that this recipe built for a machine that is alike; where there is none, it is built on this one. */
  z.strictObject({ kind: z.literal('build'), recipe: z.string().max(80) }),
  /** Every member of this image set is constructed where no library has it; the machine ends on the member, or on the set's own. */
  z.strictObject({ kind: z.literal('set'), set: z.string().max(80), member: z.string().max(80).optional() }),
  z.strictObject({ kind: z.literal('boot-local') }),
  z.strictObject({ kind: z.literal('hold'), reason: z.string().max(400) }),
  /** Holds until all of this is answered, and is passed over then. `fields` say how; facts alone are asked for as the station's fields say. */
  z.strictObject({
    kind: z.literal('ask'),
    facts: z.array(z.string()).max(FIELDS_MOST).default([]),
    fields: z.array(fieldSchema).max(FIELDS_MOST).optional(),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Longest policy file, characters: what one frame of the pipe carries. */
export const POLICY_FILE_MAX = 900_000;

export const policySchema = z.strictObject({
  /** Stable name, kebab case; a policy added again under its name replaces it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/),
  /** Lowest wins. */
  rank: z.number().int().min(0).max(1_000_000),
  when: conditionSchema,
  outcome: outcomeSchema,
  /** To ask is what nobody has to say. */
  consent: z.enum(['ask', 'auto']).default('ask'),
  /** At most this many machines at one site; exhausted means hold, never the next policy. */
  limit: z.number().int().positive().nullable().default(null),
  whenUnknown: z.enum(['ask', 'skip']).default('ask'),
  /** Needed, beside an armed site, before `auto` may erase a disk that holds an operating system. */
  replaceExisting: z.boolean().default(false),
  note: z.string().max(2000).default(''),
});
export type Policy = z.infer<typeof policySchema>;

/** A policy that came with a file, held against the one of its name that is here. */
export const policyDifferenceSchema = z.object({
  name: z.string(),
  kind: z.enum(['new', 'changed', 'same']),
  /** As JSON, field by field; empty unless changed. */
  fields: z.array(z.object({ field: z.string(), here: z.string(), arriving: z.string() })),
  /** What was taken out of it on arrival, in a sentence; else null. */
  says: z.string().nullable(),
  /** Names what was shown; `policies.enable` wants it as `seen`. */
  hash: z.string(),
});
export type PolicyDifference = z.infer<typeof policyDifferenceSchema>;

export const policyImportSchema = z.object({
  source: z.string(),
  differences: z.array(policyDifferenceSchema),
  /** Policies that are here and not in the file; they stay. */
  onlyHere: z.array(z.string()),
  /** Were all of it on: which policies would never be reached, and because of which; in sentences. */
  shadowed: z.array(z.string()),
});
export type PolicyImport = z.infer<typeof policyImportSchema>;

const previewSideSchema = z.object({
  /** The policy that speaks; null where none does, or a person chose. */
  policy: z.string().nullable(),
  /** What the machine would get, in words. */
  text: z.string(),
});
/** What a set of policies would change, as if every machine that was ever read asked now, one after the other. */
export const policyPreviewSchema = z.object({
  counts: z.object({
    machines: z.number().int(),
    /** They would get something else, or be asked otherwise. */
    changed: z.number().int(),
    /** They would get the same by another policy. */
    otherPolicy: z.number().int(),
    same: z.number().int(),
    /** Of those in the list, machines last heard at another site. */
    elsewhere: z.number().int(),
  }),
  /** Those of this site first. */
  changes: z.array(
    z.object({
      machineId: z.string(),
      name: z.string(),
      position: z.string().nullable(),
      state: z.string(),
      /** Another site at which it was heard last; null: this one. */
      site: z.string().nullable(),
      before: previewSideSchema,
      after: previewSideSchema,
      why: z.array(z.string()),
    }),
  ),
  /** Policies that would never be reached, of the edited ones or because of them; in sentences. */
  shadowed: z.array(z.string()),
});
export type PolicyPreview = z.infer<typeof policyPreviewSchema>;

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
  /** won, lost to a lower rank, tied, skipped because unknown, outranking unknown, limit reached, not true, asked and answered. */
  verdict: z.enum(['won', 'outranked', 'tied', 'unknown-skipped', 'unknown-blocks', 'limit-reached', 'not-true', 'answered', 'disabled']),
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

/** `policies` in the order of their ranks. `left`: so many more were judged and are not in this list (`policies.explain` has them). */
export const traceSchema = z.object({
  resolution: resolutionSchema,
  policies: z.array(policyTraceSchema),
  left: z.number().int().default(0),
});
export type Trace = z.infer<typeof traceSchema>;

// Image sets: several images wanted together for one kind of machine. Members that no library has are constructed one after the other on
// a machine of that kind, which ends on one of them (docs/recipes.md, "Image sets").
import { z } from 'zod';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { recipeIdSchema } from '../../agent/protocol/recipe.ts';

export const setNameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'must be kebab case: a-z, 0-9 and -, at most 80');

const named = { name: setNameSchema };
export const setMemberSchema = z.union([
  z.strictObject({ ...named, osoid: osoidSchema }),
  /** The newest trusted image with these labels. */
  z.strictObject({ ...named, labels: z.record(z.string().min(1).max(30), z.string().max(30)) }),
  z.strictObject({ ...named, recipe: recipeIdSchema }),
]);
export type SetMember = z.infer<typeof setMemberSchema>;

export const imageSetSchema = z.strictObject({
  name: setNameSchema,
  /** In the order in which they are constructed. */
  members: z.array(setMemberSchema).min(1).max(16),
  /** The member that machines end on unless the policy names another; the last one unless given. */
  final: setNameSchema.optional(),
  note: z.string().max(2000).default(''),
});
export type ImageSet = z.infer<typeof imageSetSchema>;

export const setViewSchema = z.object({
  set: imageSetSchema,
  /** Sets that came by import are off until a person switches them on. */
  enabled: z.boolean(),
  addedAtMs: z.number().int(),
  addedBy: z.string(),
});
export type SetView = z.infer<typeof setViewSchema>;

/** Where a machine is within a set. */
export const setPlaceSchema = z.object({ name: z.string(), member: z.string(), number: z.number().int(), of: z.number().int() });
export type SetPlace = z.infer<typeof setPlaceSchema>;

/** A set that is, or was, completed on one machine. */
export const setRunSchema = z.object({
  id: z.number().int(),
  machineId: z.string(),
  machineName: z.string(),
  set: z.string(),
  final: z.string(),
  state: z.enum(['running', 'failed', 'done', 'ended']),
  place: setPlaceSchema,
  members: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['waiting', 'there', 'now', 'built', 'failed']),
      /** Of one that was built here. */
      osoid: osoidSchema.nullable(),
    }),
  ),
  /** What the last member failed with; the next try begins with that member. */
  failure: failureSchema.nullable(),
  /** One yes of a person covers what is left of it. */
  covered: z.boolean(),
  startedAtMs: z.number().int(),
  endedAtMs: z.number().int().nullable(),
});
export type SetRun = z.infer<typeof setRunSchema>;

const none = z.strictObject({});
const setRef = z.strictObject({ name: z.string().max(80) });
const file = z.strictObject({ name: z.string().min(1).max(400), text: z.string().max(400_000) });

export const SET_CALLS = {
  'sets.list': { argument: none, answer: z.array(setViewSchema) },
  /** A file's text: one set, a list, or what `sets.export` gave; all are added and on, or none. Code: `set.file-invalid`. */
  'sets.save': { argument: file, answer: z.array(setViewSchema) },
  /** The same from elsewhere: new ones arrive switched off, and those that are here stay as they are. */
  'sets.import': {
    argument: file,
    answer: z.object({ arrived: z.array(z.string()), same: z.array(z.string()), different: z.array(z.string()) }),
  },
  'sets.export': { argument: none, answer: z.object({ text: z.string(), sets: z.number().int() }) },
  'sets.enable': { argument: setRef.extend({ enabled: z.boolean() }), answer: setViewSchema },
  /** Its images stay. Codes: `set.unknown`, `set.in-use`. */
  'sets.remove': { argument: setRef, answer: z.array(setViewSchema) },
  /** The latest first; of one machine, or of all. */
  'sets.runs': { argument: z.strictObject({ machineId: z.string().max(200).nullable() }), answer: z.array(setRunSchema) },
} as const;

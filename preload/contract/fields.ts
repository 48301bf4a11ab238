// The station's own fields: how a fact is asked for wherever it is asked, and which facts are asked of every machine.
import { z } from 'zod';
import { fieldSchema } from '../../agent/protocol/fields.ts';

export const stationFieldSchema = fieldSchema.extend({
  /** Asked of every machine that does not know it, before anything is decided. */
  everyMachine: z.boolean().default(false),
});
export type StationField = z.infer<typeof stationFieldSchema>;

export const fieldViewSchema = z.object({ field: stationFieldSchema, addedAtMs: z.number().int(), addedBy: z.string() });
export type FieldView = z.infer<typeof fieldViewSchema>;

const none = z.strictObject({});

export const FIELD_CALLS = {
  /** In the order in which they are asked. */
  'fields.list': { argument: none, answer: z.array(fieldViewSchema) },
  /** A file's text: one field or a list. A field of the same name is replaced; all are taken or none. Codes: `field.file-invalid`, `field.in-use`. */
  'fields.save': {
    argument: z.strictObject({ name: z.string().min(1).max(400), text: z.string().max(200_000) }),
    answer: z.array(fieldViewSchema),
  },
  /** What people have answered stays. Codes: `field.unknown`, `field.in-use`. */
  'fields.remove': { argument: z.strictObject({ name: z.string().max(64) }), answer: z.array(fieldViewSchema) },
} as const;

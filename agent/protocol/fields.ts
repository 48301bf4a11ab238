// Fields: how a person is asked for a fact, on the target's own console, in the window and by `rackside`. Each answer becomes the fact
// of the field's name (docs/facts.md, "What people are asked").
import { z } from 'zod';
import { factDefinition } from './facts.ts';
import type { FactType } from './facts.ts';

export const fieldTypeSchema = z.enum(['text', 'number', 'size', 'choice', 'yes-no', 'mac', 'ip', 'cidr', 'date', 'list']);
export type FieldType = z.infer<typeof fieldTypeSchema>;

const limitSchema = z.union([z.number(), z.string().max(40)]);

/** Longest answer, characters: a line of a screen of 80 columns and a little more. */
export const ANSWER_MOST = 200;
export const FIELDS_MOST = 20;

export const fieldSchema = z.strictObject({
  /** Of the fact that the answer becomes. */
  name: z.string().max(64),
  /** What a person reads; the fact's title unless given. */
  label: z.string().trim().min(1).max(60).optional(),
  type: fieldTypeSchema.default('text'),
  /** The whole text must fit it; linear in time (regex.ts). */
  pattern: z.string().max(200).optional(),
  choices: z.array(z.string().trim().min(1).max(60)).min(1).max(40).optional(),
  /** Of numbers and sizes. */
  least: limitSchema.optional(),
  most: limitSchema.optional(),
  required: z.boolean().default(true),
  /** Taken where the answer is left empty at the console; the window fills it in. */
  default: z.string().max(ANSWER_MOST).optional(),
  help: z.string().max(300).optional(),
});
export type Field = z.infer<typeof fieldSchema>;

/** What is asked at a target's console, and what was wrong with the answers before. */
export const formSchema = z.object({
  fields: z
    .array(fieldSchema)
    .min(1)
    .max(2 * FIELDS_MOST),
  problems: z.array(z.object({ name: z.string().max(64), message: z.string().max(400) })).max(2 * FIELDS_MOST),
});
export type Form = Readonly<z.infer<typeof formSchema>>;

/** The person's name and what they typed, by the fields' names; validated by the station, whatever the target did. */
export const answersSchema = z.object({
  person: z.string().max(80),
  values: z
    .record(z.string().max(64), z.string().max(2 * ANSWER_MOST))
    .refine((values) => Object.keys(values).length <= 2 * FIELDS_MOST, 'too many answers'),
});
export type Answers = Readonly<z.infer<typeof answersSchema>>;

const TYPE_OF: Readonly<Record<FactType, FieldType>> = {
  text: 'text',
  number: 'number',
  bytes: 'size',
  flag: 'yes-no',
  'text-list': 'list',
  'number-list': 'list',
  'bytes-list': 'list',
};

/** How a fact is asked for that nobody has defined a field for; null for what is no fact. */
export const plainField = (name: string): Field | null => {
  const definition = factDefinition(name);
  return definition === null ? null : { name, type: TYPE_OF[definition.type], required: true };
};

export const labelOf = ({ name, label }: Pick<Field, 'name' | 'label'>): string => label ?? factDefinition(name)?.title ?? name;

/** The types that a field of this fact may have; those of text facts are kept as text, in one spelling. */
export const typesFor = (name: string): readonly FieldType[] => {
  const definition = factDefinition(name);
  if (definition === null) return [];
  if (definition.type !== 'text') return [TYPE_OF[definition.type]];
  return ['text', 'number', 'size', 'choice', 'yes-no', 'mac', 'ip', 'cidr', 'date'];
};

// A person's choice for one machine turned into a policy for all like it: proposed and previewed first, saved by the person.
import { z } from 'zod';
import { policyPreviewSchema, policySchema } from './policy.ts';
import { policyViewSchema } from './views.ts';

export const choiceWishSchema = z.strictObject({
  machineId: z.string().max(200),
  /** By which facts machines are like this one; none: manufacturer and model. */
  facts: z.array(z.string().max(64)).max(20).default([]),
  /** The newest image with the same labels, instead of exactly this one. */
  newest: z.boolean().default(false),
  name: z.string().max(80).optional(),
  /** Just before every policy that speaks for this machine now, unless given. */
  rank: z.number().int().min(0).max(1_000_000).optional(),
  /** `off`: kept for later, `on`: asked from now on; null: only shown. */
  save: z.enum(['off', 'on']).nullable().default(null),
});
export type ChoiceWish = z.output<typeof choiceWishSchema>;

export const choiceProposalSchema = z.object({
  policy: policySchema,
  /** What a person should know of it, each in a sentence. */
  says: z.array(z.string()),
  /** As if it were on. */
  preview: policyPreviewSchema,
  saved: policyViewSchema.nullable(),
});
export type ChoiceProposal = z.output<typeof choiceProposalSchema>;

export const CHOICE_CALLS = {
  /** Codes: `choice.none`, `choice.untrusted`, `choice.fact-unknown`, `choice.no-criteria`, `choice.not-newest`, `choice.name-taken`, `choice.no-rank`. */
  'policies.fromChoice': { argument: choiceWishSchema, answer: choiceProposalSchema },
} as const;

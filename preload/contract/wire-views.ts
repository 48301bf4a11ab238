// The wire log as a window is shown it: what was seen of one boot, by MAC, in the order in which machines boot, and what that means.
import { z } from 'zod';

/** In the order of a boot. */
export const WIRE_STAGES = [
  /** DISCOVER or REQUEST by firmware. */
  'asked',
  'offered',
  'bound',
  /** It was told which file to boot. */
  'told',
  'loader',
  'script',
  /** Its script told it what to boot: our system or its own disk. */
  'handed',
  'kernel',
  'stage1',
  /** The small system of stage 1 asked for an address itself. */
  'system',
  'stage2',
  'hello',
  /** An operating system of its own asked for an address. */
  'own-system',
] as const;
const wireStageSchema = z.enum(WIRE_STAGES);
export type WireStage = z.infer<typeof wireStageSchema>;

/** What the window and `rackside` call them. */
export const WIRE_STAGE_WORDS: Readonly<Record<WireStage, string>> = {
  asked: 'Request',
  offered: 'Offer',
  bound: 'Lease',
  told: 'Boot file',
  loader: 'Loader',
  script: 'Script',
  handed: 'Answer',
  kernel: 'Kernel',
  stage1: 'Stage 1',
  system: 'Small system',
  stage2: 'Stage 2',
  hello: 'Agent',
  'own-system': 'Own system',
};

/** What a step was, where its stage alone does not say it: what the machine's script told it, or why the step went wrong. */
export const wireStepCodeSchema = z.enum([
  // Handed, all is well.
  ...(['agent', 'local', 'installer', 'not-listening'] as const),
  // Not answered (main/dhcp/silence.ts).
  ...([
    'not-serving',
    'no-kit',
    'no-loader',
    'other-server',
    'other-network',
    'pool-full',
    'stranger',
    'leasing-server',
    'protocol',
  ] as const),
  // An address that was refused, or that something else has.
  ...(['address-refused', 'address-in-use'] as const),
  // A file.
  ...(['file-refused', 'busy', 'broke-off'] as const),
]);
export type WireStepCode = z.infer<typeof wireStepCodeSchema>;

export const wireStepSchema = z.object({
  stage: wireStageSchema,
  firstAtMs: z.number().int(),
  lastAtMs: z.number().int(),
  /** Firmware repeats itself. */
  count: z.number().int(),
  /** False: it was not answered, refused, or broke off; `text` says how. */
  ok: z.boolean(),
  text: z.string(),
  code: wireStepCodeSchema.nullable(),
  /** Why it went wrong, in a few words; null when it did not. */
  why: z.string().nullable(),
});
export type WireStep = z.infer<typeof wireStepSchema>;

export const wireVerdictSchema = z.object({
  /** `going`: the next step is not yet due. `never`: nothing of it was heard since the station started. */
  kind: z.enum(['arrived', 'own-disk', 'going', 'stopped', 'never']),
  /** Stable, `wire.…`. */
  code: z.string(),
  message: z.string(),
  /** The next thing to try; empty when there is nothing to do. */
  next: z.string(),
  /** The last stage that was reached; null when none was. */
  stage: wireStageSchema.nullable(),
});
export type WireVerdict = z.infer<typeof wireVerdictSchema>;

export const wireTrailSchema = z.object({
  mac: z.string(),
  machineId: z.string().nullable(),
  startedAtMs: z.number().int().nullable(),
  lastAtMs: z.number().int().nullable(),
  verdict: wireVerdictSchema,
  steps: z.array(wireStepSchema),
});
export type WireTrail = z.infer<typeof wireTrailSchema>;

/** A trail in a list: without its steps, of which 500 machines have thousands. */
export const wireTrailHeadSchema = wireTrailSchema.omit({ steps: true });
export type WireTrailHead = z.infer<typeof wireTrailHeadSchema>;

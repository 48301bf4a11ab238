// What a disk would hold beside the image's own bytes: what grows, and the machine's own settings, filled in. Shown before a person
// orders, and again before the yes. It may hold secrets: it is kept nowhere.
import { z } from 'zod';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { growSchema } from '../../agent/protocol/grow.ts';

/** What an erase question is about beside the image: a yes counts for exactly this. */
export const besideSchema = z.object({
  grow: z.string(),
  /** Names the filled-in settings; null: none. */
  settingsSha256: z.string().nullable(),
});
export type Beside = z.infer<typeof besideSchema>;

export const outlookSchema = z.object({
  osoid: osoidSchema,
  imageName: z.string(),
  beside: besideSchema,
  /** Null: nothing grows. */
  grows: z
    .object({
      number: z.number().int(),
      name: z.string(),
      filesystem: z.string().nullable(),
      /** `GROUP/VOLUME` where a person named one. */
      volume: z.string().nullable(),
      fromBytes: z.number().int(),
      /** At most, on the disk that is meant; null where it is not known which, or nothing can be won. */
      toBytes: z.number().int().nullable(),
    })
    .nullable(),
  /** Why the default grows nothing; null where it does, or a person said what is to grow. */
  whyNotGrown: z.string().nullable(),
  settings: z
    .object({
      hostname: z.string().nullable(),
      /** False: the machine was not read yet, and facts stand in the texts as names. */
      filled: z.boolean(),
      /** By the names of cloud-init's files; what is one archive there is several texts here. */
      texts: z.array(z.object({ name: z.string(), text: z.string() })),
    })
    .nullable(),
  /** Why this image goes to this machine only on a person's word (`acceptBound`); null where it may. */
  bound: z.string().nullable(),
});
export type Outlook = z.infer<typeof outlookSchema>;

export const OUTLOOK_CALLS = {
  /**
   * `wish`: as `machines.deploy` would take it, and nothing is ordered. Null: what is decided for the machine now. Codes: `outlook.none`,
   * and those of `machines.deploy` but for signature and binding.
   */
  'machines.outlook': {
    argument: z.strictObject({
      machineId: z.string().max(200),
      wish: z
        .strictObject({
          osoid: osoidSchema,
          diskSerial: z.string().nullable(),
          grow: growSchema.optional(),
          settings: z.unknown().optional(),
        })
        .nullable(),
    }),
    answer: outlookSchema,
  },
} as const;

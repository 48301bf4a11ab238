// What arming a site would do, disk by disk, and what an armed site shows of itself (docs/operating.md, "Arming").
import { z } from 'zod';
import { diskSchema, osoidSchema, sha256Schema } from '../../agent/protocol/disk.ts';

const shownImageSchema = z.object({ osoid: osoidSchema, name: z.string(), revision: z.number().int() });

export const foreseenSchema = z.object({
  machineId: z.string(),
  machineName: z.string(),
  position: z.string().nullable(),
  /** False: as its agent last described it. */
  online: z.boolean(),
  policy: z.string(),
  osoid: osoidSchema,
  imageName: z.string(),
  /** `erase`: an empty disk, without a question. `replace`: what is on it too, where the arming says so; else it asks. `ask`: it asks. */
  fate: z.enum(['erase', 'replace', 'ask']),
  why: z.string(),
  /** Null where it is not certain which disk its agent will choose. */
  disk: diskSchema.nullable(),
  untouched: z.array(diskSchema),
});
export type Foreseen = z.infer<typeof foreseenSchema>;

export const armingPreviewSchema = z.object({
  /** Of everything that decides what is erased: arming names it and is refused after any difference. */
  hash: sha256Schema,
  siteName: z.string(),
  operator: z.string(),
  policies: z.array(
    z.object({
      name: z.string(),
      rank: z.number(),
      limit: z.number().int().nullable(),
      used: z.number().int(),
      replaceExisting: z.boolean(),
      /** What it deploys now, "newest" resolved; null where it has no image, and `problem` says why. */
      image: shownImageSchema.nullable(),
      problem: z.string().nullable(),
    }),
  ),
  /** Machines known now that an `auto` policy would write; in the order in which they would be. */
  machines: z.array(foreseenSchema),
});
export type ArmingPreview = z.infer<typeof armingPreviewSchema>;

export const armedViewSchema = z.object({
  operator: z.string(),
  siteName: z.string(),
  sinceMs: z.number().int(),
  untilMs: z.number().int(),
  /** At most so many machines, and how many of them are used up. */
  machines: z.number().int(),
  used: z.number().int(),
  /** Machines whose present content was listed as to be replaced. */
  replaces: z.number().int(),
  images: z.array(z.object({ policy: z.string(), osoid: osoidSchema, imageName: z.string() })),
});
export type ArmedView = z.infer<typeof armedViewSchema>;

export const armWishSchema = z.strictObject({
  machines: z.number().int().min(1).max(1000),
  minutes: z
    .number()
    .positive()
    .max(12 * 60),
  /** Also the disks listed as `replace`. */
  replaceExisting: z.boolean(),
  previewHash: z.string().max(64),
});
export type ArmWish = z.infer<typeof armWishSchema>;

// The decision: what the station tells one machine to do, before any order. It always carries the resolved OSOID, so
// that the agent can judge its own disk first (docs/adr/0005).
import { z } from 'zod';
import { diskIdentitySchema, osoidSchema, sha256Schema } from './disk.ts';
import { failureSchema } from './failure.ts';
import { formSchema } from './fields.ts';
import { recipeRefSchema } from './recipe.ts';

export const trustedKeySchema = z.object({ keyId: z.string(), publicKey: z.string() });
export type TrustedKey = Readonly<z.infer<typeof trustedKeySchema>>;

/** What an image asks of a machine and of a disk; from its signed manifest. */
export const imageNeedsSchema = z.object({
  name: z.string(),
  diskSizeBytes: z.number().int().positive(),
  logicalSectorBytes: z.number().int().positive(),
  firmware: z.enum(['bios', 'uefi', 'both', 'none']),
  architecture: z.string(),
  /** Boot programs found in the image; `trusted` = signed in a way that a stock Secure Boot machine accepts. */
  secureBootTrusted: z.boolean(),
});
export type ImageNeeds = Readonly<z.infer<typeof imageNeedsSchema>>;

/** Which disk a policy or a person wants; a pinned serial or WWN that is absent is a refusal, never a fall-through. */
export const diskHintSchema = z.object({
  serial: z.string().optional(),
  wwn: z.string().optional(),
  kind: z.enum(['ssd', 'hdd']).optional(),
  transport: z.string().optional(),
  minSizeBytes: z.number().int().optional(),
  maxSizeBytes: z.number().int().optional(),
});
/** As people write it. Strict, unlike on the wire: a slip in a name would otherwise leave the disk to chance. */
export const writtenDiskHintSchema = z.strictObject(diskHintSchema.shape);
export type DiskHint = Readonly<z.infer<typeof diskHintSchema>>;

export const decisionSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('deploy'),
    osoid: osoidSchema,
    manifestSha256: sha256Schema,
    needs: imageNeedsSchema,
    diskHint: diskHintSchema,
    /** Set when a person ordered a fresh write although the disk may hold this OSOID already. */
    rewrite: z.boolean(),
  }),
  /** No image corresponds: say which disk one could be built on. */
  z.object({ kind: z.literal('build'), recipe: recipeRefSchema, diskHint: diskHintSchema }),
  z.object({ kind: z.literal('boot-local') }),
  z.object({
    kind: z.literal('hold'),
    reason: z.string(),
    asks: z.array(z.string()),
    /** What a person at the target may answer there. */
    form: formSchema.optional(),
    /** Why, in short lines: what the policies said. */
    trace: z.array(z.string().max(200)).max(8).optional(),
  }),
]);
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

/** How the network boot stage starts the operating system on the local disk once. */
export const localBootSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bios') }),
  z.object({ kind: z.literal('uefi'), espUuid: z.string().nullable(), loaderPath: z.string().nullable() }),
]);
export type LocalBoot = Readonly<z.infer<typeof localBootSchema>>;

/** What the agent found when it held the decision against its own disks. */
export const assessmentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('already-installed'), osoid: osoidSchema, disk: diskIdentitySchema, localBoot: localBootSchema }),
  z.object({ kind: z.literal('ready'), osoid: osoidSchema, disk: diskIdentitySchema, contentHash: sha256Schema }),
  z.object({ kind: z.literal('ready-to-build'), recipeSha256: sha256Schema, disk: diskIdentitySchema, contentHash: sha256Schema }),
  z.object({ kind: z.literal('refused'), failures: z.array(failureSchema).min(1) }),
  z.object({ kind: z.literal('holding') }),
]);
export type Assessment = Readonly<z.infer<typeof assessmentSchema>>;

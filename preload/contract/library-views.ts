// What a window is shown of the library and of whom it is believed from. Read-only copies, like all views.
import { z } from 'zod';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { identityReportSchema } from '../../agent/protocol/identity.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { firmwareBootSchema } from '../../agent/protocol/firmware-boot.ts';
import { imageViewSchema } from './views.ts';

/** `publicKey` is base64url. */
const keySchema = z.object({ keyId: z.string(), publicKey: z.string() });

export const trustViewSchema = z.object({
  /** This station's own key as one line, for another station's `trust add`. */
  own: z.string(),
  /** `images` counts those that it signed. */
  trusted: z.array(keySchema.extend({ name: z.string(), isOwn: z.boolean(), images: z.number().int() })),
  /** Keys that came with images and are not trusted; `images` are their names. */
  offered: z.array(keySchema.extend({ images: z.array(z.string()) })),
});
export type TrustView = z.infer<typeof trustViewSchema>;

/** Everything that is known of one image. */
export const imageDetailSchema = z.object({
  image: imageViewSchema,
  /** What deleting it would free, once the trash is emptied. */
  uniqueBytes: z.number().int(),
  /** More than 0: it cannot be deployed until the library is healed. */
  missingChunks: z.number().int(),
  /** As its signed manifest calls it; `edits` were made since, `disputed` by two stations differently. */
  signed: z.object({ name: z.string(), edits: z.number().int(), disputed: z.array(z.enum(['name', 'labels', 'notes'])) }),
  lineage: z.object({ id: z.string(), parent: osoidSchema.nullable() }),
  source: z.object({
    kind: z.enum(['import', 'capture', 'build']),
    fileName: z.string().nullable(),
    facts: z.number().int(),
    /** What its firmware started; null for images that are no captures. */
    boot: firmwareBootSchema.nullable(),
  }),
  /** Loaders found on it, in the order in which they were found. */
  bootChain: z.array(
    z.object({
      path: z.string(),
      kind: z.string(),
      architecture: z.string(),
      signedBy: z.array(z.string()),
      /** Of sector 0: whose code it is, and where GRUB's core lies. */
      bootCode: z
        .object({
          code: z.string(),
          core: z.object({ lba: z.number().int(), partition: z.number().int().nullable(), found: z.boolean() }).optional(),
        })
        .optional(),
    }),
  ),
  /** What its capture found of its source's identity, and took out; null where nobody looked (an import, an older image). */
  identity: identityReportSchema.nullable(),
  /** Machines that have it on their disk by this station's own doing, the last first. */
  deployedTo: z.array(z.object({ machineId: z.string(), machineName: z.string(), atMs: z.number().int(), siteName: z.string() })),
  /** Policies that name it. */
  policies: z.array(z.string()),
  libraries: z.array(z.string()),
});
export type ImageDetail = z.infer<typeof imageDetailSchema>;

/** One library that the station has open; the first is written, all are read. */
export const libraryViewSchema = z.object({
  folder: z.string(),
  libraryId: z.string().nullable(),
  writable: z.boolean(),
  state: z.enum(['open', 'away']),
  images: z.number().int(),
  chunks: z.number().int(),
  /** Policies and recipes in it, by whomever. */
  policies: z.number().int(),
  recipes: z.number().int(),
  freeBytes: z.number().nullable(),
  /** Deleted images that can be restored. */
  deleted: z.number().int(),
  lastVerifiedAtMs: z.number().int().nullable(),
  problem: failureSchema.nullable(),
});
export type LibraryView = z.infer<typeof libraryViewSchema>;

export const garbageReportSchema = z.object({
  freedBytes: z.number().int(),
  removedPacks: z.number().int(),
  repackedPacks: z.number().int(),
  /** Documents that their stations have replaced, and payload files that nothing names. */
  removedDocuments: z.number().int(),
  removedPayloads: z.number().int(),
  /** Deleted images that are gone for ever now. */
  emptied: z.number().int(),
  /** Deleted images that still wait in the trash. */
  deleted: z.number().int(),
});

const skippedSchema = z.object({ osoid: z.string(), name: z.string().nullable(), failure: failureSchema });

export const verifyReportSchema = z.object({
  packs: z.number().int(),
  chunks: z.number().int(),
  images: z.number().int(),
  documents: z.number().int(),
  payloads: z.number().int(),
  damagedImages: z.array(skippedSchema.extend({ missingChunks: z.number().int() })),
  badChunks: z.number().int(),
  problems: z.array(failureSchema),
});
export type VerifyReportView = z.infer<typeof verifyReportSchema>;

export const repairReportSchema = z.object({
  healedChunks: z.number().int(),
  healedImages: z.number().int(),
  /** Documents and payload files. */
  healedFiles: z.number().int(),
  repackedPacks: z.number().int(),
  left: verifyReportSchema,
});

const copyReportSchema = z.object({
  added: z.array(z.object({ osoid: osoidSchema, name: z.string(), trust: imageViewSchema.shape.trust, keyId: z.string() })),
  known: z.number().int(),
  skipped: z.array(skippedSchema),
  chunks: z.number().int(),
  bytes: z.number().int(),
});

/** Policies, recipes and other documents that came with a copy, and the payload files that they name. */
const documentCopySchema = z.object({
  added: z.array(
    z.object({ kind: z.string(), name: z.string(), station: z.string(), trust: imageViewSchema.shape.trust, keyId: z.string() }),
  ),
  known: z.number().int(),
  skipped: z.array(z.object({ kind: z.string(), name: z.string(), station: z.string(), failure: failureSchema })),
  payloads: z.number().int(),
  payloadBytes: z.number().int(),
});
export type DocumentCopyView = z.infer<typeof documentCopySchema>;

export const mergeReportSchema = copyReportSchema.extend({
  edits: z.number().int(),
  conflicts: z.array(
    z.object({
      kind: z.enum(['same-name', 'two-names', 'two-edits', 'same-revision']),
      names: z.array(z.string()),
      osoids: z.array(z.string()),
    }),
  ),
  documents: documentCopySchema,
  /** One name of a policy, or one version of a recipe, with different contents by different stations. */
  documentConflicts: z.array(
    z.object({ kind: z.string(), name: z.string(), stations: z.array(z.object({ station: z.string(), keyId: z.string() })) }),
  ),
});
export type MergeReportView = z.infer<typeof mergeReportSchema>;

export const exportReportSchema = copyReportSchema.extend({ path: z.string(), documents: documentCopySchema });

export const libraryProgressSchema = z.object({
  operation: z.enum(['verify', 'repair', 'gc', 'merge', 'export']),
  donePacks: z.number().int(),
  totalPacks: z.number().int(),
});
export type LibraryProgress = z.infer<typeof libraryProgressSchema>;

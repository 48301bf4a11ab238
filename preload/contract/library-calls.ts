// The calls about the library as a thing to carry and to believe; part of calls.ts.
import { z } from 'zod';
import {
  exportReportSchema,
  garbageReportSchema,
  imageDetailSchema,
  libraryViewSchema,
  mergeReportSchema,
  repairReportSchema,
  trustViewSchema,
  verifyReportSchema,
} from './library-views.ts';
import { imageViewSchema } from './views.ts';

const none = z.strictObject({});
const imageRef = z.strictObject({ osoid: z.string().max(64) });
/** On the station's own disk. */
const path = z.string().min(1).max(4096);

export const LIBRARY_CALLS = {
  'trust.list': { argument: none, answer: trustViewSchema },
  /** `key` is a key line, the 32 bytes in hex or base64url, or the id of an offered key. */
  'trust.add': { argument: z.strictObject({ key: z.string().max(400), name: z.string().max(120) }), answer: trustViewSchema },
  'trust.remove': { argument: z.strictObject({ keyId: z.string().max(64) }), answer: trustViewSchema },
  'images.show': { argument: imageRef, answer: imageDetailSchema },
  /** Only what is given changes. Labels replace all that were there. */
  'images.describe': {
    argument: imageRef.extend({
      name: z.string().min(1).max(120).optional(),
      labels: z.record(z.string().min(1), z.string()).optional(),
      notes: z.string().max(4000).optional(),
    }),
    answer: imageViewSchema,
  },
  /** `force`: although a job works with it or a policy names it. */
  'images.delete': { argument: imageRef.extend({ force: z.boolean() }), answer: z.array(imageViewSchema) },
  'images.deleted': { argument: none, answer: z.array(imageViewSchema) },
  'images.restore': { argument: imageRef, answer: imageViewSchema },
  'library.list': { argument: none, answer: z.array(libraryViewSchema) },
  /** Reads another library beside those that are open, until it is closed or the station ends. Codes: `library.open-already`, `library.missing` … */
  'library.open': { argument: z.strictObject({ path }), answer: z.array(libraryViewSchema) },
  /** Codes: `library.not-open`, `library.written`, `library.busy`. */
  'library.close': { argument: z.strictObject({ path }), answer: z.array(libraryViewSchema) },
  /** `dryRun`: only says what would go. */
  'library.gc': { argument: z.strictObject({ emptyTrash: z.boolean(), dryRun: z.boolean().default(false) }), answer: garbageReportSchema },
  'library.verify': { argument: none, answer: verifyReportSchema },
  'library.repair': { argument: z.strictObject({ path }), answer: repairReportSchema },
  'library.merge': { argument: z.strictObject({ path }), answer: mergeReportSchema },
  'library.export': {
    /** `documents`: the recipes that built these images, or all policies and recipes; payload files come with them. */
    argument: z.strictObject({
      path,
      osoids: z.array(z.string().max(64)).max(1000),
      documents: z.enum(['named', 'all']).default('named'),
    }),
    answer: exportReportSchema,
  },
} as const;

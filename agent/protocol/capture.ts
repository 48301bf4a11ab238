// What agents bring to the library: chunks of a capture, of a build, or of an image that lost some, and what ends a capture.
import { z } from 'zod';
import { osoidSchema, sha256Schema } from './disk.ts';
import { firmwareBootSchema } from './firmware-boot.ts';
import { identityReportSchema } from './identity.ts';

/** Chunk ids that one question of a capture may name: an agent asks for each stretch of disk that it has read. */
export const MISSING_MOST = 1024;

export const captureMissingSchema = z.object({ hashes: z.array(sha256Schema).min(1).max(MISSING_MOST) });
/** Which of the hashes asked about, by position, the station wants to be sent. */
export const captureMissingAnswerSchema = z.object({ wanted: z.array(z.number().int().nonnegative()).max(MISSING_MOST) });

/** Entries of a chunk table of CAPTURE_TABLE_MOST_BYTES, a bit each, in base64. */
const HEAL_ENTRIES_MOST = 4 * 1024 * 1024;
export const healMissingAnswerSchema = z.object({
  /** How many distinct chunks the library lacks. */
  chunks: z.number().int().nonnegative(),
  /** Which entries of the image's chunk table name them: a bit each, the lowest of a byte first; base64. */
  entries: z.base64().max(HEAL_ENTRIES_MOST),
});

/** What ends a capture: the chunk table that was sent before, and what the agent alone knows; the station looks at the content itself. */
export const capturePublishSchema = z.object({
  chunkTable: z.object({ sizeBytes: z.number().int().positive(), sha256: sha256Schema }),
  logicalSectorBytes: z.union([z.literal(512), z.literal(4096)]),
  /** Of 256 KiB blocks, as docs/FORMAT.md "OSOID" says; checked against the table where its chunks are such blocks. */
  extents: z.object({ blockSizeBytes: z.literal(256 * 1024), count: z.number().int().nonnegative(), sha256: sha256Schema }),
  usedBytes: z.number().int().nonnegative(),
  filesystems: z
    .array(
      z.object({
        number: z.number().int().min(1).max(1024),
        capture: z.enum(['used', 'whole', 'shell']),
        /** Why a filesystem, or one in a logical volume there, was taken whole that could have been read. */
        note: z.string().max(512).optional(),
      }),
    )
    .max(1024),
  /** What the firmware starts; of a capture, as far as the agent could read it. */
  boot: firmwareBootSchema.optional(),
  /** Absent where nothing was looked into. */
  identity: identityReportSchema.optional(),
  /** What travelled, for the job's result. */
  sent: z.object({ chunks: z.number().int().nonnegative(), bytes: z.number().int().nonnegative() }),
  seconds: z.number().nonnegative(),
});
export type CapturePublish = Readonly<z.infer<typeof capturePublishSchema>>;

export const captureResultSchema = z.object({
  osoid: osoidSchema,
  name: z.string(),
  revision: z.number().int(),
  /** The library had this very content already, under this name and revision. */
  alreadyPresent: z.boolean(),
  diskBytes: z.number().int(),
  /** Of data chunks: what was read, hashed and is not zero. */
  dataBytes: z.number().int(),
  chunksSent: z.number().int(),
  /** As they travelled, compressed. */
  bytesSent: z.number().int(),
  seconds: z.number(),
  identity: identityReportSchema.optional(),
});
export type CaptureResult = Readonly<z.infer<typeof captureResultSchema>>;

/** The largest chunk table that a library reads: 32 bytes for each chunk in use, and at most 128 MiB of bitmap. */
export const CAPTURE_TABLE_MOST_BYTES = 512 * 1024 * 1024;

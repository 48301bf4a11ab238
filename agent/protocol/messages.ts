// Everything agent and station say to each other over the wire listener, one schema per direction of each call; those that bring a disk's
// content to the library are in capture.ts. Calls are POST with JSON bodies; orders are fetched by a long poll. Only `hello` is allowed without a session.
import { z } from 'zod';
import { assessmentSchema, decisionSchema, localBootSchema, trustedKeySchema } from './decision.ts';
import { diskIdentitySchema, osoidSchema, sha256Schema, tableMarkSchema } from './disk.ts';
import { factSchema } from './facts.ts';
import { failureSchema } from './failure.ts';
import { answersSchema } from './fields.ts';
import { identityKindSchema } from './identity.ts';
import { inventorySchema } from './inventory.ts';
import { growSchema } from './grow.ts';
import { recipePayloadSchema, recipeRefSchema, SCRIPT_MOST_BYTES } from './recipe.ts';
import { seedSchema } from './seed.ts';
import { ownRangeSchema, VERIFY_RANGES_MOST, verifyResultSchema } from './verify.ts';

/** Protocol versions this code speaks; both sides take the highest common one. */
export const PROTOCOL = { min: 1, max: 1 } as const;

export const helloSchema = z.object({
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
  kitId: z.string().max(128),
  agentVersion: z.string().max(64),
  /** One-time token from the kernel command line. */
  token: z.string().max(256),
  bootMac: z.string().max(32),
  architecture: z.string().max(32),
  /** Random, 32 hex characters: binds the signed answer to this very request. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});
export type Hello = Readonly<z.infer<typeof helloSchema>>;

export const helloAnswerSchema = z.object({
  nonce: z.string(),
  protocol: z.number().int(),
  sessionId: z.string(),
  /** HMAC-SHA256 key for this boot, hex. */
  sessionKey: z.string(),
  /** The station's clock; the agent has none of its own to trust. */
  nowAtMs: z.number().int(),
  stationName: z.string(),
  siteName: z.string(),
  kitId: z.string(),
  /** Keys whose provenance records and manifests this station trusts. */
  trustedKeys: z.array(trustedKeySchema).max(256),
});
export type HelloAnswer = Readonly<z.infer<typeof helloAnswerSchema>>;

export const inventoryReportSchema = z.object({ inventory: inventorySchema });
export const inventoryAnswerSchema = z.object({ machineId: z.string(), machineName: z.string() });
export type InventoryAnswer = Readonly<z.infer<typeof inventoryAnswerSchema>>;

export const orderSchema = z.discriminatedUnion('kind', [
  /** Judge this decision against your own disks and answer with an assessment. */
  z.object({ kind: z.literal('assess'), decision: decisionSchema }),
  z.object({
    kind: z.literal('deploy'),
    jobId: z.string(),
    osoid: osoidSchema,
    manifestSha256: sha256Schema,
    disk: diskIdentitySchema,
    /** Hash of what the disk held when the person said yes; any difference voids the consent. */
    contentHash: sha256Schema,
    /** The order may never erase a disk larger than this. */
    eraseCeilingBytes: z.number().int().positive(),
    consentId: z.string(),
    grow: growSchema,
    /** Per-machine settings to write into the `CIDATA` partition; none where absent. */
    seed: seedSchema.optional(),
    operator: z.string(),
    siteName: z.string(),
    /** A person accepted this very manifest, whose hash is above, although its signature is not trusted. */
    acceptSignature: z.literal(true).optional(),
  }),
  /** Read this disk and send what the library lacks of it; nothing is written to it. */
  z.object({
    kind: z.literal('capture'),
    jobId: z.string(),
    disk: diskIdentitySchema,
    imageName: z.string(),
    /** What makes the system one of its kind, to be taken out of the image; the disk keeps it. */
    neutralise: z.array(identityKindSchema).optional(),
  }),
  /** Hold this disk against the image that its record names; nothing is written to it. */
  z.object({
    kind: z.literal('verify'),
    jobId: z.string(),
    disk: diskIdentitySchema,
    osoid: osoidSchema,
    manifestSha256: sha256Schema,
    /** What the deploy rewrote, as it reported; absent where the station does not know. */
    own: z.array(ownRangeSchema).max(VERIFY_RANGES_MOST).optional(),
    acceptSignature: z.literal(true).optional(),
    /** Send the library those of its chunks that it lacks. An agent that does not know of it only compares. */
    heal: z.literal(true).optional(),
  }),
  /**
   * Run this script on this disk, and nowhere else; then capture what it made, into this same job. In two parts where something else than the
   * agent builds: `prepare` ends with a blank disk, `collect` takes up the one that is no longer so.
   */
  z.object({
    kind: z.literal('build'),
    jobId: z.string(),
    part: z.enum(['prepare', 'collect']).optional(),
    recipe: recipeRefSchema,
    script: z.string().max(SCRIPT_MOST_BYTES),
    payloads: z.array(recipePayloadSchema).max(32),
    timeLimitMinutes: z.number().int().positive(),
    /** As the script finds them. */
    facts: z.array(factSchema).max(4096),
    imageName: z.string(),
    disk: diskIdentitySchema,
    contentHash: sha256Schema,
    eraseCeilingBytes: z.number().int().positive(),
    consentId: z.string(),
  }),
  /** Boot the local disk, after checking its record still names this OSOID (null: the person said so without one). */
  z.object({ kind: z.literal('boot-local'), osoid: osoidSchema.nullable(), reason: z.string() }),
  z.object({ kind: z.literal('reboot'), reason: z.string() }),
  /** Look at the disks again and send a fresh inventory. */
  z.object({ kind: z.literal('rescan') }),
  /** Stop the running job at the next safe point. */
  z.object({ kind: z.literal('cancel'), jobId: z.string() }),
  /** Text for the target's own screen. */
  z.object({ kind: z.literal('show'), text: z.string(), waitingFor: z.string().nullable() }),
]);
export type Order = Readonly<z.infer<typeof orderSchema>>;

/** The signed bytes of an order: JSON of this, signed as it stands. */
export const orderBodySchema = z.object({
  sessionId: z.string(),
  sequence: z.number().int().positive(),
  issuedAtMs: z.number().int(),
  /** The keys that the station trusts when it orders this: they take the place of those of hello. Absent where no key is judged. */
  trustedKeys: z.array(trustedKeySchema).max(256).optional(),
  order: orderSchema,
});
export type OrderBody = Readonly<z.infer<typeof orderBodySchema>>;

export const signedSchema = z.object({ body: z.string(), keyId: z.string(), signature: z.string() });
export type Signed = Readonly<z.infer<typeof signedSchema>>;

export const ordersAnswerSchema = z.object({ orders: z.array(signedSchema).max(64) });

export const jobStepNameSchema = z.enum([
  'check',
  'void-record',
  // Of a deep check that gives the library back what it lacks.
  'heal',
  'compare',
  'fetch-write',
  'wipe',
  'read-back',
  // Only with per-machine settings.
  'settings',
  'table',
  'grow',
  'boot-entry',
  'record',
  // Of a build, which goes on as a capture and ends as a deploy; `install` is a vendor's installer, without an agent.
  'script',
  'install',
  // Of a capture, which begins with `check` too.
  'survey',
  // Looks for identity in the system, and takes it out of the image where a person wants it so.
  'identity',
  'read-send',
  'publish',
]);
export type JobStepName = z.infer<typeof jobStepNameSchema>;

export const jobResultSchema = z.object({
  osoid: osoidSchema,
  bytesTotal: z.number().int(),
  bytesInPlace: z.number().int(),
  bytesFetched: z.number().int(),
  bytesWritten: z.number().int(),
  bytesVerified: z.number().int(),
  seconds: z.number(),
  /** Byte ranges whose content differs from the manifest because our own steps rewrote them. */
  rewrittenRanges: z.array(ownRangeSchema).max(VERIFY_RANGES_MOST),
  localBoot: localBootSchema,
  /** False where the image leaves no place for the provenance record: nothing on the disk says then what is on it. */
  recorded: z.boolean().optional(),
});
export type JobResult = Readonly<z.infer<typeof jobResultSchema>>;

export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('assessment'), sequence: z.number().int(), assessment: assessmentSchema }),
  z.object({ kind: z.literal('step'), jobId: z.string(), step: jobStepNameSchema, state: z.enum(['started', 'done']), note: z.string() }),
  z.object({
    kind: z.literal('progress'),
    jobId: z.string(),
    number: z.number().int(),
    step: jobStepNameSchema,
    bytesDone: z.number().int(),
    bytesTotal: z.number().int(),
    bytesPerSecond: z.number(),
  }),
  z.object({ kind: z.literal('finished'), jobId: z.string(), result: jobResultSchema }),
  /** Of the first part of a build: the disk is blank. */
  z.object({ kind: z.literal('prepared'), jobId: z.string() }),
  /** What was built is published, and the disk starts; `recorded`: it carries the record too. */
  z.object({ kind: z.literal('built'), jobId: z.string(), localBoot: localBootSchema, recorded: z.boolean() }),
  z.object({ kind: z.literal('verified'), jobId: z.string(), result: verifyResultSchema }),
  z.object({ kind: z.literal('failed'), jobId: z.string(), failure: failureSchema }),
  z.object({ kind: z.literal('refused'), sequence: z.number().int(), failure: failureSchema }),
  /** What a person typed at the target's own console. */
  z.object({ kind: z.literal('answers'), answers: answersSchema }),
  z.object({ kind: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: z.string().max(2000) }),
  z.object({
    kind: z.literal('leaving'),
    how: z.enum(['reboot', 'boot-local']),
    localBoot: localBootSchema.nullable(),
    /** The firmware took it that it starts the disk itself (BootNext). Agents that do not know of it leave it out. */
    byFirmware: z.literal(true).optional(),
  }),
]);
export type Report = Readonly<z.infer<typeof reportSchema>>;

export const reportsSchema = z.object({ reports: z.array(reportSchema).min(1).max(256) });

/** The agent asks for the signed provenance record after its read-back; the station answers only for that job. */
export const provenanceRequestSchema = z.object({
  jobId: z.string(),
  osoid: osoidSchema,
  manifestSha256: sha256Schema,
  disk: diskIdentitySchema,
  /** The table that the disk has now. */
  table: tableMarkSchema.optional(),
});
export const provenanceAnswerSchema = z.object({ record: z.string() });

export const PAYLOAD_PART_BYTES = 4 * 1024 * 1024;

export const WIRE = {
  hello: '/agent/hello',
  inventory: '/agent/inventory',
  orders: '/agent/orders',
  report: '/agent/report',
  provenance: '/agent/provenance',
  manifest: (osoid: string) => `/library/${osoid}/manifest`,
  signature: (osoid: string) => `/library/${osoid}/signature`,
  chunkTable: (osoid: string) => `/library/${osoid}/chunk-table`,
  chunks: (osoid: string) => `/library/${osoid}/chunks`,
  /** A part of a payload file, from `?at=BYTE` on, at most PAYLOAD_PART_BYTES. */
  payload: (jobId: string, sha256: string) => `/build/${jobId}/payload/${sha256}`,
  captureMissing: (jobId: string) => `/capture/${jobId}/missing`,
  /** Body: frames of wanted chunks, back to back, of at most 4 MiB raw content. */
  captureChunks: (jobId: string) => `/capture/${jobId}/chunks`,
  /** Body: a part of the chunk table, which begins at `?at=BYTES` of it; parts come in order. */
  captureTable: (jobId: string) => `/capture/${jobId}/table`,
  capturePublish: (jobId: string) => `/capture/${jobId}/publish`,
  /** Which chunks of the image the library lacks; what has been sent before is kept for good by the time of the answer. */
  healMissing: (jobId: string) => `/heal/${jobId}/missing`,
  /** Body: frames of such chunks, back to back, of at most 4 MiB raw content. */
  healChunks: (jobId: string) => `/heal/${jobId}/chunks`,
} as const;

/** Request headers of a session: id, a counter that only grows, and HMAC-SHA256(key, `METHOD\nPATH\nCOUNTER\nSHA256(body)`), hex. */
export const SESSION_HEADERS = { id: 'x-rackside-session', counter: 'x-rackside-counter', mac: 'x-rackside-mac' } as const;

// Everything agent and station say to each other over the wire listener, one schema per direction of each call.
// Calls are POST with JSON bodies; orders are fetched by a long poll. Only `hello` is allowed without a session.
import { z } from 'zod';
import { assessmentSchema, decisionSchema, localBootSchema, trustedKeySchema } from './decision.ts';
import { diskIdentitySchema, osoidSchema, sha256Schema } from './disk.ts';
import { failureSchema } from './failure.ts';
import { inventorySchema } from './inventory.ts';

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
    growLastPartition: z.boolean(),
    operator: z.string(),
    siteName: z.string(),
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
  order: orderSchema,
});
export type OrderBody = Readonly<z.infer<typeof orderBodySchema>>;

export const signedSchema = z.object({ body: z.string(), keyId: z.string(), signature: z.string() });
export type Signed = Readonly<z.infer<typeof signedSchema>>;

export const ordersAnswerSchema = z.object({ orders: z.array(signedSchema).max(64) });

export const jobStepNameSchema = z.enum([
  'check',
  'void-record',
  'compare',
  'fetch-write',
  'wipe',
  'read-back',
  'table',
  'grow',
  'boot-entry',
  'record',
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
  rewrittenRanges: z.array(z.object({ offsetBytes: z.number().int(), lengthBytes: z.number().int(), why: z.string() })).max(256),
  localBoot: localBootSchema,
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
  z.object({ kind: z.literal('failed'), jobId: z.string(), failure: failureSchema }),
  z.object({ kind: z.literal('refused'), sequence: z.number().int(), failure: failureSchema }),
  z.object({ kind: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: z.string().max(2000) }),
  z.object({ kind: z.literal('leaving'), how: z.enum(['reboot', 'boot-local']), localBoot: localBootSchema.nullable() }),
]);
export type Report = Readonly<z.infer<typeof reportSchema>>;

export const reportsSchema = z.object({ reports: z.array(reportSchema).min(1).max(256) });

/** The agent asks for the signed provenance record after its read-back; the station answers only for that job. */
export const provenanceRequestSchema = z.object({
  jobId: z.string(),
  osoid: osoidSchema,
  manifestSha256: sha256Schema,
  disk: diskIdentitySchema,
});
export const provenanceAnswerSchema = z.object({ record: z.string() });

/** Chunk batch: at most this many SHA-256 ids a request (about 4 MiB raw); the answer is that many pack frames in order. */
export const BATCH_CHUNKS = 16;

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
} as const;

/** Request headers of a session: id, a counter that only grows, and HMAC-SHA256(key, `METHOD\nPATH\nCOUNTER\nSHA256(body)`), hex. */
export const SESSION_HEADERS = { id: 'x-rackside-session', counter: 'x-rackside-counter', mac: 'x-rackside-mac' } as const;

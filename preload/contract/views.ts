// What a window is shown: the station's own words about machines, images, policies, jobs. Read-only copies, never references.
import { z } from 'zod';
import { diskSchema, osoidSchema } from '../../agent/protocol/disk.ts';
import { factSchema, factValueSchema } from '../../agent/protocol/facts.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { fieldSchema } from '../../agent/protocol/fields.ts';
import { captureResultSchema } from '../../agent/protocol/capture.ts';
import { jobResultSchema, jobStepNameSchema } from '../../agent/protocol/messages.ts';
import { verifyResultSchema } from '../../agent/protocol/verify.ts';
import { armedViewSchema } from './arming.ts';
import { setPlaceSchema } from './image-set.ts';
import { besideSchema } from './outlook.ts';
import { outcomeSchema, policyDifferenceSchema, policySchema, traceSchema } from './policy.ts';

/** Where a machine is on its journey (docs/operating.md, "The journey"). */
export const machineStateSchema = z.enum([
  'seen',
  'booting',
  'inventoried',
  'matched',
  'unmatched',
  'ambiguous',
  'waiting',
  'working',
  'provisioned',
  'failed',
]);
export type MachineState = z.infer<typeof machineStateSchema>;

/** What a person is asked: to erase, to choose, or to mend something. */
export const questionSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('erase'),
    osoid: osoidSchema,
    imageName: z.string(),
    /** Set where no image is written but one is built: then `osoid` is the hash of this recipe. */
    recipe: z.object({ id: z.string(), version: z.number().int() }).optional(),
    /** Set where this is a member of an image set that is built: the same yes covers what `covers` names, on the same disk. */
    set: setPlaceSchema.extend({ covers: z.array(z.string()) }).optional(),
    /** What the disk gets beside the image; `machines.outlook` shows it. Absent where nothing of the library is written. */
    beside: besideSchema.optional(),
    /** The disk that will be erased, as the agent described it. */
    disk: diskSchema,
    /** Disks that stay untouched. */
    untouched: z.array(diskSchema),
    /** Upper bound of what travels, bytes. */
    fetchBytes: z.number().int(),
    /** Hash of machine, boot session, disk, content and OSOID: an approval names it and dies with any difference. */
    consentHash: z.string(),
  }),
  z.object({ kind: z.literal('choose'), reason: z.string() }),
  z.object({
    kind: z.literal('fact'),
    facts: z.array(z.string()),
    /** How each of them is asked for; the target's own console asks the same. */
    fields: z.array(fieldSchema).default([]),
    reason: z.string(),
  }),
  z.object({ kind: z.literal('refused'), failures: z.array(failureSchema) }),
]);
export type Question = z.infer<typeof questionSchema>;

export const progressSchema = z.object({
  machineId: z.string(),
  jobId: z.string(),
  number: z.number().int(),
  step: jobStepNameSchema,
  bytesDone: z.number().int(),
  bytesTotal: z.number().int(),
  bytesPerSecond: z.number(),
  /** 0 to 1 over the whole job. */
  fraction: z.number(),
});
export type Progress = z.infer<typeof progressSchema>;

export const machineViewSchema = z.object({
  id: z.string(),
  /** Short human name: a given name, else serial or MAC. */
  name: z.string(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  macs: z.array(z.string()),
  position: z.string().nullable(),
  firmware: z.enum(['bios', 'uefi']).nullable(),
  secureBoot: z.boolean().nullable(),
  state: machineStateSchema,
  /** Since when it is in this state. */
  stateAtMs: z.number().int(),
  /** A plain sentence: what is going on, or what went wrong. */
  says: z.string(),
  question: questionSchema.nullable(),
  failure: failureSchema.nullable(),
  osoid: osoidSchema.nullable(),
  imageName: z.string().nullable(),
  jobId: z.string().nullable(),
  /** True while an agent of this boot answers. */
  online: z.boolean(),
  firstSeenAtMs: z.number().int(),
  lastSeenAtMs: z.number().int(),
});
export type MachineView = z.infer<typeof machineViewSchema>;

/** One stage of the boot timeline: DHCP, loader, kernel, stage 1, stage 2, agent, inventory, waiting, deploy. */
export const bootStageSchema = z.object({ stage: z.string(), startedAtMs: z.number().int(), endedAtMs: z.number().int().nullable() });
export type BootStage = z.infer<typeof bootStageSchema>;

export const eventViewSchema = z.object({
  id: z.number().int(),
  atMs: z.number().int(),
  machineId: z.string().nullable(),
  jobId: z.string().nullable(),
  /** `area.past-tense`, e.g. `machine.seen`, `consent.given`, `dhcp.offered`. */
  kind: z.string(),
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
});
export type EventView = z.infer<typeof eventViewSchema>;

export const jobViewSchema = z.object({
  id: z.string(),
  machineId: z.string(),
  machineName: z.string(),
  kind: z.enum(['deploy', 'capture', 'build', 'verify']),
  /** Null for a capture or a build that has made no image. */
  osoid: osoidSchema.nullable(),
  imageName: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  attempt: z.number().int(),
  operator: z.string(),
  siteName: z.string(),
  createdAtMs: z.number().int(),
  endedAtMs: z.number().int().nullable(),
  steps: z.array(
    z.object({ step: jobStepNameSchema, startedAtMs: z.number().int(), endedAtMs: z.number().int().nullable(), note: z.string() }),
  ),
  /** Of a deploy. */
  result: jobResultSchema.nullable(),
  /** Of a capture or a build. */
  captured: captureResultSchema.nullable(),
  /** Of a deep check. */
  verified: verifyResultSchema.nullable(),
  failure: failureSchema.nullable(),
});
export type JobView = z.infer<typeof jobViewSchema>;

export const machineDetailSchema = z.object({
  machine: machineViewSchema,
  facts: z.array(factSchema),
  disks: z.array(diskSchema),
  outcome: outcomeSchema.nullable(),
  /** The policy that decided; null where a person did, or nothing is decided. */
  policy: z.string().nullable(),
  trace: traceSchema.nullable(),
  boot: z.array(bootStageSchema),
  events: z.array(eventViewSchema),
  jobs: z.array(jobViewSchema),
});
export type MachineDetail = z.infer<typeof machineDetailSchema>;

/** All that is known of a machine's facts: who said it and since when, and every change. */
export const machineFactsSchema = z.object({
  machineId: z.string(),
  name: z.string(),
  facts: z.array(
    factSchema.extend({
      origin: z.enum(['inventory', 'person', 'plan']),
      sinceMs: z.number().int(),
      /** False where another value of this fact stands: a measurement goes before a person's word. */
      counts: z.boolean(),
    }),
  ),
  /** Oldest first; null: it ceased to be known. */
  history: z.array(z.object({ name: z.string(), value: factValueSchema.nullable(), source: z.string(), atMs: z.number().int() })),
});
export type MachineFacts = z.infer<typeof machineFactsSchema>;

/** Two records that a person joined, or one that was parted; `otherId` is the one that went, or came. */
export const recordChangeSchema = z.object({
  id: z.number().int(),
  kind: z.enum(['merge', 'split']),
  keptId: z.string(),
  keptName: z.string(),
  otherId: z.string(),
  otherName: z.string(),
  atMs: z.number().int(),
  operator: z.string(),
  undoneAtMs: z.number().int().nullable(),
});
export type RecordChangeView = z.infer<typeof recordChangeSchema>;

export const imageViewSchema = z.object({
  osoid: osoidSchema,
  manifestSha256: z.string(),
  name: z.string(),
  revision: z.number().int(),
  labels: z.record(z.string(), z.string()),
  createdAt: z.string(),
  diskSizeBytes: z.number().int(),
  dataBytes: z.number().int(),
  storedBytes: z.number().int(),
  logicalSectorBytes: z.number().int(),
  firmware: z.enum(['bios', 'uefi', 'both', 'none']),
  architecture: z.string(),
  secureBootTrusted: z.boolean(),
  table: z.string(),
  partitions: z.array(
    z.object({
      number: z.number().int(),
      name: z.string(),
      filesystem: z.string().nullable(),
      startLba: z.number().int(),
      sectors: z.number().int(),
      /** Of its filesystem; and the partition's type, as the table says it. */
      label: z.string().optional(),
      type: z.string().optional(),
      /** Why its filesystem was taken whole although its kind can be read. */
      note: z.string().optional(),
    }),
  ),
  /** What was wrong with the partition table of its source; absent where nothing was. */
  tableNotes: z.array(z.string()).optional(),
  trust: z.enum(['trusted', 'unknown-key', 'broken']),
  keyId: z.string(),
  /** Of the signature as it came, base64url: what a person may choose to trust. */
  publicKey: z.string(),
  notes: z.string(),
  /** Volumes that open by the TPM of the machine they were made on, and what that machine is called; absent where there are none. */
  boundToMachine: z
    .object({
      volumes: z.array(
        z.object({ number: z.number().int(), by: z.enum(['luks-tpm2', 'clevis-tpm2', 'bitlocker-tpm']), otherKey: z.boolean() }),
      ),
      sourceNames: z.record(z.string(), z.string()),
    })
    .optional(),
  /** What it was built by, and the values that make two machines alike. */
  recipe: z.object({ id: z.string(), version: z.string(), matchOn: z.record(z.string(), z.unknown()) }).optional(),
});
export type ImageView = z.infer<typeof imageViewSchema>;

export const policyViewSchema = z.object({
  policy: policySchema,
  enabled: z.boolean(),
  addedAtMs: z.number().int(),
  used: z.number().int(),
  /** Why it is never reached though it is on, in a sentence that names the policy before it; else null. */
  shadowed: z.string().nullable(),
  /** A policy of this name came with a file and waits to be looked at; until then `policy` decides, as far as it is on. */
  arrived: z.object({ policy: policySchema, source: z.string(), atMs: z.number().int(), difference: policyDifferenceSchema }).nullable(),
});
export type PolicyView = z.infer<typeof policyViewSchema>;

export const preflightReportSchema = z.object({
  verdict: z.enum(['pass', 'warn', 'fail']),
  atMs: z.number().int(),
  checks: z.array(
    z.object({
      id: z.string(),
      number: z.number().int(),
      title: z.string(),
      verdict: z.enum(['pass', 'warn', 'fail']),
      message: z.string(),
      next: z.string(),
      facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    }),
  ),
});
export type PreflightReport = z.infer<typeof preflightReportSchema>;

export const stationViewSchema = z.object({
  name: z.string(),
  version: z.string(),
  siteName: z.string(),
  operator: z.string(),
  /** Of the operating system, by its name there: what a program that the station runs may do. */
  account: z.string(),
  /** `rack` = a NIC on a real wire; `loopback` = the software rack. */
  wire: z.object({
    kind: z.enum(['rack', 'loopback']),
    nic: z.string().nullable(),
    address: z.string(),
    mode: z.enum(['server', 'proxy']),
    httpPort: z.number().int(),
    /** Null while the wire services run; else why they do not. */
    problem: failureSchema.nullable(),
  }),
  /** `macs`: only these machines are answered; absent: all. */
  listening: z.object({
    on: z.boolean(),
    untilMs: z.number().int().nullable(),
    macs: z.array(z.string()).optional(),
    ports: z.array(z.string()).optional(),
  }),
  /** Null: every disk is asked about. */
  armed: armedViewSchema.nullable(),
  kit: z.object({ kitId: z.string().nullable(), problem: failureSchema.nullable() }),
  library: z.object({ folder: z.string(), images: z.number().int(), storedBytes: z.number().int() }),
  keyId: z.string(),
  leases: z.number().int(),
  bytesServed: z.number().int(),
});
export type StationView = z.infer<typeof stationViewSchema>;

// What a window is shown: the station's own words about machines, images, policies, jobs. Read-only copies, never references.
import { z } from 'zod';
import { diskSchema, osoidSchema } from '../../agent/protocol/disk.ts';
import { factSchema } from '../../agent/protocol/facts.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { jobResultSchema, jobStepNameSchema } from '../../agent/protocol/messages.ts';
import { outcomeSchema, policySchema, traceSchema } from './policy.ts';

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
  z.object({ kind: z.literal('fact'), facts: z.array(z.string()), reason: z.string() }),
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
  kind: z.enum(['deploy']),
  osoid: osoidSchema,
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
  result: jobResultSchema.nullable(),
  failure: failureSchema.nullable(),
});
export type JobView = z.infer<typeof jobViewSchema>;

export const machineDetailSchema = z.object({
  machine: machineViewSchema,
  facts: z.array(factSchema),
  disks: z.array(diskSchema),
  outcome: outcomeSchema.nullable(),
  trace: traceSchema.nullable(),
  boot: z.array(bootStageSchema),
  events: z.array(eventViewSchema),
  jobs: z.array(jobViewSchema),
});
export type MachineDetail = z.infer<typeof machineDetailSchema>;

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
    }),
  ),
  trust: z.enum(['trusted', 'unknown-key', 'broken']),
  keyId: z.string(),
  notes: z.string(),
});
export type ImageView = z.infer<typeof imageViewSchema>;

export const policyViewSchema = z.object({
  policy: policySchema,
  enabled: z.boolean(),
  addedAtMs: z.number().int(),
  used: z.number().int(),
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
  listening: z.object({ on: z.boolean(), untilMs: z.number().int().nullable() }),
  kit: z.object({ kitId: z.string().nullable(), problem: failureSchema.nullable() }),
  library: z.object({ folder: z.string(), images: z.number().int(), storedBytes: z.number().int() }),
  keyId: z.string(),
  leases: z.number().int(),
  bytesServed: z.number().int(),
});
export type StationView = z.infer<typeof stationViewSchema>;

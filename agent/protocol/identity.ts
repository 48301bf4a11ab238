// What makes a system one of its kind, as a capture finds it and, where a person wants it so, takes it out of the image: for the order,
// the end of a capture, the signed manifest and the screens.
import { z } from 'zod';

/** In the order in which people are shown them. */
export const IDENTITY_KINDS = [
  'machine-id',
  'ssh-host-keys',
  'hostname',
  'dhcp',
  'network-cards',
  'cloud-init',
  'random-seed',
  'storage',
  'credentials',
  'windows',
] as const;
export const identityKindSchema = z.enum(IDENTITY_KINDS);
export type IdentityKind = z.infer<typeof identityKindSchema>;

/** More are counted, not listed: a manifest has a limit. */
export const FINDINGS_MOST = 1000;

const words = (max: number) => z.string().max(max);
const count = z.number().int().nonnegative();

/** Something as it lies on a filesystem. `files` and `sizeBytes` of a folder are of all that is in it; `sha256` is of a file's bytes, or a link's target. */
const traceSchema = z.object({
  type: z.enum(['file', 'folder', 'link']),
  sizeBytes: count,
  files: count.optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
export type IdentityTrace = Readonly<z.infer<typeof traceSchema>>;

/** A newer station may know more kinds: what is listed is for people, and read as it comes. */
const kindWordSchema = words(64);

const findingSchema = z.object({
  kind: kindWordSchema,
  /** Which filesystem of the disk, for people. */
  volume: words(200),
  /** From the root of the system, or of the filesystem where it holds none. */
  path: words(1024),
  what: words(200),
  /** What it says, where that is no secret; null where it is, or was left out. */
  value: words(400).nullable(),
  /**
   * `found`: it is in the image. `removed`, `reset`: it is not, as a person wanted. `left`: it was to go, and cannot without the system
   * itself. `added`: nothing was there; the system needs it to make anew what was taken.
   */
  outcome: z.enum(['found', 'removed', 'reset', 'left', 'added']),
  was: traceSchema.nullable(),
  now: traceSchema.nullable(),
  /** What the system makes of it at its next start; of what stays, what a person can do. */
  note: words(600),
});
export type IdentityFinding = Readonly<z.infer<typeof findingSchema>>;

const problemSchema = z.object({ volume: words(200), code: words(64), message: words(1000), next: words(600) });
export type IdentityProblem = Readonly<z.infer<typeof problemSchema>>;

export const identityReportSchema = z.object({
  /** What a person wanted neutralised; empty where it was only looked for. */
  neutralise: z.array(kindWordSchema).max(64),
  findings: z.array(findingSchema).max(FINDINGS_MOST),
  /** Found beyond those listed. */
  more: count,
  /** Where nothing could be looked for, and why. */
  problems: z.array(problemSchema).max(256),
});
export type IdentityReport = Readonly<z.infer<typeof identityReportSchema>>;

// What the agent says of one disk of its machine: who the disk is, what it holds, and whether it may be written.
import { z } from 'zod';
import { failureSchema } from './failure.ts';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
/** An OS object identifier: the SHA-256 of an image's content part (docs/FORMAT.md, "OSOID"). */
export const osoidSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** What names a physical disk across reboots; device names (`/dev/nvme0n1`) never do. */
export const diskIdentitySchema = z.object({
  serial: z.string().max(256).nullable(),
  wwn: z.string().max(256).nullable(),
  sizeBytes: z.number().int().nonnegative(),
});
export type DiskIdentity = Readonly<z.infer<typeof diskIdentitySchema>>;

/** Why a disk is never a candidate unless pinned by WWN or serial (docs/operating.md, "Which disk"). */
export const diskExclusionSchema = z.enum([
  'removable',
  'boot-media',
  'virtual-media',
  'internal-sd',
  'fibre-channel',
  'iscsi',
  'nvme-over-fabrics',
  'multipath',
  'raid-member',
  'spanning-volume-group',
  'spanning-pool',
  'read-only-hardware',
]);
export type DiskExclusion = z.infer<typeof diskExclusionSchema>;

export const partitionSchema = z.object({
  number: z.number().int(),
  startLba: z.number().int(),
  sectors: z.number().int(),
  typeId: z.string(),
  name: z.string(),
  filesystem: z.string().nullable(),
  label: z.string().nullable(),
  uuid: z.string().nullable(),
});
export type DiskPartition = Readonly<z.infer<typeof partitionSchema>>;

export const diskContentSchema = z.object({
  /** SHA-256 over partition table and signature areas: what a consent is bound to. */
  hash: sha256Schema,
  table: z.enum(['gpt', 'mbr', 'none', 'damaged']),
  partitions: z.array(partitionSchema).max(256),
  signatures: z.array(z.object({ offsetBytes: z.number().int(), kind: z.string() })).max(256),
  /** Operating system recognised on it, e.g. "Windows" or "Linux (Debian)", else null. */
  recognisedOs: z.string().nullable(),
  /** True when every probed area reads as zeros: such a disk holds nothing to lose. */
  blank: z.boolean(),
});
export type DiskContent = Readonly<z.infer<typeof diskContentSchema>>;

/** A disk's GPT, by what a system in use keeps of it: a first boot may give the disk another GUID, and hardly its partitions. */
export const tableMarkSchema = z.object({ id: z.string().max(64).nullable(), firstPartition: z.string().max(64).nullable() });
export type TableMark = Readonly<z.infer<typeof tableMarkSchema>>;

export const provenanceVerdictSchema = z.enum(['trusted', 'unknown-key', 'other-disk', 'other-table', 'broken', 'voided', 'absent']);

export const provenanceViewSchema = z.object({
  verdict: provenanceVerdictSchema,
  osoid: osoidSchema.nullable(),
  manifestSha256: sha256Schema.nullable(),
  stationName: z.string().nullable(),
  keyId: z.string().nullable(),
  writtenAt: z.string().nullable(),
  /** Of the per-machine settings written with it. */
  settingsSha256: sha256Schema.optional(),
});
export type ProvenanceView = Readonly<z.infer<typeof provenanceViewSchema>>;

export const diskSchema = diskIdentitySchema.extend({
  /** Kernel device path of this boot, for display only. */
  path: z.string(),
  model: z.string().nullable(),
  vendor: z.string().nullable(),
  transport: z.enum(['nvme', 'sata', 'sas', 'scsi', 'usb', 'virtio', 'mmc', 'fibre-channel', 'iscsi', 'nvme-over-fabrics', 'unknown']),
  kind: z.enum(['ssd', 'hdd', 'unknown']),
  logicalSectorBytes: z.number().int().positive(),
  physicalSectorBytes: z.number().int().positive(),
  exclusions: z.array(diskExclusionSchema),
  content: diskContentSchema.nullable(),
  provenance: provenanceViewSchema,
  /** Set when the disk could not be read; then `content` is null. */
  problem: failureSchema.nullable(),
});
export type Disk = Readonly<z.infer<typeof diskSchema>>;

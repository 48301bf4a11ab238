// The content part of a manifest: the only thing that OSOID is computed from (docs/FORMAT.md "Content part").
import { z } from 'zod';
import { MAX_DISK_BYTES } from './chunk-table.ts';
import type { PartitionTable } from './partition-table.ts';
import type { ExtentsDigest } from './osoid.ts';

/** How firmware can start the image: BIOS boot code, UEFI loaders, both, or nothing found. */
export const firmwareKindSchema = z.enum(['bios', 'uefi', 'both', 'unknown']);
export type FirmwareKind = z.infer<typeof firmwareKindSchema>;

/** `x86` is BIOS boot code without a UEFI loader: an i386 or x86_64 system, which of them the boot path does not say. */
export const architectureSchema = z.enum(['x86_64', 'i386', 'x86', 'aarch64', 'arm', 'riscv64', 'loongarch64', 'unknown']);
export type Architecture = z.infer<typeof architectureSchema>;

const count = z.int().nonnegative();
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const guid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** A partition as the table says it: GPT types are lower-case GUIDs, MBR types `0x83`. LBAs count logical sectors. */
const partitionContentSchema = z.looseObject({
  number: z.int().min(1).max(1024),
  type: z.union([guid, z.string().regex(/^0x[0-9a-f]{2}$/)]),
  guid: guid.nullable(),
  startLba: count,
  sectors: z.int().positive(),
  /** GPT attribute bits as 16 hex digits; MBR: bit 0 is the active flag. */
  attributes: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().max(72),
});

const tableContentSchema = z.looseObject({
  kind: z.enum(['gpt', 'mbr', 'none']),
  /** GPT disk GUID, MBR disk signature as `0x` and 8 digits, null without a table. */
  id: z.union([guid, z.string().regex(/^0x[0-9a-f]{8}$/)]).nullable(),
  partitions: z.array(partitionContentSchema).max(1024),
});

const diskContentSchema = z.looseObject({
  sizeBytes: z.int().positive().max(MAX_DISK_BYTES),
  logicalSectorBytes: z.union([z.literal(512), z.literal(4096)]),
  firmware: firmwareKindSchema,
  architecture: architectureSchema,
  table: tableContentSchema,
  extents: z.looseObject({ blockSizeBytes: z.literal(256 * 1024), count, sha256: sha256Schema }),
});

/** Version 1 takes exactly one disk; `manifest.more-disks` says so to a person. */
export const contentSchema = z.looseObject({ disks: z.array(diskContentSchema).length(1) });
export type ImageContent = z.infer<typeof contentSchema>;
export type DiskContent = ImageContent['disks'][number];

/** Puts a content part together; `table` must be the image's own, as found in its bytes. */
export const contentOf = (disk: {
  readonly table: PartitionTable;
  readonly firmware: FirmwareKind;
  readonly architecture: Architecture;
  readonly extents: ExtentsDigest;
}): ImageContent => ({
  disks: [
    {
      sizeBytes: disk.table.diskSizeBytes,
      logicalSectorBytes: disk.table.logicalSectorBytes,
      firmware: disk.firmware,
      architecture: disk.architecture,
      table: {
        kind: disk.table.kind,
        id: disk.table.id,
        partitions: disk.table.partitions.map(({ number, type, guid: id, startLba, sectors, attributes, name }) => ({
          number,
          type,
          guid: id,
          startLba,
          sectors,
          attributes,
          name: name.toWellFormed(),
        })),
      },
      extents: disk.extents,
    },
  ],
});

/** The one disk of an image. */
export const diskOf = (content: ImageContent): DiskContent => {
  const [disk] = content.disks;
  if (disk === undefined) throw new Error('an image without a disk passed its schema');
  return disk;
};

/** True if an image's architecture can run on a machine's (`uname -m` names): an i386 system runs on x86_64, not the reverse. */
export const architectureFits = (image: Architecture, machine: Architecture): boolean => {
  if (image === machine) return true;
  return machine === 'x86_64' ? image === 'i386' || image === 'x86' : machine === 'i386' && image === 'x86';
};

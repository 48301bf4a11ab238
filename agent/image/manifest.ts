// `manifest.json` (docs/FORMAT.md "Manifest"): the signed list that makes an image of chunks. Content (what OSOID names) and
// description (what people and matching need) in one canonical JSON object.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { failed, success } from '../protocol/failure.ts';
import { firmwareBootSchema } from '../protocol/firmware-boot.ts';
import { identityReportSchema } from '../protocol/identity.ts';
import type { Result } from '../protocol/failure.ts';
import { canonicalBytes, parseCanonicalJson } from './canonical-json.ts';
import { chunkCountOf } from './chunk-table.ts';
import { architectureSchema, contentSchema, diskOf, sha256Schema } from './content.ts';
import { machineBindingSchema } from './machine-binding.ts';
import { osoidOf } from './osoid.ts';

export const MANIFEST_SCHEMA = 'rackside.manifest';
export const MANIFEST_MAX_BYTES = 4 * 1024 * 1024;
/** Features a reader of this version has; a manifest that requires another is refused, never half understood. */
const KNOWN_FEATURES: ReadonlySet<string> = new Set(['zstd', 'sha256']);

const words = (max: number) => z.string().max(max);
const count = z.int().nonnegative();

/** A loader on the image's ESP or boot area, and who signed it. */
export const bootLoaderSchema = z.looseObject({
  path: words(260),
  kind: z.enum(['shim', 'grub', 'systemd-boot', 'windows', 'removable', 'kernel', 'bios-boot-code', 'other']),
  architecture: architectureSchema,
  /** For each signature, the common name of the certificate that issued the signer's; empty if unsigned. */
  signedBy: z.array(words(256)).max(8),
  /** Of boot code in sector 0: whose it is, and where GRUB's core lies. Since the first release it may be absent. */
  bootCode: z
    .looseObject({
      code: z.enum(['grub', 'lilo', 'syslinux', 'windows', 'other']),
      core: z.looseObject({ lba: count, partition: z.int().nullable(), found: z.boolean() }).optional(),
    })
    .optional(),
});
export type BootLoader = Readonly<z.infer<typeof bootLoaderSchema>>;

/** A filesystem found in a partition, and how much of it was taken. */
export const foundFilesystemSchema = z.looseObject({
  number: z.int().min(1).max(1024),
  kind: words(32).nullable(),
  label: words(256).nullable(),
  uuid: words(64).nullable(),
  /** `used`: only its used blocks; `whole`: every block; `shell`: only its header (swap). */
  capture: z.enum(['used', 'whole', 'shell']),
  /** Why a filesystem that could have been read was taken whole. */
  note: words(512).optional(),
});
export type FoundFilesystem = Readonly<z.infer<typeof foundFilesystemSchema>>;

export const manifestSchema = z.looseObject({
  schema: z.literal(MANIFEST_SCHEMA),
  version: z.literal(1),
  required: z.array(words(64)).max(32),
  encryption: z.null(),
  content: contentSchema,
  name: z.string().min(1).max(200),
  revision: z.int().min(1),
  /** Images of one lineage replace each other by `revision`; `parent` is the OSOID this one was made from. */
  lineage: z.looseObject({ id: z.string().min(1).max(200), parent: sha256Schema.nullable() }),
  createdAt: z.iso.datetime(),
  labels: z.array(words(64)).max(64),
  notes: words(64 * 1024),
  hashAlg: z.literal('sha256'),
  chunkSizeBytes: z.union([z.literal(256 * 1024), z.literal(1024 * 1024)]),
  chunkTable: z.looseObject({ file: z.literal('chunks.bin'), sha256: sha256Schema, sizeBytes: count, entries: count }),
  stats: z.looseObject({ usedBytes: count, dataBytes: count, storedBytes: count }),
  source: z.looseObject({
    kind: z.enum(['import', 'capture', 'build']),
    /** Original file name for an import; null otherwise. Never used as a path. */
    fileName: words(255).nullable(),
    /** Full facts of the machine the image came from, by fact name; empty for an import. */
    facts: z.record(words(200), z.unknown()),
    /** What its firmware started, as a capture read it; absent in images that were made otherwise or before. */
    boot: firmwareBootSchema.optional(),
  }),
  recipe: z.looseObject({ id: words(200), version: words(64), matchOn: z.record(words(200), z.unknown()) }).nullable(),
  filesystems: z.array(foundFilesystemSchema).max(1024),
  /** What was wrong with the partition table of the source; absent where nothing was, and in images that were made before. */
  tableNotes: z.array(words(512)).max(16).optional(),
  bootChain: z.array(bootLoaderSchema).max(256),
  /** What its capture found of its source's identity, and took out of the image; absent where nobody looked. */
  identity: identityReportSchema.optional(),
  /** True if a volume in it is sealed to its machine's TPM. */
  boundToMachine: z.boolean(),
  /** Which, and by what; absent where none is, and in images that were made before. */
  bindings: z.array(machineBindingSchema).max(1024).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What a capture or import says about its image; the library adds chunk table, signature and stored size. Also a wire schema. */
export const imageDraftSchema = manifestSchema
  .omit({ chunkTable: true, chunkSizeBytes: true, stats: true })
  .extend({ stats: z.looseObject({ usedBytes: count, dataBytes: count }) });
export type ImageDraft = z.infer<typeof imageDraftSchema>;

/** What was read, under the id that its content gives it. */
export type ParsedManifest = { readonly manifest: Manifest; readonly osoid: string; readonly sha256: string };

/** The bytes to sign and store. Throws on a manifest that its own reader would refuse: that is a bug here, not bad luck. */
export const encodeManifest = (manifest: Manifest): Uint8Array => {
  const bytes = canonicalBytes(manifest);
  const back = parseManifest(bytes);
  if (!back.ok) throw new Error(`refusing to write a manifest that cannot be read: ${back.failure.message}`);
  return bytes;
};

/**
 * Reads untrusted bytes. Unknown members are kept; unknown required features, another version, more than one disk, any spelling
 * but the canonical one are refused. Codes: `manifest.malformed`, `manifest.newer`, `manifest.more-disks`, `manifest.encrypted`.
 */
export const parseManifest = (bytes: Uint8Array): Result<ParsedManifest> => {
  if (bytes.length > MANIFEST_MAX_BYTES) return malformed(`it has ${bytes.length} bytes`);
  const value = parseCanonicalJson(bytes);
  if (typeof value !== 'object' || value === null) return malformed('it is not canonical JSON');
  const refused = refuseByHead(value as Readonly<Record<string, unknown>>);
  if (refused !== undefined) return refused;
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) return malformed(z.prettifyError(parsed.error).split('\n').slice(0, 2).join(' ').slice(0, 300));
  // The value itself, not zod's copy: every unknown member must be hashed and written back as it came.
  const manifest = value as Manifest;
  const { sizeBytes } = diskOf(manifest.content);
  if (manifest.chunkTable.entries > chunkCountOf(sizeBytes, manifest.chunkSizeBytes)) return malformed('it has more chunks than its disk');
  return success({ manifest, osoid: osoidOf(manifest.content), sha256: createHash('sha256').update(bytes).digest('hex') });
};

const refuseByHead = (value: Readonly<Record<string, unknown>>): ReturnType<typeof failed> | undefined => {
  if (value['schema'] !== MANIFEST_SCHEMA) return malformed('it is of another kind');
  const required: readonly unknown[] = Array.isArray(value['required']) ? value['required'] : [];
  const unknown = required.filter((feature) => typeof feature !== 'string' || !KNOWN_FEATURES.has(feature));
  if (value['version'] !== 1 || unknown.length > 0)
    return failed('manifest.newer', 'The image was made by a newer version of Rackside.', 'Update this station, then try again.');
  if (value['encryption'] !== null && value['encryption'] !== undefined)
    return failed('manifest.encrypted', 'The image is encrypted, which this version cannot read.', 'Update this station, then try again.');
  const disks = (value['content'] as { disks?: unknown } | undefined)?.disks;
  if (Array.isArray(disks) && disks.length > 1)
    return failed(
      'manifest.more-disks',
      'The image spans more than one disk, which this version cannot deploy.',
      'Make an image of one disk.',
    );
  return undefined;
};

const malformed = (what: string): ReturnType<typeof failed> =>
  failed('manifest.malformed', `The image's manifest cannot be used: ${what}.`, 'Copy the image again from its source.');

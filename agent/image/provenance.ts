// The provenance record (docs/FORMAT.md "Provenance record"): one signed 4 KiB sector on a target's own disk that says which
// image was put there, by whom and on which disk. Its place is used by neither tables nor boot loaders.
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { tableMarkSchema } from '../protocol/disk.ts';
import type { TableMark } from '../protocol/disk.ts';
import { canonicalBytes, parseCanonicalJson } from './canonical-json.ts';
import { sha256Schema } from './content.ts';
import { entriesSectors } from './gpt.ts';
import type { PartitionTable } from './partition-table.ts';
import type { SigningKey, TrustedKeys } from './signature.ts';
import { signBytes, verifyBytes } from './signature.ts';

export const PROVENANCE_BYTES = 4096;
/**
 * 64 KiB below 1 MiB. GRUB's core image for BIOS, the only loader that embeds itself in this gap, lies from sector 1 to at most
 * 0x78000 (util/setup.c bounds it); a GPT's entries end at 17-24 KiB.
 */
export const PROVENANCE_OFFSET_BYTES = 1024 * 1024 - 64 * 1024;

const MAGIC = Buffer.from('RACKPROV');
const VOID_MAGIC = Buffer.from('RACKVOID');
const HEADER_BYTES = 16;
const TRAILER_BYTES = 64 + 4;

const diskIdentitySchema = z.object({
  serial: z.string().max(128).nullable(),
  wwn: z.string().max(128).nullable(),
  sizeBytes: z.int().positive(),
});
/** A disk as it names itself. */
export type DiskIdentity = Readonly<z.infer<typeof diskIdentitySchema>>;

const recordSchema = z.object({
  format: z.literal('rackside.provenance/1'),
  osoid: sha256Schema,
  manifestSha256: sha256Schema,
  disk: diskIdentitySchema,
  stationName: z.string().max(200),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  site: z.string().max(200),
  atIso: z.iso.datetime(),
  /** Names the per-machine settings that were written with it; absent where there were none. */
  settingsSha256: sha256Schema.optional(),
  /** Of the table that it was written with; absent where that was an MBR, which has no names that would tell. */
  table: tableMarkSchema.optional(),
});
export type ProvenanceRecord = Readonly<z.infer<typeof recordSchema>>;

/**
 * `other-disk`: genuine, but about another disk (a clone or a swap). `other-table`: of this disk, and none of the partitions that it was
 * written with are there: somebody has installed something else since. `broken`: torn, altered or wrongly signed.
 */
export type ProvenanceVerdict = 'trusted' | 'unknown-key' | 'other-disk' | 'other-table' | 'broken' | 'voided' | 'absent';
export type ProvenanceReading = { readonly verdict: ProvenanceVerdict; readonly record: ProvenanceRecord | null };

export type ProvenancePlace = { readonly offsetBytes: number; readonly lengthBytes: number };

/**
 * Where the record lies on a disk with this table; null (no place, so no record is ever written) where a partition or the table
 * itself reaches into it or the disk has no table. The same on a grown copy: partitions only grow at the end.
 */
export const provenancePlace = (table: PartitionTable): ProvenancePlace | null => {
  const end = PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES;
  if (table.kind === 'none' || table.diskSizeBytes < 2 * end) return null;
  const sector = table.logicalSectorBytes;
  if (table.gpt !== null && (table.gpt.entriesLba + entriesSectors(table)) * sector > PROVENANCE_OFFSET_BYTES) return null;
  const starts = [...table.partitions.map((one) => one.startLba), ...(table.mbr?.extended == null ? [] : [table.mbr.extended.startLba])];
  return starts.every((lba) => lba * sector >= end) ? { offsetBytes: PROVENANCE_OFFSET_BYTES, lengthBytes: PROVENANCE_BYTES } : null;
};

/** Null where nothing would tell this table from another. */
export const tableMarkOf = ({ gpt, id, partitions }: PartitionTable): TableMark | null => {
  const [first] = partitions.toSorted((a, b) => a.number - b.number);
  return gpt === null || first === undefined ? null : { id, firstPartition: first.guid };
};

const isSameTable = ({ id, firstPartition }: TableMark, table: PartitionTable): boolean =>
  (id !== null && id === table.id) || (firstPartition !== null && table.partitions.some(({ guid }) => guid === firstPartition));

/** True if the bytes at the place may be overwritten: a record, a voided one, or nothing. Anything else belongs to somebody. */
export const isPlaceFree = (sector: Uint8Array): boolean => hasMark(sector) || sector.every((byte) => byte === 0);

/** True if a record, valid or not, lies there: then those 4 KiB count as zeros for capture, import and OSOID. */
export const hasMark = (sector: Uint8Array): boolean => startsWith(sector, MAGIC) || startsWith(sector, VOID_MAGIC);

/** The signed sector to write, the last write of a deploy. `keyId` is the signing key's. */
export const encodeProvenance = (record: Omit<ProvenanceRecord, 'format' | 'keyId'>, key: SigningKey): Uint8Array => {
  const full: ProvenanceRecord = recordSchema.parse({ ...record, format: 'rackside.provenance/1', keyId: key.keyId });
  const json = canonicalBytes(full);
  if (HEADER_BYTES + json.length + TRAILER_BYTES > PROVENANCE_BYTES) throw new RangeError('a provenance record over 4 KiB');
  return assembleProvenance(json, signBytes(key, 'provenance', json));
};

/** The sector of a signed record: magic, length, JSON, signature, CRC-32. */
export const assembleProvenance = (json: Uint8Array, signature: Uint8Array): Uint8Array => {
  const sector = Buffer.alloc(PROVENANCE_BYTES);
  sector.set(MAGIC, 0);
  sector.writeUInt16LE(1, 8);
  sector.writeUInt32LE(json.length, 12);
  sector.set(json, HEADER_BYTES);
  sector.set(signature, HEADER_BYTES + json.length);
  const crcAt = HEADER_BYTES + json.length + 64;
  sector.writeUInt32LE(crc32(sector.subarray(0, crcAt)), crcAt);
  return sector;
};

/** What to write before anything else of a deploy: from then on the disk claims nothing. */
export const voidedProvenance = (): Uint8Array => {
  const sector = Buffer.alloc(PROVENANCE_BYTES);
  sector.set(VOID_MAGIC, 0);
  return sector;
};

/** Judges the 4 KiB found at the place; without `table` what else is on the disk does not count. The record comes back with every verdict but `absent`, `voided` and `broken`. */
export const readProvenance = (
  sector: Uint8Array,
  against: { readonly disk: DiskIdentity; readonly trustedKeys: TrustedKeys; readonly table?: PartitionTable },
): ProvenanceReading => {
  if (startsWith(sector, VOID_MAGIC)) return { verdict: 'voided', record: null };
  if (!startsWith(sector, MAGIC)) return { verdict: 'absent', record: null };
  const parsed = parseSector(sector);
  if (parsed === undefined) return { verdict: 'broken', record: null };
  const { record, json, signature } = parsed;
  const key = against.trustedKeys.get(record.keyId);
  if (key === undefined) return { verdict: 'unknown-key', record };
  if (!verifyBytes(key, 'provenance', json, signature)) return { verdict: 'broken', record: null };
  if (!isSameDisk(record.disk, against.disk)) return { verdict: 'other-disk', record };
  const { table } = against;
  return {
    verdict: record.table === undefined || table === undefined || isSameTable(record.table, table) ? 'trusted' : 'other-table',
    record,
  };
};

type Parsed = { readonly record: ProvenanceRecord; readonly json: Uint8Array; readonly signature: Uint8Array };

const parseSector = (input: Uint8Array): Parsed | undefined => {
  const sector = Buffer.from(input.buffer, input.byteOffset, Math.min(input.byteLength, PROVENANCE_BYTES));
  if (sector.length !== PROVENANCE_BYTES || sector.readUInt16LE(8) !== 1) return undefined;
  const length = sector.readUInt32LE(12);
  if (length > PROVENANCE_BYTES - HEADER_BYTES - TRAILER_BYTES) return undefined;
  const signatureAt = HEADER_BYTES + length;
  if (crc32(sector.subarray(0, signatureAt + 64)) !== sector.readUInt32LE(signatureAt + 64)) return undefined;
  const json = sector.subarray(HEADER_BYTES, signatureAt);
  const record = recordSchema.safeParse(parseCanonicalJson(json));
  return record.success ? { record: record.data, json, signature: sector.subarray(signatureAt, signatureAt + 64) } : undefined;
};

/** WWN decides where both have one, else the serial; a disk that has an id is never one that had none. */
const isSameDisk = (a: DiskIdentity, b: DiskIdentity): boolean => {
  if (a.sizeBytes !== b.sizeBytes) return false;
  if (a.wwn !== null && b.wwn !== null) return a.wwn === b.wwn;
  return a.serial === b.serial && (a.serial !== null || a.wwn === b.wwn);
};

const startsWith = (bytes: Uint8Array, magic: Uint8Array): boolean =>
  bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);

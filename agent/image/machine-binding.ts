// Which volumes of a disk open by the TPM of the machine they were made on: elsewhere they ask for another key or stay shut. Read from
// what the volumes say in the clear: LUKS2 tokens (systemd-cryptenroll, Clevis), and BitLocker's key protectors.
import { z } from 'zod';
import type { PartitionTable, ReadAt } from './partition-table.ts';
import { partitionOffsetBytes } from './partition-table.ts';

export const machineBindingSchema = z.looseObject({
  /** Of the partition. */
  number: z.int().min(1).max(1024),
  by: z.enum(['luks-tpm2', 'clevis-tpm2', 'bitlocker-tpm']),
  /** True if it opens by something else as well: a passphrase, a recovery key. */
  otherKey: z.boolean(),
});
export type MachineBinding = Readonly<z.infer<typeof machineBindingSchema>>;

/** LUKS2 on-disk format 1.1.1: the binary header, then the JSON area; one copy is at most 4 MiB. */
const LUKS_HEADER_BYTES = 4096;
const LUKS_AREA_MOST = 4 * 1024 * 1024;
/** Of BitLocker metadata: three copies, one of 64 KiB each. */
const FVE_BYTES = 64 * 1024;

/** One for each volume that is bound; whatever the bytes are is no error. */
export const findBindings = async (read: ReadAt, table: PartitionTable): Promise<readonly MachineBinding[]> => {
  const bindings: MachineBinding[] = [];
  for (const partition of table.partitions) {
    const at = partitionOffsetBytes(table, partition);
    const head = Buffer.from(await read(at, 512));
    const found = head.toString('latin1', 0, 6) === 'LUKS\xba\xbe' ? await ofLuks(read, at, head) : await ofBitLocker(read, at, head);
    if (found !== null) bindings.push({ number: partition.number, ...found });
  }
  return bindings;
};

type Found = { readonly by: MachineBinding['by']; readonly otherKey: boolean };

const tokenSchema = z.looseObject({ type: z.string(), keyslots: z.array(z.string()).default([]), jwe: z.unknown().optional() });
const luksSchema = z.looseObject({ keyslots: z.record(z.string(), z.unknown()), tokens: z.record(z.string(), tokenSchema) });

const ofLuks = async (read: ReadAt, at: number, head: Buffer): Promise<Found | null> => {
  if (head.length < 16 || head.readUInt16BE(6) !== 2) return null;
  const headerBytes = Number(head.readBigUInt64BE(8));
  if (headerBytes <= LUKS_HEADER_BYTES || headerBytes > LUKS_AREA_MOST) return null;
  const area = Buffer.from(await read(at + LUKS_HEADER_BYTES, headerBytes - LUKS_HEADER_BYTES));
  const end = area.indexOf(0);
  const parsed = luksSchema.safeParse(jsonOf(area.toString('utf8', 0, end < 0 ? area.length : end)));
  if (!parsed.success) return null;
  const tokens = Object.values(parsed.data.tokens);
  const sealed = tokens.filter(({ type, jwe }) => type === 'systemd-tpm2' || (type === 'clevis' && needsTpm(jwe, 0)));
  const [first] = sealed;
  if (first === undefined) return null;
  const slots = new Set(sealed.flatMap(({ keyslots }) => keyslots));
  const otherKey = Object.keys(parsed.data.keyslots).some((slot) => !slots.has(slot));
  return { by: first.type === 'clevis' ? 'clevis-tpm2' : 'luks-tpm2', otherKey };
};

/** Clevis keeps its pin in the JWE's protected header; `sss` holds further JWEs, of which some number must open. */
const needsTpm = (jwe: unknown, depth: number): boolean => {
  const text = typeof jwe === 'string' ? jwe.split('.')[0] : (jwe as { readonly protected?: unknown } | null | undefined)?.protected;
  if (typeof text !== 'string' || depth > 4) return false;
  const header = jsonOf(Buffer.from(text, 'base64url').toString('utf8')) as { readonly clevis?: Readonly<Record<string, unknown>> } | null;
  if (header?.clevis?.['pin'] === 'tpm2') return true;
  const parts = (header?.clevis?.['sss'] as { readonly jwe?: unknown } | undefined)?.jwe;
  return Array.isArray(parts) && parts.some((part) => needsTpm(part, depth + 1));
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Layout as libbde documents it: "BitLocker Drive Encryption (BDE) format", FVE metadata. */
const ofBitLocker = async (read: ReadAt, at: number, head: Buffer): Promise<Found | null> => {
  if (head.length < 200 || head.toString('latin1', 3, 11) !== '-FVE-FS-') return null;
  for (const offset of [176, 184, 192]) {
    const blockAt = Number(head.readBigUInt64LE(offset));
    if (blockAt < 512 || blockAt > Number.MAX_SAFE_INTEGER - at) continue;
    const block = Buffer.from(await read(at + blockAt, FVE_BYTES));
    if (block.length < 112 || block.toString('latin1', 0, 8) !== '-FVE-FS-') continue;
    const protectors = protectorsIn(block);
    const bound = protectors.filter((kind) => (kind & TPM) !== 0);
    return bound.length === 0 ? null : { by: 'bitlocker-tpm', otherKey: bound.length < protectors.length };
  }
  return null;
};

const BLOCK_HEADER_BYTES = 64;
const METADATA_HEADER_BYTES = 48;
const ENTRY_VMK = 0x0002;
const VALUE_VMK = 0x0008;
/** Of protection types: 0x0100 TPM, 0x0300 and startup key, 0x0500 and PIN, 0x0700 and both; 0x0800 is a recovery password, 0x2000 a password. */
const TPM = 0x0100;

const protectorsIn = (block: Buffer): readonly number[] => {
  const protectors: number[] = [];
  const end = Math.min(block.length, BLOCK_HEADER_BYTES + block.readUInt32LE(BLOCK_HEADER_BYTES));
  for (let at = BLOCK_HEADER_BYTES + METADATA_HEADER_BYTES; at + 8 <= end;) {
    const size = block.readUInt16LE(at);
    if (size < 8) break;
    // Of a volume master key: 16 GUID, 8 time, 2 unknown, 2 protection type.
    if (block.readUInt16LE(at + 2) === ENTRY_VMK && block.readUInt16LE(at + 4) === VALUE_VMK && at + 36 <= end)
      protectors.push(block.readUInt16LE(at + 34));
    at += size;
  }
  return protectors;
};

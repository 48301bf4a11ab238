// The work marker: a voided provenance record that also says which job is writing the disk. By it a job that was cut short
// recognises its own half-written disk, which no longer has the content that the consent was given for.
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { canonicalBytes, parseCanonicalJson } from '../image/canonical-json.ts';
import { PROVENANCE_BYTES, voidedProvenance } from '../image/provenance.ts';

const HEADER_BYTES = 16;

const markerSchema = z.object({
  format: z.literal('rackside.work/2'),
  jobId: z.string().max(200),
  consentId: z.string().max(200),
  osoid: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the disk held in a few places when the job began (own-work.ts), base64. */
  samples: z.base64().max(700),
});
export type WorkMarker = Omit<z.infer<typeof markerSchema>, 'format'>;

/** One 4 KiB sector: the void magic, u32 length at 8, u32 CRC-32 of the JSON at 12, canonical JSON. Signed by nobody: it permits nothing by itself. */
export const encodeWorkMarker = (marker: WorkMarker): Uint8Array => {
  const json = canonicalBytes(markerSchema.parse({ format: 'rackside.work/2', ...marker }));
  const sector = Buffer.from(voidedProvenance());
  if (HEADER_BYTES + json.length > PROVENANCE_BYTES) throw new RangeError('a work marker over 4 KiB');
  sector.writeUInt32LE(json.length, 8);
  sector.writeUInt32LE(crc32(json), 12);
  sector.set(json, HEADER_BYTES);
  return sector;
};

/** Null for anything else: records, plain voided ones, torn or foreign bytes. */
export const parseWorkMarker = (input: Uint8Array): WorkMarker | null => {
  const sector = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (sector.length < PROVENANCE_BYTES || !sector.subarray(0, 8).equals(Buffer.from(voidedProvenance()).subarray(0, 8))) return null;
  const length = sector.readUInt32LE(8);
  if (length === 0 || length > PROVENANCE_BYTES - HEADER_BYTES) return null;
  const json = sector.subarray(HEADER_BYTES, HEADER_BYTES + length);
  if (crc32(json) !== sector.readUInt32LE(12)) return null;
  const parsed = markerSchema.safeParse(parseCanonicalJson(json));
  if (!parsed.success) return null;
  const { jobId, consentId, osoid, samples } = parsed.data;
  return { jobId, consentId, osoid, samples };
};

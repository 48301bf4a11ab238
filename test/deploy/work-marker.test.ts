// The work marker survives any cut as what it is, or as nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeWorkMarker, parseWorkMarker } from '../../agent/deploy/work-marker.ts';
import { PROVENANCE_BYTES, hasMark, readProvenance, voidedProvenance } from '../../agent/image/provenance.ts';

const text = fc.string({ maxLength: 200, unit: 'binary' });
const marker = fc.record({
  jobId: text,
  consentId: text,
  osoid: fc.stringMatching(/^[0-9a-f]{64}$/),
  samples: fc.base64String({ maxLength: 512 }),
});
const anyDisk = { disk: { serial: null, wwn: null, sizeBytes: 1 }, trustedKeys: new Map() };

test('it comes back as written, and every other reader sees a void record', () => {
  fc.assert(
    fc.property(marker, (one) => {
      const sector = encodeWorkMarker(one);
      expect(sector.length).toBe(PROVENANCE_BYTES);
      expect(parseWorkMarker(sector)).toEqual(one);
      expect(hasMark(sector)).toBe(true);
      expect(readProvenance(sector, anyDisk).verdict).toBe('voided');
    }),
  );
});

test("one changed byte makes it nobody's", () => {
  fc.assert(
    fc.property(marker, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, where, change) => {
      const sector = Buffer.from(encodeWorkMarker(one));
      const at = where % (16 + sector.readUInt32LE(8));
      sector[at] = (sector[at] ?? 0) ^ change;
      expect(parseWorkMarker(sector)).toBeNull();
    }),
  );
});

test('a plain void record, zeros and noise name no job', () => {
  for (const sector of [voidedProvenance(), new Uint8Array(PROVENANCE_BYTES), new Uint8Array(10)])
    expect(parseWorkMarker(sector)).toBeNull();
  fc.assert(fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), (noise) => parseWorkMarker(noise) === null));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, canonicalJson, parseCanonicalJson } from '../../agent/image/canonical-json.ts';
import type { Manifest } from '../../agent/image/manifest.ts';
import { encodeManifest, parseManifest } from '../../agent/image/manifest.ts';

const hash = 'ab'.repeat(32);
const manifest: Manifest = {
  schema: 'rackside.manifest',
  version: 1,
  required: ['sha256', 'zstd'],
  encryption: null,
  content: {
    disks: [
      {
        sizeBytes: 1024 * 1024,
        logicalSectorBytes: 512,
        firmware: 'uefi',
        architecture: 'x86_64',
        table: { kind: 'none', id: null, partitions: [] },
        extents: { blockSizeBytes: 262144, count: 0, sha256: hash },
      },
    ],
  },
  name: 'web',
  revision: 1,
  lineage: { id: 'web', parent: null },
  createdAt: '2026-11-22T09:00:00Z',
  labels: [],
  notes: '',
  hashAlg: 'sha256',
  chunkSizeBytes: 262144,
  chunkTable: { file: 'chunks.bin', sha256: hash, sizeBytes: 52, entries: 0 },
  stats: { usedBytes: 0, dataBytes: 0, storedBytes: 0 },
  source: { kind: 'import', fileName: 'web.raw', facts: {} },
  recipe: null,
  filesystems: [],
  bootChain: [],
  boundToMachine: false,
};
const codeOf = (value: unknown): string => {
  const parsed = parseManifest(canonicalBytes(value));
  return parsed.ok ? 'ok' : parsed.failure.code;
};

describe('canonical JSON', () => {
  test('is what RFC 8785 shows in its section 3.2.2 and 3.2.3', () => {
    const value: unknown = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    );
  });
  test('has one spelling for each value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const clean: unknown = JSON.parse(JSON.stringify(value).toWellFormed());
        const bytes = canonicalBytes(clean);
        expect(canonicalBytes(parseCanonicalJson(bytes))).toEqual(bytes);
        expect(parseCanonicalJson(Buffer.concat([Buffer.from(' '), bytes]))).toBeUndefined();
      }),
    );
  });
  test('refuses second members, depth without end and broken UTF-8', () => {
    expect(parseCanonicalJson(Buffer.from('{"a":1,"a":2}'))).toBeUndefined();
    expect(parseCanonicalJson(Buffer.from('['.repeat(1_000_000)))).toBeUndefined();
    expect(parseCanonicalJson(Buffer.from(`${'['.repeat(100)}${']'.repeat(100)}`))).toBeUndefined();
    expect(parseCanonicalJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
  });
});

describe('a manifest', () => {
  test('comes back from its bytes, with members of a later version kept', () => {
    const later = { ...manifest, colour: 'red', source: { ...manifest.source, rack: 4 } };
    const parsed = parseManifest(encodeManifest(later));
    expect(parsed).toMatchObject({ ok: true, value: { manifest: later } });
    expect(encodeManifest(parsed.ok ? parsed.value.manifest : manifest)).toEqual(encodeManifest(later));
  });
  test('has an id that only its content part decides', () => {
    const idOf = (one: Manifest): string => {
      const parsed = parseManifest(encodeManifest(one));
      return parsed.ok ? parsed.value.osoid : '';
    };
    const id = idOf(manifest);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(
      idOf({ ...manifest, name: 'another', revision: 7, notes: 'n', chunkSizeBytes: 1024 * 1024, createdAt: '2030-01-01T00:00:00Z' }),
    ).toBe(id);
    const [disk] = manifest.content.disks;
    if (disk === undefined) throw new Error('no disk');
    expect(idOf({ ...manifest, content: { disks: [{ ...disk, firmware: 'both' }] } })).not.toBe(id);
    expect(idOf({ ...manifest, content: { disks: [{ ...disk, sizeBytes: disk.sizeBytes + 512 }] } })).not.toBe(id);
  });
  test('of a newer kind, with more disks, or encrypted, is refused by name', () => {
    expect(codeOf({ ...manifest, version: 2 })).toBe('manifest.newer');
    expect(codeOf({ ...manifest, required: ['zstd', 'delta'] })).toBe('manifest.newer');
    expect(codeOf({ ...manifest, required: [{}] })).toBe('manifest.newer');
    expect(codeOf({ ...manifest, content: { disks: [manifest.content.disks[0], manifest.content.disks[0]] } })).toBe('manifest.more-disks');
    expect(codeOf({ ...manifest, encryption: { alg: 'x' } })).toBe('manifest.encrypted');
  });
  test('that plays tricks is malformed', () => {
    const chunkTable = manifest.chunkTable;
    const tricks: unknown[] = [
      null,
      [],
      {},
      { ...manifest, chunkTable: { ...chunkTable, file: '../../etc/passwd' } },
      { ...manifest, chunkTable: { ...chunkTable, entries: 5 } },
      { ...manifest, chunkTable: { ...chunkTable, entries: -1 } },
      { ...manifest, chunkSizeBytes: 1 },
      { ...manifest, revision: 1.5 },
      { ...manifest, name: '' },
      { ...manifest, name: 'x'.repeat(300) },
      { ...manifest, content: { disks: [] } },
      { ...manifest, stats: { ...manifest.stats, dataBytes: 2 ** 53 } },
    ];
    expect(tricks.map(codeOf)).toEqual(tricks.map(() => 'manifest.malformed'));
    expect(parseManifest(Buffer.from(JSON.stringify(manifest))).ok).toBe(false);
    expect(parseManifest(Buffer.alloc(5 * 1024 * 1024, ' ')).ok).toBe(false);
    expect(parseManifest(Buffer.from('{"__proto__":{"schema":"rackside.manifest"}}')).ok).toBe(false);
  });
  test('never throws on values from strangers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseManifest(Buffer.from(JSON.stringify({ ...manifest, content: value }))).ok).toBe(false);
      }),
    );
  });
});

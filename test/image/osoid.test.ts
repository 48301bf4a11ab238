// The vectors of docs/FORMAT.md. They were computed by an independent program from the definition, not by this code.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { isAllZero } from '../../agent/image/chunk.ts';
import { createExtentHasher, extentsOfTable, hashBlocks, osoidOf } from '../../agent/image/osoid.ts';

type Patch = readonly [offset: number, bytes: Uint8Array];

const diskOf = (sizeBytes: number, patches: readonly Patch[]): Buffer => {
  const disk = Buffer.alloc(sizeBytes);
  for (const [offset, bytes] of patches) disk.set(bytes, offset);
  return disk;
};
const extentsOf = (disk: Uint8Array, pieceBytes = disk.length) => {
  const hasher = createExtentHasher();
  for (let offset = 0; offset < disk.length; offset += pieceBytes) hashBlocks(hasher, disk.subarray(offset, offset + pieceBytes));
  return hasher.finish();
};
const noTable = { kind: 'none', id: null, partitions: [] };
const espTable = {
  kind: 'gpt',
  id: '11111111-2222-3333-4444-555555555555',
  partitions: [
    {
      number: 1,
      type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
      guid: 'aaaaaaaa-0000-0000-0000-000000000001',
      startLba: 2048,
      sectors: 16384,
      attributes: '0000000000000000',
      name: 'EFI System',
    },
  ],
};

const vectors = [
  { name: 'V1, an empty MiB', disk: diskOf(1024 * 1024, []), table: noTable, firmware: 'unknown', architecture: 'unknown', osoid: '4831af100e251ee42c8fdad3d1749a596b5de146fc2c13997c44604a4853ca2b' },
  {
    name: 'V2, extents that touch a block border, and a short last block',
    disk: diskOf(1_573_376, [[262_144, Buffer.from('RACK')], [524_287, Buffer.of(255)], [524_288, Buffer.from('SIDE')], [1_573_375, Buffer.of(1)]]),
    table: noTable,
    firmware: 'unknown',
    architecture: 'unknown',
    osoid: '9b81aa7725d048fcda220329f1651284286b8b87abdf04f7fe9b9e96798e9fda',
  },
  {
    name: 'V3, a partition table',
    disk: diskOf(64 * 1024 * 1024, [[0, Buffer.from('boot')], [32 * 1024 * 1024, Buffer.alloc(1024 * 1024, 'Z')]]),
    table: espTable,
    firmware: 'uefi',
    architecture: 'x86_64',
    osoid: '89604e5e311cfca0026b8366f712723ddb202a23846c69be4fd02d468aac8b93',
  },
]; // prettier-ignore

test.each(vectors)('OSOID $name', ({ disk, table, firmware, architecture, osoid }) => {
  const content = { disks: [{ sizeBytes: disk.length, logicalSectorBytes: 512, firmware, architecture, table, extents: extentsOf(disk) }] };
  expect(osoidOf(content)).toBe(osoid);
});

test('the digest does not depend on the chunk size, and follows from a table of 256 KiB chunks', () => {
  const block = fc.constantFrom(0, 0, 1, 2);
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 511 }), (blocks, cutSectors) => {
      const disk = Buffer.concat(blocks.map((byte) => Buffer.alloc(256 * 1024, byte))).subarray(cutSectors * 512);
      const expected = extentsOf(disk);
      expect(extentsOf(disk, 1024 * 1024)).toEqual(expected);
      const builder = buildChunkTable();
      for (let offset = 0; offset < disk.length; offset += 256 * 1024) {
        const chunk = disk.subarray(offset, offset + 256 * 1024);
        if (isAllZero(chunk)) builder.add(offset % 2 === 0 ? 'zero' : 'skip', null);
        else builder.add('data', createHash('sha256').update(chunk).digest());
      }
      expect(extentsOfTable(builder.finish(disk.length))).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('every byte counts', () => {
  const disk = diskOf(600 * 1024, [[1000, Buffer.from('a')]]);
  const before = extentsOf(disk);
  for (const at of [0, 1000, 262_143, 262_144, 614_399]) {
    const changed = Buffer.from(disk);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(extentsOf(changed)).not.toEqual(before);
  }
});

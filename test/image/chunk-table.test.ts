import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildChunkTable, chunkLookup, dataChunks } from '../../agent/image/chunk-map.ts';
import type { RunKind } from '../../agent/image/chunk-table.ts';
import { compressBitmap, encodeChunkTable, parseChunkTable, usedBitmapOf } from '../../agent/image/chunk-table.ts';
import { chunkIdOf } from '../../agent/image/chunk.ts';
import { noise } from './real-disk.ts';

const CHUNK = 256 * 1024;
const kinds = fc.array(fc.constantFrom<RunKind>('data', 'data', 'zero', 'skip'), { minLength: 1, maxLength: 60 });

const tableOf = (list: readonly RunKind[], shortBy = 0) => {
  const builder = buildChunkTable();
  for (const [index, kind] of list.entries())
    builder.add(kind, kind === 'data' ? Buffer.from(chunkIdOf(Buffer.from([index])), 'hex') : null);
  return builder.finish(list.length * CHUNK - shortBy);
};

describe('a chunk table', () => {
  test('comes back from its bytes, and finds every chunk', () => {
    fc.assert(
      fc.property(kinds, fc.integer({ min: 0, max: 511 }), (list, cut) => {
        const table = tableOf(list, cut * 512);
        const bytes = encodeChunkTable(table);
        const parsed = parseChunkTable(bytes);
        if (!parsed.ok) throw new Error(parsed.failure.message);
        expect(encodeChunkTable(parsed.value).equals(bytes)).toBe(true);
        const lookup = chunkLookup(parsed.value);
        expect(list.map((_, index) => lookup(index).kind)).toEqual(list);
        expect([...dataChunks(parsed.value)]).toEqual(list.flatMap((kind, index) => (kind === 'data' ? [lookup(index)] : [])));
        expect(lookup(list.length - 1).lengthBytes).toBe(CHUNK - cut * 512);
      }),
    );
  });

  test('survives no lie about order, overlap, ends and counts', () => {
    const bytes = encodeChunkTable(tableOf(['data', 'zero', 'data', 'data', 'skip']));
    const changed = (change: (copy: Buffer) => void): string => {
      const copy = Buffer.from(bytes);
      change(copy);
      const parsed = parseChunkTable(copy);
      return parsed.ok ? 'ok' : parsed.failure.code;
    };
    const run = (index: number): number => 40 + index * 12;
    expect(changed(() => undefined)).toBe('ok');
    const lies: ((copy: Buffer) => void)[] = [
      (copy) => copy.writeUIntLE(0, run(1), 6), // overlaps
      (copy) => copy.writeUIntLE(2, run(1), 6), // leaves a gap
      (copy) => copy.writeUInt32LE(0xffffffff, run(0) + 6), // a huge count
      (copy) => copy.writeUInt32LE(0, run(1) + 6), // an empty run
      (copy) => copy.writeUInt8(3, run(1) + 10), // an unknown kind
      (copy) => copy.writeUInt8(0, run(1) + 10), // should be part of the run before
      (copy) => copy.writeUInt32LE(0xffffffff, 20), // runs without end
      (copy) => copy.writeUInt32LE(0xffffffff, 24), // hashes without end
      (copy) => copy.writeUInt32LE(2, 24), // hashes missing
      (copy) => copy.writeBigUInt64LE(2n ** 63n, 8), // a disk beyond all disks
      (copy) => copy.writeBigUInt64LE(0n, 8),
      (copy) => copy.writeBigUInt64LE(BigInt(6 * CHUNK), 8), // runs end before the disk
      (copy) => copy.writeUInt32LE(4096, 16), // an unknown chunk size
      (copy) => copy.write(chunkIdOf(Buffer.alloc(CHUNK)), run(4) + 32, 32, 'hex'), // zeros as data
      (copy) => copy.writeUInt32LE(4096, 28), // a bitmap that is not there
    ];
    expect(lies.map(changed)).toEqual(lies.map(() => 'chunk-table.malformed'));
    expect(parseChunkTable(bytes.subarray(0, -1)).ok).toBe(false);
    expect(parseChunkTable(Buffer.concat([bytes, Buffer.alloc(1)])).ok).toBe(false);
  });

  test('never throws on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseChunkTable(Buffer.concat([Buffer.from('RSCHUNK1'), bytes]));
        expect(parsed.ok ? 'ok' : parsed.failure.code).toBe('chunk-table.malformed');
      }),
    );
  });

  test('unpacks its bitmap to the size that the disk has, and no bomb', () => {
    const table = tableOf(['data', 'zero']);
    const bits = noise('bits', (2 * CHUNK) / 4096 / 8);
    expect(usedBitmapOf({ ...table, bitmap: compressBitmap(bits, 4096) })).toEqual({ ok: true, value: Buffer.from(bits) });
    expect(usedBitmapOf({ ...table, bitmap: compressBitmap(Buffer.alloc(1024 * 1024), 4096) }).ok).toBe(false);
    expect(usedBitmapOf({ ...table, bitmap: compressBitmap(Buffer.alloc(1), 4096) }).ok).toBe(false);
    expect(usedBitmapOf(table)).toEqual({ ok: true, value: null });
  });
});

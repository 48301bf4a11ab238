import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import type { DiskIdentity } from '../../agent/image/provenance.ts';
import {
  encodeProvenance,
  hasMark,
  isPlaceFree,
  provenancePlace,
  readProvenance,
  tableMarkOf,
  voidedProvenance,
} from '../../agent/image/provenance.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import {
  encodeSignature,
  generateSigningKey,
  parseSignature,
  seedOf,
  signBytes,
  signingKeyFromSeed,
  trustedKeysOf,
  verifyBytes,
  verifySignature,
} from '../../agent/image/signature.ts';
import { lacksTools, makeGptDisk, readerOf } from './real-disk.ts';

const key = generateSigningKey();
const trustedKeys = trustedKeysOf([key.publicKey]);
const disk: DiskIdentity = { serial: 'S1', wwn: null, sizeBytes: 1_000_204_886_016 };
const record = {
  osoid: 'ab'.repeat(32),
  manifestSha256: 'cd'.repeat(32),
  disk,
  stationName: 'laptop',
  site: 'Halle 4',
  atIso: '2026-11-22T09:00:00Z',
};
const sector = encodeProvenance(record, key);

describe('a provenance record', () => {
  const verdict = (bytes: Uint8Array, on: DiskIdentity = disk, keys = trustedKeys): string =>
    readProvenance(bytes, { disk: on, trustedKeys: keys }).verdict;
  test('is judged by key and disk', () => {
    expect(sector.length).toBe(4096);
    expect(readProvenance(sector, { disk, trustedKeys })).toMatchObject({ verdict: 'trusted', record });
    expect(verdict(sector, disk, trustedKeysOf([generateSigningKey().publicKey]))).toBe('unknown-key');
    expect(verdict(sector, { ...disk, serial: 'S2' })).toBe('other-disk');
    expect(verdict(sector, { ...disk, serial: null })).toBe('other-disk');
    expect(verdict(sector, { ...disk, sizeBytes: disk.sizeBytes + 512 })).toBe('other-disk');
    expect(verdict(voidedProvenance())).toBe('voided');
    expect(verdict(new Uint8Array(4096))).toBe('absent');
    expect(verdict(new Uint8Array(0))).toBe('absent');
  });
  test('lets the WWN decide over the serial', () => {
    const withWwn = encodeProvenance({ ...record, disk: { ...disk, wwn: '0x5000c500' } }, key);
    expect(verdict(withWwn, { ...disk, serial: 'behind another bridge', wwn: '0x5000c500' })).toBe('trusted');
    expect(verdict(withWwn, { ...disk, wwn: '0x5000c501' })).toBe('other-disk');
    const nameless = encodeProvenance({ ...record, disk: { ...disk, serial: null } }, key);
    expect(verdict(nameless, { ...disk, serial: null })).toBe('trusted');
    expect(verdict(nameless, disk)).toBe('other-disk');
  });
  test('is judged by the partitions that it was written with, where it names them', () => {
    const gpt = (id: string, ...guids: readonly string[]): PartitionTable =>
      ({ kind: 'gpt', id, gpt: {}, partitions: guids.map((guid, index) => ({ number: index + 1, guid })) }) as unknown as PartitionTable;
    const mark = tableMarkOf(gpt('disk-1', 'esp-1', 'root-1'));
    expect(mark).toEqual({ id: 'disk-1', firstPartition: 'esp-1' });
    const marked = encodeProvenance({ ...record, ...(mark === null ? {} : { table: mark }) }, key);
    const on = (table: PartitionTable, bytes: Uint8Array = marked): string => readProvenance(bytes, { disk, trustedKeys, table }).verdict;
    expect(on(gpt('disk-1', 'esp-1', 'root-1', 'data'))).toBe('trusted');
    expect(on(gpt('another at its first boot', 'esp-1', 'root-1'))).toBe('trusted');
    expect(on(gpt('disk-1', 'esp-2'))).toBe('trusted');
    expect(on(gpt('disk-2', 'esp-2', 'root-2'))).toBe('other-table');
    expect(on({ kind: 'mbr', id: '0x1', gpt: null, partitions: [] } as unknown as PartitionTable)).toBe('other-table');
    expect(on(gpt('disk-2', 'esp-2'), sector)).toBe('trusted');
    expect(verdict(marked, { ...disk, serial: 'S2' })).toBe('other-disk');
    expect(verdict(marked)).toBe('trusted');
    expect(
      tableMarkOf({ kind: 'mbr', id: '0x1', gpt: null, partitions: [{ number: 1, guid: null }] } as unknown as PartitionTable),
    ).toBeNull();
  });
  test('shows every flipped byte, a torn write, and a signature made for something else', () => {
    const used = sector.findLastIndex((byte) => byte !== 0) + 1;
    for (let at = 0; at < used; at++) {
      const flipped = Uint8Array.from(sector);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      expect(verdict(flipped), `byte ${at}`).toBe(at < 8 ? 'absent' : 'broken');
    }
    const torn = Uint8Array.from(sector);
    torn.fill(0, 256);
    expect(verdict(torn)).toBe('broken');
    expect(verifyBytes(key.publicKey, 'provenance', Buffer.from('x'), signBytes(key, 'manifest', Buffer.from('x')))).toBe(false);
  });
  test('leaves alone a place that holds something else', () => {
    expect(isPlaceFree(new Uint8Array(4096))).toBe(true);
    expect(isPlaceFree(sector) && hasMark(sector)).toBe(true);
    expect(isPlaceFree(voidedProvenance())).toBe(true);
    expect(isPlaceFree(new Uint8Array(4096).fill(7))).toBe(false);
  });
});

describe.skipIf(lacksTools())('its place', () => {
  let folder: string;
  let table: PartitionTable;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rackside-place-'));
    const bytes = await readFile(await makeGptDisk(folder));
    const read = await readPartitionTable(readerOf(bytes), { sizeBytes: bytes.length });
    if (!read.ok) throw new Error(read.failure.message);
    table = read.value;
  });
  afterAll(() => rm(folder, { recursive: true }));
  const startingAt = (startLba: number): PartitionTable => ({ ...table, partitions: [{ ...(table.partitions[0] ?? never()), startLba }] });
  const never = (): never => {
    throw new Error('no partition');
  };
  test('is 64 KiB below the first MiB, if the first partition leaves that gap', () => {
    expect(provenancePlace(table)).toEqual({ offsetBytes: 983_040, lengthBytes: 4096 });
    expect(provenancePlace(startingAt(1928))).toEqual({ offsetBytes: 983_040, lengthBytes: 4096 });
  });
  test('is nowhere if a partition or the table lies there, or there is no table', () => {
    expect(provenancePlace(startingAt(1927))).toBeNull();
    expect(provenancePlace(startingAt(34))).toBeNull();
    expect(provenancePlace({ ...table, kind: 'none' })).toBeNull();
  });
});

describe('a signature file', () => {
  const bytes = Buffer.from('{"a":1}');
  const file = encodeSignature(key, 'manifest', bytes);
  const verdictOf = (one: Uint8Array, over: Uint8Array, keys = trustedKeys): string => {
    const parsed = parseSignature(one);
    return parsed.ok ? verifySignature(parsed.value, 'manifest', over, keys) : parsed.failure.code;
  };
  test('is trusted, unknown or broken', () => {
    expect(verdictOf(file, bytes)).toBe('trusted');
    expect(verdictOf(file, bytes, trustedKeysOf([]))).toBe('unknown-key');
    expect(verdictOf(file, Buffer.from('{"a":2}'))).toBe('broken');
    expect(verdictOf(file, Buffer.from('{"a":2}'), trustedKeysOf([]))).toBe('broken');
  });
  test('shows every flipped bit', () => {
    for (let bit = 0; bit < file.length * 8; bit++) {
      const flipped = Uint8Array.from(file);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(['broken', 'signature.malformed']).toContain(verdictOf(flipped, bytes));
    }
  });
  test('comes from a key that can be stored as 32 bytes', () => {
    const restored = signingKeyFromSeed(seedOf(key));
    expect(restored.keyId).toBe(key.keyId);
    expect(Buffer.from(encodeSignature(restored, 'manifest', bytes)).equals(file)).toBe(true);
  });
});

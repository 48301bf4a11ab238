import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DiskPatch, PartitionTable } from '../../agent/image/partition-table.ts';
import { lastPartition } from '../../agent/image/partition-table.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { growPartition } from '../../agent/image/grow-table.ts';
import { moveGptBackup, tablePatches } from '../../agent/image/resize-table.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { lacksTools, makeGptDisk, readerOf, sgdiskPartitions, sgdiskProblems } from './real-disk.ts';

const MIB = 1024 * 1024;
const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
const tableOf = async (bytes: Uint8Array, logicalSectorBytes?: 512 | 4096): Promise<PartitionTable> =>
  valueOf(
    await readPartitionTable(readerOf(bytes), {
      sizeBytes: bytes.length,
      ...(logicalSectorBytes === undefined ? {} : { logicalSectorBytes }),
    }),
  );
const apply = (bytes: Buffer, patches: readonly DiskPatch[]): void => {
  for (const patch of patches) bytes.set(patch.bytes, patch.offsetBytes);
};

const lacking = lacksTools('sfdisk');
let folder: string;
let disk: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-table-'));
  disk = await makeGptDisk(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const sfdisk = async (name: string, sizeBytes: number, script: string): Promise<Buffer> => {
  const path = join(folder, name);
  await writeFile(path, '');
  await truncate(path, sizeBytes);
  const child = promisify(execFile)('/usr/sbin/sfdisk', ['-q', path]);
  child.child.stdin?.end(script);
  await child;
  return readFile(path);
};

describe.skipIf(lacking)('GPT', () => {
  test('is read as sgdisk reads it', async () => {
    const table = await tableOf(await readFile(disk));
    const seen = table.partitions.map((one) => ({
      number: one.number,
      start: one.startLba,
      end: one.startLba + one.sectors - 1,
      name: one.name,
    }));
    expect(seen).toEqual(await sgdiskPartitions(disk));
    expect(seen).toHaveLength(2);
    expect(table).toMatchObject({ kind: 'gpt', id: '11111111-2222-3333-4444-555555555555', logicalSectorBytes: 512, problems: [] });
    expect(table.partitions[0]).toMatchObject({
      type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
      guid: 'aaaaaaaa-0000-0000-0000-000000000001',
    });
  });

  test('is written back byte for byte', async () => {
    const bytes = await readFile(disk);
    const copy = Buffer.from(bytes);
    apply(copy, await tablePatches(readerOf(bytes), await tableOf(bytes)));
    expect(copy.equals(bytes)).toBe(true);
  });

  test('moves to the end of a larger disk and grows its last partition, to the satisfaction of sgdisk', async () => {
    const path = join(folder, 'grown.raw');
    const bytes = Buffer.concat([await readFile(disk), Buffer.alloc(14 * MIB + 512)]);
    const old = await tableOf(bytes);
    expect(old.problems).toEqual(['gpt-backup-not-at-end']);
    const moved = valueOf(moveGptBackup(old, bytes.length));
    const grown = growPartition(moved, lastPartition(moved)?.number ?? 0)?.table ?? moved;
    apply(bytes, await tablePatches(readerOf(bytes), grown));
    // The old backup is wiped by whoever deploys; here it would only be data inside a partition.
    await writeFile(path, bytes);
    expect(await sgdiskProblems(path)).toBe('');
    const after = await tableOf(bytes);
    expect(after.problems).toEqual([]);
    const last = lastPartition(after);
    expect(((last?.startLba ?? 0) + (last?.sectors ?? 0)) * 512).toBe(45 * MIB);
    expect((await sgdiskPartitions(path)).map((one) => one.end)).toEqual(after.partitions.map((one) => one.startLba + one.sectors - 1));
  });

  test('is refused on a smaller disk', async () => {
    expect(moveGptBackup(await tableOf(await readFile(disk)), 20 * MIB)).toMatchObject({ ok: false, failure: { code: 'disk.too-small' } });
  });

  test('survives the loss of either copy, says so, and is refused without both', async () => {
    const bytes = await readFile(disk);
    const whole = await tableOf(bytes);
    const without = async (...ranges: readonly (readonly [number, number])[]): Promise<Result<PartitionTable>> => {
      const copy = Buffer.from(bytes);
      for (const [start, end] of ranges) copy.fill(0xff, start, end);
      return readPartitionTable(readerOf(copy), { sizeBytes: copy.length, logicalSectorBytes: 512 });
    };
    const primary = [512, 1024] as const;
    const backup = [bytes.length - 512, bytes.length] as const;
    const entries = [1024, 1100] as const;
    expect(valueOf(await without(primary))).toMatchObject({ partitions: whole.partitions, problems: ['gpt-primary-damaged'] });
    expect(valueOf(await without(entries))).toMatchObject({ partitions: whole.partitions, problems: ['gpt-primary-damaged'] });
    expect(valueOf(await without(backup))).toMatchObject({ partitions: whole.partitions, problems: ['gpt-backup-missing'] });
    expect(await without(primary, backup)).toMatchObject({ ok: false, failure: { code: 'table.gpt-damaged' } });
  });

  test('that an MBR replaced is history; where sector 0 was lost it is the table, and is announced again', async () => {
    const bytes = await readFile(disk);
    const whole = await tableOf(bytes);
    const withEntries = (...entries: readonly (readonly [type: number, startLba: number, sectors: number])[]): Buffer => {
      const copy = Buffer.from(bytes).fill(0, 0, 512);
      for (const [index, [type, startLba, sectors]] of entries.entries()) {
        copy.writeUInt8(type, 446 + index * 16 + 4);
        copy.writeUInt32LE(startLba, 446 + index * 16 + 8);
        copy.writeUInt32LE(sectors, 446 + index * 16 + 12);
      }
      copy.set([0x55, 0xaa], 510);
      return copy;
    };
    const replaced = withEntries([0x83, 2048, 4096], [0x82, 8192, 4096]);
    expect(await tableOf(replaced)).toMatchObject({ kind: 'mbr', problems: [], partitions: [{ startLba: 2048 }, { startLba: 8192 }] });
    replaced.fill(0, 512, 34 * 512);
    expect(await tableOf(replaced)).toMatchObject({ kind: 'mbr', partitions: [{ startLba: 2048 }, { startLba: 8192 }] });
    for (const lost of [withEntries(), Buffer.from(bytes).fill(0, 0, 512)]) {
      expect(await tableOf(lost)).toMatchObject({ kind: 'gpt', partitions: whole.partitions });
      apply(lost, await tablePatches(readerOf(lost), whole));
      expect([lost[450], lost.readUInt32LE(454), lost.readUInt32LE(458)]).toEqual([0xee, 1, lost.length / 512 - 1]);
      expect(lost.subarray(512).equals(bytes.subarray(512))).toBe(true);
    }
  });

  test('with a hybrid MBR keeps it to the byte, on a larger disk too', async () => {
    const path = join(folder, 'hybrid.raw');
    await writeFile(path, await readFile(disk));
    await promisify(execFile)('/usr/sbin/sgdisk', ['-h', '1', path]);
    const bytes = Buffer.concat([await readFile(path), Buffer.alloc(8 * MIB)]);
    expect(bytes.readUInt32LE(446 + 12)).toBe(2047);
    const before = Buffer.from(bytes.subarray(0, 512));
    apply(bytes, await tablePatches(readerOf(bytes), valueOf(moveGptBackup(await tableOf(bytes), bytes.length))));
    expect(bytes.subarray(0, 512).equals(before)).toBe(true);
  });

  test('with 4096-byte sectors is found without being told', async () => {
    const small = await tableOf(await readFile(disk));
    const bytes = Buffer.alloc(64 * MIB);
    const partitions = small.partitions.map((one) => ({ ...one, startLba: one.startLba / 8, sectors: Math.floor(one.sectors / 8) }));
    const moved = valueOf(moveGptBackup({ ...small, logicalSectorBytes: 4096, partitions }, bytes.length));
    apply(bytes, await tablePatches(readerOf(bytes), moved));
    const table = await tableOf(bytes);
    expect(table).toMatchObject({ kind: 'gpt', logicalSectorBytes: 4096, partitions, problems: [] });
    expect(table.gpt).toMatchObject({ backupLba: 16383, lastUsableLba: 16378 });
  });
});

describe.skipIf(lacking)('MBR', () => {
  const script =
    'label: dos\nlabel-id: 0x12345678\nstart=2048, size=8192, type=83, bootable\nstart=10240, type=5\nstart=12288, size=4096, type=82\nstart=18432, size=8192, type=83\n';
  test('is read with its logical partitions as sfdisk made them', async () => {
    const table = await tableOf(await sfdisk('mbr.raw', 32 * MIB, script));
    expect(table).toMatchObject({ kind: 'mbr', id: '0x12345678', problems: [] });
    expect(table.partitions.map((one) => [one.number, one.type, one.startLba, one.sectors, one.attributes.at(-1)])).toEqual([
      [1, '0x83', 2048, 8192, '1'],
      [5, '0x82', 12288, 4096, '0'],
      [6, '0x83', 18432, 8192, '0'],
    ]);
  });

  test('is written back byte for byte, and grows its last logical partition with the extended one', async () => {
    const small = await sfdisk('mbr2.raw', 32 * MIB, script);
    const copy = Buffer.from(small);
    apply(copy, await tablePatches(readerOf(small), await tableOf(small)));
    expect(copy.equals(small)).toBe(true);
    const bytes = Buffer.concat([small, Buffer.alloc(16 * MIB)]);
    const moved = valueOf(moveGptBackup(await tableOf(bytes), bytes.length));
    const grown = growPartition(moved, lastPartition(moved)?.number ?? 0)?.table ?? moved;
    apply(bytes, await tablePatches(readerOf(bytes), grown));
    const path = join(folder, 'mbr-grown.raw');
    await writeFile(path, bytes);
    const { stdout } = await promisify(execFile)('/usr/sbin/sfdisk', ['-J', path]);
    const seen: { partitiontable: { partitions: { start: number; size: number }[] } } = JSON.parse(stdout);
    expect(seen.partitiontable.partitions.at(-1)).toMatchObject({ start: 18432, size: 48 * 2048 - 18432 });
    expect(seen.partitiontable.partitions[1]).toMatchObject({ start: 10240, size: 48 * 2048 - 10240 });
  });

  test('with a chain that loops ends, and says so', async () => {
    const bytes = await sfdisk('loop.raw', 32 * MIB, script);
    bytes.writeUInt32LE(0, 10240 * 512 + 446 + 16 + 8);
    bytes.writeUInt8(5, 10240 * 512 + 446 + 16 + 4);
    expect((await tableOf(bytes)).problems).toContain('mbr-chain-damaged');
  });

  test('whose primary partition reaches into the extended one, or whose logical one holds a boot record, overlaps', async () => {
    const good = await sfdisk('crossed.raw', 32 * MIB, script);
    expect((await tableOf(good)).problems).toEqual([]);
    const into = Buffer.from(good);
    into.writeUInt32LE(8193, 446 + 12);
    expect((await tableOf(into)).problems).toEqual(['partitions-overlap']);
    // The first logical partition, up to and with the next one's boot record.
    const over = Buffer.from(good);
    const nextRecord = 10240 + good.readUInt32LE(10240 * 512 + 446 + 16 + 8);
    over.writeUInt32LE(nextRecord - 12288 + 1, 10240 * 512 + 446 + 12);
    expect((await tableOf(over)).problems).toEqual(['partitions-overlap']);
  });

  test('with two extended partitions says so; behind a chain that is cut nothing grows', async () => {
    const good = await sfdisk('two.raw', 32 * MIB, script);
    const two = Buffer.from(good);
    two.writeUInt8(0x85, 446 + 32 + 4);
    two.writeUInt32LE(40960, 446 + 32 + 8);
    two.writeUInt32LE(2048, 446 + 32 + 12);
    expect((await tableOf(two)).problems).toEqual(['mbr-two-extended']);
    const cut = Buffer.concat([good, Buffer.alloc(16 * MIB)]);
    cut.writeUInt16LE(0, (10240 + good.readUInt32LE(10240 * 512 + 446 + 16 + 8)) * 512 + 510);
    const table = await tableOf(cut);
    expect([table.problems, table.partitions.map(({ number }) => number)]).toEqual([['mbr-chain-damaged'], [1, 5]]);
    expect(growPartition(table, 5)).toBeNull();
  });

  test('is not seen in the boot sector of a bare filesystem', async () => {
    const path = join(folder, 'bare.fat');
    await writeFile(path, '');
    await truncate(path, 4 * MIB);
    await promisify(execFile)('/usr/sbin/mkfs.fat', [path]);
    expect((await tableOf(await readFile(path))).kind).toBe('none');
  });
});

test.skipIf(lacking)('noise in a table never throws, and never gives a partition that overlaps or leaves the disk in silence', async () => {
  const bytes = await readFile(disk);
  const head = Buffer.from(bytes.subarray(0, 34 * 512));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(head.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), async (changes) => {
      const copy = Buffer.from(head);
      for (const [at, byte] of changes) copy[at] = byte;
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        Promise.resolve(offset < copy.length ? copy.subarray(offset, offset + length) : bytes.subarray(offset, offset + length));
      const result = await readPartitionTable(read, { sizeBytes: bytes.length });
      if (!result.ok) return;
      const sectors = bytes.length / result.value.logicalSectorBytes;
      const beyond = result.value.partitions.some((one) => one.startLba + one.sectors > sectors);
      expect(beyond).toBe(result.value.problems.includes('partition-beyond-end'));
    }),
    { numRuns: 300 },
  );
});

// Tables that do not say all of what they mean: an MBR does not say how long its sectors are, and a GPT whose first copy is gone not
// where the second lies once its disk was enlarged.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { lacksTools, makeGptDisk, readerOf, withPartition } from './real-disk.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-odd-table-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tableOf = (bytes: Uint8Array, more: { readonly logicalSectorBytes?: 512 | 4096 } = {}) =>
  readPartitionTable(readerOf(bytes), { sizeBytes: bytes.length, ...more });

/** A disk with the bare filesystem of a file at the beginning of each partition. */
const mbrDisk = async (sectorBytes: 512 | 4096, contents: readonly Buffer[]): Promise<Buffer> => {
  const disk = Buffer.alloc(64 * MIB);
  for (const [index, content] of contents.entries()) {
    const at = 446 + index * 16;
    const startBytes = (1 + 16 * index) * MIB;
    disk.writeUInt8(0x83, at + 4);
    disk.writeUInt32LE(startBytes / sectorBytes, at + 8);
    disk.writeUInt32LE((16 * MIB) / sectorBytes, at + 12);
    disk.set(content, startBytes);
  }
  disk.set([0x55, 0xaa], 510);
  return disk;
};

describe.skipIf(lacksTools('mkswap'))('an MBR', () => {
  test.each([512, 4096] as const)('counts in sectors of %i bytes, as what begins in its partitions shows', async (sectorBytes) => {
    const file = join(folder, 'content');
    const made = async (name: string, args: readonly string[]): Promise<Buffer> => {
      await writeFile(file, Buffer.alloc(8 * MIB));
      await run(name, [...args, file], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
      return readFile(file);
    };
    const ext = await made('mke2fs', ['-q', '-F']);
    const swap = await made('mkswap', ['-q']);
    const disk = await mbrDisk(sectorBytes, [ext, swap]);
    const found = [
      { startLba: MIB / sectorBytes, sectors: (16 * MIB) / sectorBytes },
      { startLba: (17 * MIB) / sectorBytes, sectors: (16 * MIB) / sectorBytes },
    ];
    expect(await tableOf(disk)).toMatchObject({ ok: true, value: { logicalSectorBytes: sectorBytes, partitions: found, problems: [] } });
    // What a disk itself says is not weighed.
    expect(await tableOf(disk, { logicalSectorBytes: 512 })).toMatchObject({ ok: true, value: { logicalSectorBytes: 512 } });
    // Where nothing tells, it is what it mostly is; and a disk that was cut is not taken for one of short sectors.
    expect(await tableOf(await mbrDisk(sectorBytes, [Buffer.alloc(0)]))).toMatchObject({ ok: true, value: { logicalSectorBytes: 512 } });
    expect(await tableOf(disk.subarray(0, 20 * MIB))).toMatchObject({
      ok: true,
      value: { logicalSectorBytes: sectorBytes, problems: ['partition-beyond-end'] },
    });
  });
});

describe.skipIf(lacksTools())('a GPT partition', () => {
  const differ = 'gpt-copies-differ';

  test('that ends before it begins, or lies where no disk reaches, is none, and the table says so', async () => {
    const bytes = await readFile(await makeGptDisk(folder, 'backwards.raw'));
    const places = [
      { startLba: 40_000n, endLba: 30_000n },
      { startLba: 40_000n, endLba: 39_999n },
      { startLba: 2n ** 60n, endLba: 2n ** 60n + 8n },
    ];
    for (const place of places) {
      const read = await tableOf(withPartition(bytes, 2, place));
      expect(read).toMatchObject({ ok: true, value: { problems: [differ, 'partition-impossible'], partitions: [{ number: 1 }] } });
    }
  });

  test('over the table itself is one over another', async () => {
    const bytes = await readFile(await makeGptDisk(folder, 'over.raw'));
    const at = (startLba: number): Buffer => withPartition(bytes, 1, { startLba: BigInt(startLba) });
    expect(await tableOf(at(34))).toMatchObject({ ok: true, value: { problems: [differ] } });
    for (const startLba of [33, 2, 1])
      expect(await tableOf(at(startLba))).toMatchObject({ ok: true, value: { problems: [differ, 'partitions-overlap'] } });
  });
});

describe.skipIf(lacksTools())('a GPT on a disk that was enlarged since', () => {
  test('and whose first copy is damaged is read from the second, where the first or the MBR says that it lies', async () => {
    const path = await makeGptDisk(folder);
    const whole = await tableOf(await readFile(path));
    if (!whole.ok) throw new Error(whole.failure.message);
    await truncate(path, 48 * MIB);
    const bytes = await readFile(path);
    const damaged = (...places: readonly (readonly [from: number, to: number])[]): Buffer => {
      const copy = Buffer.from(bytes);
      for (const [from, to] of places) copy.fill(0xee, from, to);
      return copy;
    };
    const read = {
      ok: true,
      value: { kind: 'gpt', partitions: whole.value.partitions, problems: ['gpt-primary-damaged', 'gpt-backup-not-at-end'] },
    };
    expect(await tableOf(damaged([512, 1024]))).toMatchObject(read);
    // Its entries are damaged, and the MBR says "all of it, however much that is".
    const entries = damaged([1024, 1100]);
    entries.writeUInt32LE(0xffff_ffff, 446 + 12);
    expect(await tableOf(entries)).toMatchObject(read);
    const both = damaged([512, 1024]);
    both.writeUInt32LE(0xffff_ffff, 446 + 12);
    expect(await tableOf(both)).toMatchObject({ ok: false, failure: { code: 'table.gpt-damaged' } });
  });
});

// A volume group on two partitions of one disk, as it comes about where a disk was enlarged: a filesystem that lies in both.
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { readUsedSpace } from '../../agent/image/used/used-space.ts';
import type { PartitionUse } from '../../agent/image/used/used-space.ts';
import { volumesOf } from '../../agent/identity/volumes.ts';
import { MIB, bareTable, readerOfFile, rebuild, tool } from '../image/used/rig.ts';
import { lacksTools, noise } from '../image/real-disk.ts';
import { lvm } from './lvm.ts';

const EXTENT_BYTES = 4 * MIB;
const SIZE_MIB = 64;
const cannot = process.getuid?.() !== 0 || lacksTools('losetup', 'pvcreate', 'lvcreate', 'mke2fs', 'e2fsck', 'debugfs');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-lvm-two-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sparse = async (name: string, sizeMib: number): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, '');
  await using file = await open(path, 'r+');
  await file.truncate(sizeMib * MIB);
  return path;
};

const halves = (): PartitionTable => {
  const table = bareTable(2 * SIZE_MIB * MIB);
  const sectors = (SIZE_MIB * MIB) / 512;
  return {
    ...table,
    partitions: table.partitions.flatMap((one) => [1, 2].map((number) => ({ ...one, number, startLba: (number - 1) * sectors, sectors }))),
  };
};

type Piece = { readonly half: 0 | 1; readonly startExtent: number; readonly firstExtent: number; readonly count: number };

/** In the order in which they make the volume; devices are named in the order of the halves. */
const piecesOf = async (parts: readonly string[], name: string): Promise<readonly Piece[]> => {
  const listed = await lvm(parts, `echo $A; lvm lvs --noheadings -o seg_start_pe,seg_pe_ranges vg/${name}`);
  const [first = ''] = listed.split('\n');
  return [...listed.matchAll(/(\d+)\s+(\S+):(\d+)-(\d+)/g)].map(([, start, device, from, to]) => ({
    half: device === first.trim() ? 0 : 1,
    startExtent: Number(start),
    firstExtent: Number(from),
    count: Number(to) - Number(from) + 1,
  }));
};

const carry = async (volume: string, disk: string, pieces: readonly Piece[], direction: 'in' | 'out'): Promise<void> => {
  const [from, to] = direction === 'in' ? [volume, disk] : [disk, volume];
  await using source = await open(from, 'r');
  await using target = await open(to, 'r+');
  for (const { half, startExtent, firstExtent, count } of pieces) {
    const bytes = Buffer.alloc(count * EXTENT_BYTES);
    const places = [startExtent * EXTENT_BYTES, half * SIZE_MIB * MIB + MIB + firstExtent * EXTENT_BYTES] as const;
    await source.read(bytes, 0, bytes.length, direction === 'in' ? places[0] : places[1]);
    await target.write(bytes, 0, bytes.length, direction === 'in' ? places[1] : places[0]);
  }
};

const usesOf = (disk: string): Promise<readonly PartitionUse[]> => readUsedSpace(readerOfFile(disk), halves());

/** The disk, and the two files that its halves came from; `root` (96 MiB, ext4) begins in the first and ends in the second. */
const makeDisk = async (name: string, options = '') => {
  const parts = [await sparse(`${name}.0`, SIZE_MIB), await sparse(`${name}.1`, SIZE_MIB)];
  await lvm(
    parts,
    `lvm pvcreate -q -q -y $A; lvm pvcreate -q -q -y ${options} $B; lvm vgcreate -q -q -y vg $A; make -L 52M -n root vg
     lvm vgextend -q -q -y vg $B; lvm lvextend -q -q -L 96M vg/root`,
  );
  const pieces = await piecesOf(parts, 'root');
  const disk = join(folder, name);
  await writeFile(disk, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  const root = await sparse(`${name}.root`, 96);
  const tree = join(folder, `${name}.tree`);
  await mkdir(tree);
  for (let n = 1; n < 40; n++) await writeFile(join(tree, `file-${n}`), noise(`file-${n}`, n * 40_001));
  await tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', tree, root]);
  await carry(root, disk, pieces, 'in');
  return { disk, parts, pieces };
};

describe.skipIf(cannot)('a group on two partitions of one disk', () => {
  test.each([
    ['each with the text of the group', ''],
    ['of which one has no text of its own', '--metadatacopies 0'],
  ])('%s: what is used of both is enough for e2fsck and every file', async (name, options) => {
    const { disk, pieces } = await makeDisk(name.replaceAll(' ', '-'), options);
    expect(pieces.map(({ half }) => half)).toEqual([0, 1]);
    const uses = await usesOf(disk);
    for (const use of uses) expect(use).toMatchObject({ kind: 'lvm', capture: 'used', obstacle: null });
    const usedBytes = uses.reduce((sum, use) => sum + use.usedBytes, 0);
    expect(usedBytes).toBeLessThan(60 * MIB);
    await rebuild(
      disk,
      `${disk}.new`,
      uses.flatMap((use) => [...use.ranges()]),
      uses.flatMap(({ blank }) => [...blank]),
    );
    const out = await sparse('out', 96);
    await carry(out, `${disk}.new`, pieces, 'out');
    await tool('e2fsck', ['-fn', out]);
    for (const n of [1, 20, 39]) {
      await tool('debugfs', ['-R', `dump file-${n} ${out}.file`, out]);
      expect((await readFile(`${out}.file`)).equals(noise(`file-${n}`, n * 40_001))).toBe(true);
    }
    const { volumes, problems } = await volumesOf(readerOfFile(disk), uses);
    const segments = pieces.map(({ half, firstExtent, count }) => ({
      offsetBytes: half * SIZE_MIB * MIB + MIB + firstExtent * EXTENT_BYTES,
      lengthBytes: count * EXTENT_BYTES,
    }));
    expect([volumes, problems]).toEqual([[{ name: expect.stringContaining('volume root (ext)'), kind: 'ext', segments }], []]);
  });

  test('whose second has an older text goes by the newer one; two that claim to be the same are whole', async () => {
    const { disk, parts } = await makeDisk('older');
    const older = await readFile(parts[1] ?? '');
    await lvm(parts, 'make -L 8M -n more vg');
    const newer = await readFile(parts[0] ?? '');
    const bytes = await readFile(disk);
    // Only the metadata of the first half is the new one: the change was cut before it reached the second.
    newer.copy(bytes, 0, 0, MIB);
    older.copy(bytes, SIZE_MIB * MIB, 0, MIB);
    await writeFile(disk, bytes);
    const before = (await usesOf(disk)).map(({ usedBytes }) => usedBytes);
    (await readFile(parts[1] ?? '')).copy(bytes, SIZE_MIB * MIB, 0, MIB);
    await writeFile(disk, bytes);
    const after = await usesOf(disk);
    expect(after.map(({ usedBytes, obstacle }) => [usedBytes, obstacle])).toEqual(before.map((usedBytes) => [usedBytes, null]));
    bytes.copy(bytes, SIZE_MIB * MIB, 0, SIZE_MIB * MIB);
    await writeFile(disk, bytes);
    for (const use of await usesOf(disk)) expect(use.capture).toBe('whole');
  });
});

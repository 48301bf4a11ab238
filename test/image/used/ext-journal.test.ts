import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskUseOf } from '../../../agent/image/used/disk-use.ts';
import type { PartitionUse } from '../../../agent/image/used/used-space.ts';
import { lacksTools } from '../real-disk.ts';
import { MIB, bareTable, rebuild, tool, useOfBytes, useOfFile } from './rig.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-journal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const make = async (name: string, options: readonly string[], sizeMib = 96): Promise<string> => {
  const path = join(folder, `${name}.img`.replaceAll(' ', '-'));
  await writeFile(path, '');
  await using file = await open(path, 'r+');
  await file.truncate(sizeMib * MIB);
  await tool('mke2fs', ['-q', '-F', ...options, path]);
  return path;
};

/** Each block of the journal in the order of the file, as debugfs finds them; without the blocks of its map. */
const journalBlocks = async (path: string, blockBytes: number): Promise<readonly number[]> => {
  const size = Number(/Size: (\d+)/.exec(await tool('debugfs', ['-R', 'stat <8>', path]))?.[1]);
  const requests = join(folder, 'requests');
  await writeFile(requests, Array.from({ length: size / blockBytes }, (_, n) => `bmap <8> ${n}\n`).join(''));
  return [...(await tool('debugfs', ['-f', requests, path])).matchAll(/^(\d+)$/gm)].map(([, block]) => Number(block));
};
const blocksOf = ({ blank }: PartitionUse, blockBytes: number): readonly number[] =>
  blank.flatMap(({ offsetBytes, lengthBytes }) => Array.from({ length: lengthBytes / blockBytes }, (_, n) => offsetBytes / blockBytes + n));

const KINDS: readonly (readonly [name: string, blockBytes: number, sizeMib: number, options: readonly string[]])[] = [
  ['ext3, whose map is blocks of pointers', 1024, 96, ['-t', 'ext3', '-b', '1024', '-J', 'size=8']],
  ['ext3 with 4 KiB blocks', 4096, 96, ['-t', 'ext3', '-b', '4096', '-J', 'size=16']],
  ['ext4', 4096, 96, ['-t', 'ext4', '-b', '4096']],
  ['ext4 with inodes of 128 bytes', 1024, 96, ['-t', 'ext4', '-b', '1024', '-I', '128']],
  ['ext4 without checksums', 1024, 96, ['-t', 'ext4', '-b', '1024', '-O', '^metadata_csum']],
  ['ext4 with fast commits', 4096, 96, ['-t', 'ext4', '-b', '4096', '-O', 'fast_commit']],
  ['ext4 with 64 KiB blocks', 65_536, 256, ['-t', 'ext4', '-b', '65536', '-J', 'size=64']],
  ['ext4 with bigalloc', 4096, 256, ['-t', 'ext4', '-b', '4096', '-O', 'bigalloc']],
];

describe.skipIf(lacksTools('mke2fs', 'e2fsck', 'debugfs'))('a clean journal', () => {
  test.each(KINDS)('%s: all of it but its superblock is zeros, whatever it holds', async (name, blockBytes, sizeMib, options) => {
    const path = await make(name, options, sizeMib);
    const [superblock = 0, ...expected] = await journalBlocks(path, blockBytes);
    const use = await useOfFile(path);
    expect(use).toMatchObject({ capture: 'used', obstacle: null });
    expect(expected.length).toBeGreaterThan(500);
    expect(blocksOf(use, blockBytes)).toEqual(expected.toSorted((a, b) => a - b));

    const bytes = await readFile(path);
    for (const { offsetBytes, lengthBytes } of use.blank) bytes.fill(0xa5, offsetBytes, offsetBytes + lengthBytes);
    const table = { ...bareTable(bytes.length), diskSizeBytes: bytes.length };
    const kept = Buffer.from(bytes);
    diskUseOf(table, [use]).clearFree(kept, 0);
    const block = (n: number): Buffer => kept.subarray(n * blockBytes, (n + 1) * blockBytes);
    expect(expected.every((n) => block(n).every((byte) => byte === 0))).toBe(true);
    expect(block(superblock).readUInt32BE(0)).toBe(0xc03b_3998);

    await rebuild(path, `${path}.new`, use.ranges(), use.blank);
    await tool('e2fsck', ['-fn', `${path}.new`]);
    await Promise.all([rm(path), rm(`${path}.new`)]);
  });

  test('what overlaps another partition stays as it is', async () => {
    const path = await make('overlap', ['-t', 'ext4', '-b', '4096']);
    const use = await useOfFile(path);
    const { offsetBytes, lengthBytes } = use.blank[0] ?? { offsetBytes: 0, lengthBytes: 0 };
    const piece = Buffer.alloc(lengthBytes, 0xa5);
    const table = bareTable(96 * MIB);
    const other: PartitionUse = { ...use, number: 2, capture: 'whole', blank: [] };
    diskUseOf(table, [use, other]).clearFree(piece, offsetBytes);
    expect(piece.every((byte) => byte === 0xa5)).toBe(true);
    diskUseOf(table, [use]).clearFree(piece, offsetBytes);
    expect(piece.every((byte) => byte === 0)).toBe(true);
  });
});

describe.skipIf(lacksTools('mke2fs', 'debugfs'))('a journal in doubt stays as it is', () => {
  const plain = ['-t', 'ext4', '-b', '1024', '-O', '^metadata_csum'];
  type Lie = readonly [name: string, tell: (bytes: Buffer, superblockAt: number, inodeAt: number) => void];
  const LIES: readonly Lie[] = [
    ['it starts somewhere', (bytes, at) => bytes.writeUInt32BE(1, at + 28)],
    ['it has met an error', (bytes, at) => bytes.writeInt32BE(-5, at + 32)],
    ['no superblock', (bytes, at) => bytes.writeUInt32BE(0, at)],
    ['another kind of superblock', (bytes, at) => bytes.writeUInt32BE(5, at + 4)],
    ['other blocks', (bytes, at) => bytes.writeUInt32BE(4096, at + 12)],
    ['longer than its file', (bytes, at) => bytes.writeUInt32BE(100_000, at + 16)],
    ['it begins in its superblock', (bytes, at) => bytes.writeUInt32BE(0, at + 20)],
    ['a feature that is not known', (bytes, at) => bytes.writeUInt32BE(0x40, at + 0x28)],
    ['shared', (bytes, at) => bytes.writeUInt32BE(2, at + 0x40)],
    ['a checksum that fails', (bytes, at) => bytes.writeUInt32BE(0x10, at + 0x28)],
    ['no plain file', (bytes, _at, inode) => bytes.writeUInt16LE(0x41ed, inode)],
    ['a deleted file', (bytes, _at, inode) => bytes.writeUInt32LE(1, inode + 20)],
    ['a hole in front', (bytes, _at, inode) => bytes.writeUInt32LE(7, inode + 52)],
    ['an extent that is not written', (bytes, _at, inode) => bytes.writeUInt16LE(bytes.readUInt16LE(inode + 56) + 32_768, inode + 56)],
    ['blocks outside of the filesystem', (bytes, _at, inode) => bytes.writeUInt32LE(97 * 1024, inode + 60)],
    ['blocks that are free', (bytes, _at, inode) => bytes.writeUInt32LE(bytes.readUInt32LE(inode + 60) + 1, inode + 60)],
    ['blocks that are an inode table', (bytes, _at, inode) => bytes.writeUInt32LE(Math.floor(inode / 1024) - 8, inode + 60)],
  ];
  test.each(LIES)('%s', async (name, tell) => {
    const path = await make(`doubt ${name}`, plain);
    const [superblock = 0] = [...(await tool('debugfs', ['-R', 'bmap <8> 0', path])).matchAll(/^(\d+)$/gm)].map(([, n]) => Number(n));
    const [, block, offset] = /block (\d+), offset (0x[0-9a-f]+)/.exec(await tool('debugfs', ['-R', 'imap <8>', path])) ?? [];
    const bytes = await readFile(path);
    expect((await useOfBytes(bytes)).blank.length).toBeGreaterThan(0);
    tell(bytes, superblock * 1024, Number(block) * 1024 + Number(offset));
    expect(await useOfBytes(bytes)).toMatchObject({ capture: 'used', obstacle: null, blank: [] });
    await rm(path);
  });
});

// Blocks that a filesystem calls bad hold nothing, and a disk that cannot read them is captured all the same.
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceDisk } from '../../../agent/disk/source-disk.ts';
import { openSourceDisk } from '../../../agent/disk/source-disk.ts';
import { openNtfs } from '../../../agent/image/used/ntfs-volume.ts';
import type { PartitionUse } from '../../../agent/image/used/used-space.ts';
import { volumeAt } from '../../../agent/image/used/volume.ts';
import { success } from '../../../agent/protocol/failure.ts';
import { codeOf, createRig, valueOf } from '../../capture/rig.ts';
import { lacksTools, noise } from '../real-disk.ts';
import { MIB, readerOfFile, rebuild, tool, useOfBytes, useOfFile } from './rig.ts';

const CLUSTER = 4096;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-bad-'));
});
afterAll(() => rm(folder, { recursive: true }));

const blank = async (name: string, sizeMib: number): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, '');
  await using file = await open(path, 'r+');
  await file.truncate(sizeMib * MIB);
  return path;
};

const holds = (use: PartitionUse, at: number): boolean =>
  [...use.ranges()].some(({ offsetBytes, lengthBytes }) => offsetBytes <= at && at < offsetBytes + lengthBytes);

/** Makes two clusters of a fresh NTFS bad as chkdsk does: a run in `$BadClus:$Bad` at their own place, and bits in the bitmap. */
const withBadClusters = async (path: string, { vcn, lcn }: { readonly vcn: number; readonly lcn: number }): Promise<Buffer> => {
  const bytes = await readFile(path);
  const ntfs = await openNtfs(volumeAt(readerOfFile(path), 0, bytes.length));
  const bitmap = await ntfs.stream(await ntfs.record(6), 0x80);
  const bitmapAt = (bitmap?.runs[0]?.lcn ?? 0) * CLUSTER;
  for (const cluster of [lcn, lcn + 1]) bytes[bitmapAt + (cluster >> 3)] = (bytes[bitmapAt + (cluster >> 3)] ?? 0) | (1 << (cluster & 7));
  const record = bytes.subarray(bytes.readUIntLE(48, 6) * CLUSTER + 8 * 1024);
  let at = record.readUInt16LE(20);
  while (record.readUInt32LE(at) !== 0x80 || record.readUInt8(at + 9) === 0) at += record.readUInt32LE(at + 4);
  const pairs = at + record.readUInt16LE(at + 32);
  const left = Buffer.alloc(2);
  left.writeUInt16LE(ntfs.clusterCount - vcn - 2);
  const distance = Buffer.alloc(2);
  distance.writeInt16LE(lcn);
  record.set([0x02, vcn & 0xff, vcn >> 8, 0x21, 2, ...distance, 0x02, ...left, 0], pairs);
  const end = at + Math.ceil((pairs + 11 - at) / 8) * 8;
  record.writeUInt32LE(end - at, at + 4);
  record.writeUInt32LE(0xffff_ffff, end);
  record.writeUInt32LE(end + 8, 24);
  return bytes;
};

describe.skipIf(lacksTools('mkntfs', 'ntfscp', 'ntfscluster'))('NTFS', () => {
  const make = async (name: string): Promise<string> => {
    const path = await blank(name, 32);
    await tool('mkntfs', ['-q', '-F', '-f', '-c', String(CLUSTER), path]);
    return path;
  };

  test('bad clusters are nobody’s', async () => {
    const path = await make('bad.ntfs');
    const before = await useOfFile(path);
    await writeFile(path, await withBadClusters(path, { vcn: 6000, lcn: 6000 }));
    expect(await tool('ntfscluster', ['-q', '-c', '6000-6001', path])).toContain('$BadClus');
    const use = await useOfFile(path);
    expect([use.obstacle, use.usedBytes, holds(use, 6000 * CLUSTER)]).toEqual([null, before.usedBytes, false]);
  });

  test('a list of bad clusters that names another place, or what NTFS itself needs, is damage', async () => {
    const path = await make('odd.ntfs');
    for (const [vcn, lcn] of [
      [6000, 6100],
      [4, 4],
    ] as const)
      expect((await useOfBytes(await withBadClusters(path, { vcn, lcn }))).obstacle?.code).toBe('filesystem.malformed');
  });

  test('a disk that cannot read them is captured; one that cannot read a file is not', async () => {
    const path = await make('captured.ntfs');
    const content = join(folder, 'content');
    await writeFile(content, noise('content', MIB));
    await tool('ntfscp', ['-f', path, content, 'content']);
    await writeFile(path, await withBadClusters(path, { vcn: 6000, lcn: 6000 }));
    const use = await useOfFile(path);
    const last = [...use.ranges()].findLast(({ lengthBytes }) => lengthBytes >= MIB / 2);
    const disk = await blank('disk.raw', 40);
    await tool('sgdisk', ['--new=1:2048:+32M', '--typecode=1:0700', disk]);
    await tool('dd', [`if=${path}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc', 'status=none']);
    // As near to files as it can be: whole chunks are read at once.
    const rig = await createRig();
    try {
      const readable = await rig.run(disk);
      const run = (badAt: number) => rig.run(disk, { open: () => openFaulty(disk, 40 * MIB, MIB + badAt, 2 * CLUSTER) });
      const captured = valueOf((await run(6000 * CLUSTER)).result);
      expect(captured.osoid).toBe(valueOf(readable.result).osoid);
      expect(codeOf((await run((last?.offsetBytes ?? 0) + 8 * CLUSTER)).result)).toBe('capture.read-failed');
      // Free, and next to what is in use.
      expect(valueOf((await run((last?.offsetBytes ?? 0) + (last?.lengthBytes ?? 0))).result).osoid).toBe(captured.osoid);
    } finally {
      await rig.close();
    }
  });
});

/** As a disk with a worn place: what touches it cannot be read. */
const openFaulty = async (path: string, sizeBytes: number, badAt: number, badBytes: number) => {
  const disk = valueOf(await openSourceDisk(path, sizeBytes));
  return success<SourceDisk>({
    ...disk,
    read: (offsetBytes, into) =>
      offsetBytes < badAt + badBytes && badAt < offsetBytes + into.length
        ? Promise.reject(Object.assign(new Error('i/o error, read'), { code: 'EIO', errno: -5, syscall: 'read' }))
        : disk.read(offsetBytes, into),
  });
};

describe.skipIf(lacksTools('e2fsck', 'debugfs'))('ext', () => {
  test.each([
    ['ext4', ['-t', 'ext4']],
    ['ext2', ['-t', 'ext2', '-b', '1024']],
  ])('%s: bad blocks are nobody’s, and the list of them is kept', async (name, options) => {
    const path = await blank(`${name}.img`, 32);
    const list = join(folder, `${name}.list`);
    // More than fit into the inode itself: a block of pointers belongs to them.
    const bad = Array.from({ length: 40 }, (_, n) => 6000 + 3 * n);
    await tool('mke2fs', ['-q', '-F', ...options, path]);
    const before = await useOfFile(path);
    await writeFile(list, bad.join('\n'));
    await tool('mke2fs', ['-q', '-F', ...options, '-l', list, path]);
    const use = await useOfFile(path);
    const blockBytes = use.blockSizeBytes;
    expect([use.obstacle, use.usedBytes - before.usedBytes]).toEqual([null, blockBytes]);
    expect(bad.filter((block) => holds(use, block * blockBytes))).toEqual([]);
    await rebuild(path, `${path}.new`, use.ranges(), use.blank);
    await tool('e2fsck', ['-fn', `${path}.new`]);
    expect(await tool('dumpe2fs', ['-b', `${path}.new`])).toBe(`${bad.join('\n')}\n`);
  });
});

test.skipIf(lacksTools('mkfs.exfat'))('exFAT: bad clusters are nobody’s', async () => {
  const path = await blank('bad.exfat', 32);
  await tool('mkfs.exfat', ['-c', '4K', path]);
  const bytes = await readFile(path);
  const before = await useOfBytes(bytes);
  const [fatAt, heapAt] = [bytes.readUInt32LE(80) * 512, bytes.readUInt32LE(88) * 512];
  const root = bytes.subarray(heapAt + (bytes.readUInt32LE(96) - 2) * CLUSTER);
  const entryAt = [0, 32, 64, 96].find((at) => root[at] === 0x81) ?? 0;
  const bitmapAt = heapAt + (root.readUInt32LE(entryAt + 20) - 2) * CLUSTER;
  bytes.writeUInt32LE(0xffff_fff7, fatAt + 4 * 5002);
  bytes[bitmapAt + 625] = (bytes[bitmapAt + 625] ?? 0) | 1;
  const use = await useOfBytes(bytes);
  expect([use.obstacle, use.usedBytes, holds(use, heapAt + 5000 * CLUSTER)]).toEqual([null, before.usedBytes, false]);
});

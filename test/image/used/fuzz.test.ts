// Hostile filesystems: random damage to small real ones must end in a value, quickly, whatever it is.
import fc from 'fast-check';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crc32c } from '../../../agent/image/used/crc32c.ts';
import { lacksTools, noise } from '../real-disk.ts';
import { MIB, tool, useOfBytes } from './rig.ts';

const RUNS = 1500;
/** A reader that follows a lie for longer than this is stuck. */
/** Of this thread's processor: a bound of the work, whatever else the computer does. */
const LIMIT_SECONDS = 5;

type Sample = {
  readonly name: string;
  readonly sizeMib: number;
  readonly make: (path: string) => Promise<unknown>;
  /** Makes the checksum of a damaged place right again, so that the lie is believed. */ readonly seal?: (
    bytes: Buffer,
    at: number,
  ) => void;
};
const TOOLS = ['mke2fs', 'mkfs.fat', 'mkswap', 'mkfs.xfs', 'mkntfs', 'ntfscp', 'mkfs.exfat', 'mkfs.btrfs'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-fuzz-'));
  await mkdir(join(folder, 'tree'));
  for (let n = 1; n < 9; n++) await writeFile(join(folder, 'tree', `file-${n}`), noise(`file-${n}`, n * 5003));
});
afterAll(() => rm(folder, { recursive: true }));

/** What XFS's own tests tell mkfs.xfs, so that it makes filesystems below 300 MiB. */
const ANY_SIZE = ['TEST_DIR=x', 'TEST_DEV=x', 'QA_CHECK_FS=x'];
const tree = (): string => join(folder, 'tree');
const sealBtrfs = (bytes: Buffer, at: number): void => {
  const block = bytes.subarray(at - (at % 4096), at - (at % 4096) + 4096);
  block.writeUInt32LE(~crc32c(0xffff_ffff, block.subarray(32)) >>> 0, 0);
};
const SAMPLES: readonly Sample[] = [
  { name: 'ext4', sizeMib: 8, make: (path) => tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', tree(), path]) },
  { name: 'ext4 without checksums', sizeMib: 8, make: (path) => tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^metadata_csum,uninit_bg,meta_bg,^resize_inode', '-b', '1024', '-g', '512', path]) }, // prettier-ignore
  {
    name: 'ext4 with bigalloc',
    sizeMib: 8,
    make: (path) => tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^metadata_csum,bigalloc', path]),
  },
  { name: 'FAT12', sizeMib: 2, make: (path) => tool('mkfs.fat', ['-F', '12', path]) },
  { name: 'FAT16', sizeMib: 16, make: (path) => tool('mkfs.fat', ['-F', '16', path]) },
  { name: 'FAT32', sizeMib: 40, make: (path) => tool('mkfs.fat', ['-F', '32', path]) },
  { name: 'XFS without checksums', sizeMib: 32, make: (path) => tool('env', [...ANY_SIZE, 'mkfs.xfs', '-q', '-m', 'crc=0,finobt=0,rmapbt=0,reflink=0', path]) },
  { name: 'XFS', sizeMib: 32, make: (path) => tool('env', [...ANY_SIZE, 'mkfs.xfs', '-q', path]) },
  { name: 'NTFS', sizeMib: 16, make: async (path) => {
    await tool('mkntfs', ['-q', '-F', '-f', path]);
    for (let n = 1; n < 60; n++) await tool('ntfscp', ['-q', path, join(tree(), 'file-1'), `a-name-that-fills-the-folder-${n}`]);
  } },
  { name: 'Btrfs', sizeMib: 64, seal: sealBtrfs, make: (path) => tool('mkfs.btrfs', ['-q', '-M', '-n', '4096', '--rootdir', tree(), path]) },
  { name: 'exFAT', sizeMib: 8, make: (path) => tool('mkfs.exfat', [path]) },
  { name: 'swap', sizeMib: 1, make: (path) => tool('mkswap', [path]) },
]; // prettier-ignore

/** Sectors that hold more than one value: damage to zeros, or to a journal of nothing but ones, is damage to nothing. */
const busySectors = (bytes: Buffer): readonly number[] => {
  const sectors: number[] = [];
  for (let at = 0; at < bytes.length; at += 512) if (bytes.subarray(at, at + 512).some((byte) => byte !== bytes[at])) sectors.push(at);
  return sectors;
};

const damage = fc.array(fc.tuple(fc.nat(2 ** 30), fc.constantFrom('flip', 'ones', 'zero', 'word'), fc.nat(2 ** 31 - 1)), {
  minLength: 1,
  maxLength: 6,
});

test.skipIf(lacksTools(...TOOLS)).each(SAMPLES)(
  '$name with random damage ends in a value',
  async ({ name, sizeMib, make, seal }) => {
    const path = join(folder, `${name}.img`.replaceAll(' ', '-'));
    await writeFile(path, '');
    await using file = await open(path, 'r+');
    await file.truncate(sizeMib * MIB);
    await make(path);
    const bytes = await readFile(path);
    const sectors = busySectors(bytes);
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damage, async (hits) => {
        // In place, and taken back: copying 40 MiB for each run would be all that this test does.
        const undo: (readonly [at: number, was: Buffer])[] = [];
        for (const [pick, how, value] of hits) {
          const sector = sectors[pick % sectors.length] ?? 0;
          // Half of it in the first bytes, where the headers are.
          const at = sector + ((pick >> 8) % (pick % 2 === 0 ? 64 : 512));
          undo.push([at & ~3, Buffer.from(bytes.subarray(at & ~3, (at & ~3) + 4))]);
          if (how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (value & 7));
          else if (how === 'word') bytes.writeUInt32LE(value, at & ~3);
          else bytes[at] = how === 'ones' ? 0xff : 0;
          undo.push([at - (at % 4096), Buffer.from(bytes.subarray(at - (at % 4096), at - (at % 4096) + 4))]);
          seal?.(bytes, at);
        }
        const before = process.threadCpuUsage();
        const use = await useOfBytes(bytes);
        let end = 0;
        for (const range of use.ranges()) {
          expect(range.offsetBytes).toBeGreaterThanOrEqual(end);
          end = range.offsetBytes + range.lengthBytes;
        }
        expect(end).toBeLessThanOrEqual(bytes.length);
        const { user, system } = process.threadCpuUsage(before);
        expect((user + system) / 1e6).toBeLessThan(LIMIT_SECONDS);
        codes.add(use.obstacle?.code ?? use.capture);
        for (const [at, was] of undo.toReversed()) bytes.set(was, at);
      }),
      { numRuns: RUNS },
    );
    // Otherwise the damage met nothing that the reader looks at.
    expect(codes.size).toBeGreaterThan(1);
  },
  120_000,
);

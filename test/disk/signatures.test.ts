// Signatures by their bytes: volumes made by the real tools, magic at its place by table, and any bytes at all.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentExclusions } from '../../agent/inventory/block/exclusions.ts';
import { parseVolumeGroup } from '../../agent/inventory/block/lvm.ts';
import type { Signature } from '../../agent/inventory/block/volume.ts';
import { findSignatures } from '../../agent/inventory/block/signatures.ts';
import { readVolume } from '../../agent/inventory/block/volume.ts';
import { MIB, diskOf, readerOf, realHead } from './volume.ts';

const signaturesOf = async (disk: Uint8Array, sectorBytes = 512): Promise<readonly Signature[]> => {
  const read = readerOf(disk);
  return findSignatures(read, await readVolume(read, 0, disk.length, sectorBytes));
};
const exclusionsOf = async (disk: Uint8Array): Promise<readonly string[]> => contentExclusions(await signaturesOf(disk), null);
const withHead = (name: string, sizeBytes = 64 * MIB): Buffer => diskOf(sizeBytes, { at: 0, bytes: realHead(name) });

describe('volumes made by real tools', () => {
  test.each([
    ['xfs', 'xfs', 0, 'XROOT', '5fe5f6fa-f8e6-4678-9b19-a71003c6d2e6', []],
    ['ntfs', 'ntfs', 3, null, '3C4BEF0D75E45952', []],
    ['exfat', 'exfat', 3, null, 'FB86-F6E7', []],
    ['f2fs', 'f2fs', 1024, null, 'd75bb2a3-8be0-4308-8fa1-87054370efb4', []],
    ['luks2', 'crypto_LUKS', 0, 'LK', 'bc60f864-1a45-4a5c-94fe-b4c575fa5daa', []],
    ['btrfs-alone', 'btrfs', 0x10040, 'ROOTB', 'be329b42-3eca-4ffd-a5e1-600d29e5d9b0', []],
    ['btrfs-of-two', 'btrfs', 0x10040, 'DUO', '9afa59a9-6a1e-4b7c-9955-8c972b832a03', ['spanning-pool']],
    ['lvm-pv-alone', 'LVM2_member', 512, null, 'rjNaTdLeRRdslT1aHddIJ0dAxqVelTPZ', []],
    ['lvm-pv-without-group', 'LVM2_member', 512, null, 'v6WnqOwCtdL2G9NLZQz3v5kvhfAGfhRh', []],
    ['lvm-pv-of-two', 'LVM2_member', 512, null, 'yMJFwQX3WRZ7aIWbgfkoKWpf6YdAslAs', ['spanning-volume-group']],
    ['lvm-pv-of-two-second', 'LVM2_member', 512, null, 'lHnWlfFH2MnOTF88x40Flf5GX4MIsfH2', ['spanning-volume-group']],
  ])('%s', async (name, kind, offsetBytes, label, uuid, exclusions) => {
    const disk = withHead(name);
    const found = await signaturesOf(disk);
    expect(found.map((one) => [one.kind, one.offsetBytes, one.label, one.uuid])).toEqual([[kind, offsetBytes, label, uuid]]);
    expect(await exclusionsOf(disk)).toEqual(exclusions);
  });

  test('a group whose metadata is damaged counts as spanning', async () => {
    const disk = withHead('lvm-pv-alone');
    disk.fill(0x58, 4096, 4096 + 512);
    expect(await exclusionsOf(disk)).toEqual(['spanning-volume-group']);
  });

  test('a group without metadata here counts as spanning', async () => {
    const disk = withHead('lvm-pv-alone');
    const pvHeader = 512 + 32;
    // Data areas end after one pair and a zero pair; the metadata list follows.
    disk.fill(0, pvHeader + 40 + 32, 1024);
    expect(await exclusionsOf(disk)).toEqual(['spanning-volume-group']);
  });

  test('two physical volumes of one group on one disk do not span', async () => {
    const one = await signaturesOf(withHead('lvm-pv-of-two'));
    const other = await signaturesOf(withHead('lvm-pv-of-two-second'));
    expect(contentExclusions([...one, ...other], null)).toEqual([]);
    expect(contentExclusions([...one, ...one], null)).toEqual(['spanning-volume-group']);
  });
});

describe('magic by its place', () => {
  const size = 64 * MIB;
  const md = (at: number): Buffer => diskOf(size, { at, bytes: Buffer.from('fc4e2ba9', 'hex') });
  test.each<[string, Buffer, string, string]>([
    ['md 1.1', md(0), 'linux_raid_member', 'raid-member'],
    ['md 1.2', md(4096), 'linux_raid_member', 'raid-member'],
    ['md 1.0', md(size - 8192), 'linux_raid_member', 'raid-member'],
    ['md 0.90', md(size - 65_536), 'linux_raid_member', 'raid-member'],
    ['Intel RST', diskOf(size, { at: size - 1024, bytes: 'Intel Raid ISM Cfg Sig. 1.3.00' }), 'isw_raid_member', 'raid-member'],
    ['DDF', diskOf(size, { at: size - 512, bytes: '\xde\x11\xde\x11' }), 'ddf_raid_member', 'raid-member'],
    ['DDF, secondary place', diskOf(size, { at: size - 257 * 512, bytes: '\xde\x11\xde\x11' }), 'ddf_raid_member', 'raid-member'],
    ['nVidia', diskOf(size, { at: size - 1024, bytes: 'NVIDIA  ' }), 'nvidia_raid_member', 'raid-member'],
    ['Promise', diskOf(size, { at: size - 63 * 512, bytes: 'Promise Technology, Inc.' }), 'promise_fasttrack_raid_member', 'raid-member'],
    ['bcache', diskOf(size, { at: 4096 + 24, bytes: Buffer.from('c68573f64e1a45ca8265f57f48ba6d81', 'hex') }), 'bcache', 'spanning-pool'],
    ['Ceph', diskOf(size, { at: 0, bytes: 'bluestore block device\n' }), 'ceph_bluestore', 'spanning-pool'],
  ])('%s is a member', async (_name, disk, kind, exclusion) => {
    expect((await signaturesOf(disk)).map((one) => one.kind)).toEqual([kind]);
    expect(await exclusionsOf(disk)).toEqual([exclusion]);
  });

  test('Intel RST on 4096-byte sectors lies two of those before the end', async () => {
    const disk = diskOf(size, { at: size - 8192, bytes: 'Intel Raid ISM Cfg Sig. 1.3.00' });
    expect((await signaturesOf(disk, 4096)).map((one) => one.kind)).toEqual(['isw_raid_member']);
    expect(await signaturesOf(disk, 512)).toEqual([]);
  });

  /** An XDR name/value pair of a ZFS label with a 64-bit number. */
  const pair = (name: string, value: number): Buffer => {
    const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4);
    padded.write(name, 'latin1');
    const number = Buffer.alloc(16);
    number.writeUInt32BE(8, 0);
    number.writeUInt32BE(1, 4);
    number.writeBigUInt64BE(BigInt(value), 8);
    return Buffer.concat([padded, number]);
  };
  test.each([
    ['one plain disk', 1, 'disk', []],
    ['a mirror', 1, 'mirror', ['spanning-pool']],
    ['raidz', 1, 'raidz', ['spanning-pool']],
    ['a stripe of two', 2, 'disk', ['spanning-pool']],
  ])('ZFS on %s', async (_name, children, type, exclusions) => {
    const label = Buffer.concat([
      pair('pool_guid', 42),
      pair('vdev_children', children),
      Buffer.from(`vdev_tree\0\0\0type\0\0\0\0${type}`),
    ]);
    const disk = diskOf(size, { at: 0x4000, bytes: label });
    expect((await signaturesOf(disk)).map((one) => [one.kind, one.uuid])).toEqual([['zfs_member', '42']]);
    expect(await exclusionsOf(disk)).toEqual(exclusions);
  });

  test('a swap area, BitLocker and ISO 9660', async () => {
    expect((await signaturesOf(diskOf(size, { at: 4086, bytes: 'SWAPSPACE2' }))).map((one) => one.kind)).toEqual(['swap']);
    expect((await signaturesOf(diskOf(size, { at: 3, bytes: '-FVE-FS-' }))).map((one) => one.kind)).toEqual(['bitlocker']);
    expect((await signaturesOf(diskOf(size, { at: 0x8001, bytes: 'CD001' }))).map((one) => one.kind)).toEqual(['iso9660']);
  });

  test('several leftovers are all listed, in order of place', async () => {
    const disk = diskOf(
      size,
      { at: 0, bytes: 'XFSB' },
      { at: 4086, bytes: 'SWAPSPACE2' },
      { at: size - 8192, bytes: Buffer.from('fc4e2ba9', 'hex') },
    );
    expect((await signaturesOf(disk)).map((one) => one.kind)).toEqual(['xfs', 'swap', 'linux_raid_member']);
  });
});

describe('hostile bytes', () => {
  test('never throw, at any size', async () => {
    const heads = ['lvm-pv-of-two', 'btrfs-of-two', 'luks2', 'ntfs', 'xfs'].map(realHead);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.nat(200_000),
        fc.array(fc.tuple(fc.nat(9000), fc.uint8Array({ minLength: 1, maxLength: 8 })), { maxLength: 6 }),
        async (head, sizeBytes, edits) => {
          const disk = Buffer.alloc(sizeBytes);
          disk.set(head.subarray(0, sizeBytes));
          for (const [at, bytes] of edits) if (at + bytes.length <= sizeBytes) disk.set(bytes, at);
          expect(Array.isArray(await signaturesOf(disk))).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('as volume group text never throw, and the real text survives its round through the parser', () => {
    const text =
      realHead('lvm-pv-of-two')
        .toString('latin1')
        .match(/vgduo \{[^\0]*/)?.[0] ?? '';
    expect(parseVolumeGroup(text)).toMatchObject({
      name: 'vgduo',
      pvIds: ['yMJFwQX3WRZ7aIWbgfkoKWpf6YdAslAs', 'lHnWlfFH2MnOTF88x40Flf5GX4MIsfH2'],
    });
    fc.assert(
      fc.property(fc.nat(text.length), fc.string(), (at, junk) => {
        parseVolumeGroup(text.slice(0, at) + junk);
        parseVolumeGroup(text.slice(0, at) + junk + text.slice(at));
      }),
      { numRuns: 3000 },
    );
  });
});

// Signatures of volumes that are part of something larger: RAID sets (md, IMSM, DDF and other firmware RAID), LVM volume
// groups, Btrfs, ZFS, bcache and Ceph pools. A member is never a candidate for writing unless a person pins it.
import type { ReadAt } from '../../image/partition-table.ts';
import { readLvmMembership } from './lvm.ts';
import type { Membership, Signature, Volume } from './volume.ts';
import { uuidText } from './volume.ts';

const MD_MAGIC = 0xa92b_4efc;

const membership = (of: Membership['of'], facts: Partial<Membership> = {}): Membership => ({
  of,
  count: null,
  groupId: null,
  selfId: null,
  memberIds: [],
  ...facts,
});

const member = (kind: string, offsetBytes: number, facts: Membership, uuid: string | null = null): Signature => ({
  kind,
  offsetBytes,
  label: null,
  uuid,
  membership: facts,
});

/** Offset of a place in the tail buffer, counted back from the end of the volume. */
const fromEnd = (volume: Volume, bytesBeforeEnd: number): number => volume.tail.length - bytesBeforeEnd;

/** md superblocks: 1.1 at the start, 1.2 at 4 KiB, 1.0 and 0.90 near the end (Linux drivers/md/md.c, md_p.h). */
const mdMembers = (volume: Volume): readonly Signature[] => {
  const found: Signature[] = [];
  for (const at of [0, 4096]) {
    if (volume.head.readUInt32LE(at) === MD_MAGIC) {
      const uuid = uuidText(volume.head, at + 16);
      found.push(member('linux_raid_member', volume.startBytes + at, membership('raid', { groupId: uuid }), uuid));
    }
  }
  const sectors = Math.floor(volume.sizeBytes / 512);
  const version10 = Math.floor((sectors - 16) / 8) * 8 * 512;
  const version090 = Math.floor(volume.sizeBytes / 65_536) * 65_536 - 65_536;
  for (const at of [version10, version090]) {
    const inTail = fromEnd(volume, volume.sizeBytes - at);
    if (at < 0 || inTail < 0 || inTail + 64 > volume.tail.length) continue;
    const magic = [volume.tail.readUInt32LE(inTail), volume.tail.readUInt32BE(inTail)];
    if (magic.includes(MD_MAGIC)) found.push(member('linux_raid_member', volume.startBytes + at, membership('raid')));
  }
  return found;
};

/** Firmware RAID keeps its records in the last sectors; offsets are those of blkid's superblock probes. */
const firmwareRaid = (volume: Volume): readonly Signature[] => {
  const { tail, sectorBytes } = volume;
  const found: Signature[] = [];
  const text = (bytesBeforeEnd: number, length: number): string => {
    const at = fromEnd(volume, bytesBeforeEnd);
    return at < 0 ? '' : tail.toString('latin1', at, at + length);
  };
  const add = (kind: string, bytesBeforeEnd: number): void => {
    found.push(member(kind, volume.startBytes + volume.sizeBytes - bytesBeforeEnd, membership('raid')));
  };
  if (text(2 * sectorBytes, 24) === 'Intel Raid ISM Cfg Sig. ') add('isw_raid_member', 2 * sectorBytes);
  for (const sectorsBeforeEnd of [1, 257]) {
    if (text(sectorsBeforeEnd * 512, 4) === '\xde\x11\xde\x11') add('ddf_raid_member', sectorsBeforeEnd * 512);
  }
  if (text(2 * 512, 6) === 'NVIDIA') add('nvidia_raid_member', 2 * 512);
  if (text(512, 2) === 'JM' && text(510, 1) <= '\x02') add('jmicron_raid_member', 512);
  if (text(512, 6) === '$XIDE$') add('lsi_mega_raid_member', 512);
  for (const sectorsBeforeEnd of [16, 63, 255, 256]) {
    if (text(sectorsBeforeEnd * 512, 24) === 'Promise Technology, Inc.') add('promise_fasttrack_raid_member', sectorsBeforeEnd * 512);
  }
  return found;
};

/** The Btrfs superblock at 64 KiB (Linux include/uapi/linux/btrfs_tree.h, `btrfs_super_block`). */
const btrfsMember = (volume: Volume): readonly Signature[] => {
  const superblock = 0x10000;
  if (volume.head.toString('latin1', superblock + 0x40, superblock + 0x48) !== '_BHRfS_M') return [];
  const uuid = uuidText(volume.head, superblock + 0x20);
  const label = volume.head
    .toString('utf8', superblock + 0x12b, superblock + 0x22b)
    .replace(/\0.*$/su, '')
    .toWellFormed()
    .trim();
  const count = Number(volume.head.readBigUInt64LE(superblock + 0x88));
  const whole = membership('pool', { groupId: uuid, count, selfId: uuidText(volume.head, superblock + 0xc9 + 0x42) });
  const offsetBytes = volume.startBytes + superblock + 0x40;
  return [{ kind: 'btrfs', offsetBytes, label: label === '' ? null : label.slice(0, 256), uuid, membership: whole }];
};

/**
 * ZFS label 0: an XDR name/value list from 16 KiB (OpenZFS `vdev_label.c`). A pool of one plain disk has one top-level vdev and
 * no mirror, raidz or draid in its tree; anything unreadable counts as spanning.
 */
const zfsMember = (volume: Volume): readonly Signature[] => {
  const list = volume.head.subarray(0x4000, 0x20000);
  if (!list.includes('pool_guid') || !list.includes('vdev_tree')) return [];
  const number = (name: string): bigint | null => {
    const at = list.indexOf(name);
    const value = at < 0 ? -1 : at + Math.ceil(name.length / 4) * 4 + 8;
    return value < 0 || value + 8 > list.length ? null : list.readBigUInt64BE(value);
  };
  const isPlain = number('vdev_children') === 1n && !['mirror', 'raidz', 'draid', 'replacing', 'spare'].some((type) => list.includes(type));
  const pool = number('pool_guid');
  const groupId = pool === null ? null : pool.toString();
  return [member('zfs_member', volume.startBytes + 0x4000, membership('pool', { groupId, count: isPlain ? 1 : null }), groupId)];
};

const BCACHE_MAGIC = Buffer.from('c68573f64e1a45ca8265f57f48ba6d81', 'hex');
const BCACHEFS_MAGIC = Buffer.from('c68573f666ce90a9d96a60cf803df7ef', 'hex');

const cacheMember = (volume: Volume): readonly Signature[] => {
  const magic = volume.head.subarray(4096 + 24, 4096 + 40);
  if (magic.equals(BCACHE_MAGIC)) return [member('bcache', volume.startBytes + 4096 + 24, membership('pool'))];
  if (!magic.equals(BCACHEFS_MAGIC)) return [];
  const devices = volume.head[4096 + 123] ?? 0;
  return [member('bcachefs', volume.startBytes + 4096 + 24, membership('pool', { count: devices === 0 ? null : devices }))];
};

const cephMember = (volume: Volume): readonly Signature[] =>
  volume.head.toString('latin1', 0, 22) === 'bluestore block device'
    ? [member('ceph_bluestore', volume.startBytes, membership('pool'))]
    : [];

/** All membership signatures of a volume, LVM included. */
export const findMembers = async (read: ReadAt, volume: Volume): Promise<readonly Signature[]> => {
  const lvm = await readLvmMembership(read, volume);
  return [
    ...mdMembers(volume),
    ...firmwareRaid(volume),
    ...btrfsMember(volume),
    ...zfsMember(volume),
    ...cacheMember(volume),
    ...cephMember(volume),
    ...(lvm === null ? [] : [member('LVM2_member', lvm.offsetBytes, lvm.membership, lvm.membership.selfId)]),
  ];
};

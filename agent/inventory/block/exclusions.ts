// Why a disk is never a candidate for writing unless a person pins it by serial or WWN. PURE.
import type { PartitionTable } from '../../image/partition-table.ts';
import type { DiskExclusion } from '../../protocol/disk.ts';
import type { DiskAttributes } from './device.ts';
import { mediaKind } from './identity.ts';
import type { Membership, Signature } from './volume.ts';

/** From the hardware alone, before anything is read. */
export const hardwareExclusions = (attributes: DiskAttributes): readonly DiskExclusion[] => {
  const media = mediaKind(attributes.vendor, attributes.model);
  const reasons: DiskExclusion[] = [];
  if (attributes.removable) reasons.push('removable');
  if (attributes.bootMedia) reasons.push('boot-media');
  if (media !== null) reasons.push(media);
  if (attributes.transport === 'fibre-channel') reasons.push('fibre-channel');
  if (attributes.transport === 'iscsi') reasons.push('iscsi');
  if (attributes.transport === 'nvme-over-fabrics') reasons.push('nvme-over-fabrics');
  if (attributes.readOnlyHardware) reasons.push('read-only-hardware');
  return reasons;
};

/** Windows dynamic disks, and Storage Spaces: their members live on several disks by design. */
const SPANNING_TYPES: Readonly<Record<string, DiskExclusion>> = {
  '5808c8aa-7e8f-42e0-85d2-e1e90434cfb3': 'spanning-volume-group',
  'af9b60a0-1431-4f62-bc68-3311714a69ad': 'spanning-volume-group',
  '0x42': 'spanning-volume-group',
  'e75caf8f-f680-4cee-afa3-b001e56efc2d': 'spanning-pool',
};

/** A whole that lies on this one disk alone does not span: one member, or all its members (or as many as it has) are here. */
const isWholeHere = (membership: Membership, all: readonly Membership[]): boolean => {
  if (membership.count === 1) return true;
  if (membership.count === null || membership.groupId === null) return false;
  const here = new Set(all.filter((other) => other.groupId === membership.groupId).map((other) => other.selfId));
  if (membership.memberIds.length > 0) return membership.memberIds.every((id) => here.has(id));
  return !here.has(null) && here.size >= membership.count;
};

/** From what the disk holds. A RAID member is one whatever its set looks like. */
export const contentExclusions = (signatures: readonly Signature[], table: PartitionTable | null): readonly DiskExclusion[] => {
  const all = signatures.flatMap((signature) => (signature.membership === null ? [] : [signature.membership]));
  const reasons = new Set<DiskExclusion>();
  for (const membership of all) {
    if (membership.of === 'raid') reasons.add('raid-member');
    else if (!isWholeHere(membership, all)) reasons.add(membership.of === 'pool' ? 'spanning-pool' : 'spanning-volume-group');
  }
  for (const partition of table?.partitions ?? []) {
    const reason = SPANNING_TYPES[partition.type];
    if (reason !== undefined) reasons.add(reason);
  }
  return [...reasons].toSorted();
};

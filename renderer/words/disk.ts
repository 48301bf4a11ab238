// A disk in words: which one it is, what is on it, why it is left alone.
import { bytes, count } from './numbers.ts';
import type { Disk, DiskExclusion } from '../../agent/protocol/disk.ts';

export const diskTitle = (disk: Disk): string =>
  [disk.vendor, disk.model ?? (disk.transport === 'unknown' ? 'Disk' : `${disk.transport.toUpperCase()} disk`), bytes(disk.sizeBytes)]
    .filter(Boolean)
    .join(' ');

/** What names the disk in an approval: serial, else WWN, else its size. The same rule as the station's. */
export const eraseSerial = (disk: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>): string =>
  disk.serial ?? disk.wwn ?? `size:${disk.sizeBytes}`;

export const diskName = (disk: Disk): string =>
  disk.serial !== null
    ? `serial ${disk.serial}`
    : disk.wwn !== null
      ? `WWN ${disk.wwn}`
      : `no serial, ${disk.sizeBytes.toLocaleString('en')} bytes`;

export const holds = (disk: Disk): string => {
  const content = disk.content;
  if (content === null) return disk.problem?.message ?? 'could not be read';
  if (content.blank) return 'blank: nothing on it';
  const partitions = count(content.partitions.length, 'partition', 'partitions');
  if (content.table === 'damaged') return 'a damaged partition table: what it held is unknown';
  if (content.recognisedOs !== null) return `${content.recognisedOs}, ${partitions}`;
  if (content.partitions.length > 0) return `${partitions}, no operating system recognised`;
  const kinds = content.signatures.map((signature) => signature.kind);
  return kinds.length > 0 ? `no partitions; traces of ${[...new Set(kinds)].join(', ')}` : 'data without a partition table';
};

const EXCLUSIONS: Readonly<Record<DiskExclusion, string>> = {
  removable: 'removable',
  'boot-media': 'the medium this machine booted from',
  'virtual-media': 'virtual media of the BMC',
  'internal-sd': 'internal SD card',
  'fibre-channel': 'a Fibre Channel LUN',
  iscsi: 'an iSCSI LUN',
  'nvme-over-fabrics': 'NVMe over fabrics',
  multipath: 'a multipath LUN',
  'raid-member': 'member of a RAID set',
  'spanning-volume-group': 'part of a volume group that spans disks',
  'spanning-pool': 'part of a pool that spans disks',
  'read-only-hardware': 'read-only by hardware',
};

export const exclusions = (disk: Disk): string | null =>
  disk.exclusions.length === 0 ? null : `Never chosen by itself: ${disk.exclusions.map((one) => EXCLUSIONS[one]).join(', ')}.`;

export const provenance = (disk: Disk): string | null => {
  const { verdict, writtenAt, stationName } = disk.provenance;
  switch (verdict) {
    case 'trusted':
      return `Installed by ${stationName ?? 'a trusted station'}${writtenAt === null ? '' : ` on ${writtenAt.slice(0, 10)}`}; its record is in order.`;
    case 'unknown-key':
      return 'Carries a record signed with a key that this station does not trust.';
    case 'other-disk':
      return 'Carries a record that names another disk: it was cloned or moved.';
    case 'other-table':
      return 'Carries a record of a system that is there no more: it was partitioned anew since.';
    case 'broken':
      return 'Carries a record that does not check out.';
    case 'voided':
      return 'An earlier write to it began and did not end.';
    case 'absent':
      return null;
  }
};

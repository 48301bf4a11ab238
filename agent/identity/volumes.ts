// The filesystems of a disk as places on it: in a partition, or in a plain logical volume of LVM, which lies in pieces. What cannot be
// looked into is named, for an image that is said to be neutralised must not be silent about half of it.
import type { IdentityProblem } from '../protocol/identity.ts';
import type { ReadAt } from '../image/partition-table.ts';
import type { ByteRange } from '../image/used/block-map.ts';
import { mapped } from '../image/used/lvm.ts';
import type { Segment } from '../image/used/lvm-group.ts';
import { readGroup } from '../image/used/lvm-group.ts';
import { physicalVolumesIn, readNewestText, readPhysicalVolume } from '../image/used/lvm-volume.ts';
import { signsOf } from '../image/used/signs.ts';
import type { PartitionUse } from '../image/used/used-space.ts';
import { refusalOf, volumeAt } from '../image/used/volume.ts';

/** Kinds that the kit's kernel mounts and that hold something to find. */
export type MountKind = 'ext' | 'xfs' | 'btrfs' | 'vfat' | 'ntfs' | 'f2fs';
export type DiskVolume = {
  /** For people: `partition 2 (ext, root)`. */
  readonly name: string;
  readonly kind: MountKind;
  /** In the order in which they make the volume. */
  readonly segments: readonly ByteRange[];
};
export type DiskVolumes = { readonly volumes: readonly DiskVolume[]; readonly problems: readonly IdentityProblem[] };

const MOUNTED: ReadonlySet<string> = new Set<MountKind>(['ext', 'xfs', 'btrfs', 'vfat', 'ntfs', 'f2fs']);
const ENCRYPTED: ReadonlySet<string> = new Set(['luks', 'bitlocker']);
/** Made of several things, or beyond what is understood here. */
const OPAQUE: ReadonlySet<string> = new Set([
  'md',
  'zfs',
  'bcache',
  'stratis',
  'refs',
  'apfs',
  'hfsplus',
  'jfs',
  'reiserfs',
  'ufs',
  'gfs2',
  'bcachefs',
  'nilfs2',
  'ocfs2',
  'reiser4',
  'integrity',
  'verity',
  'vdo',
]);

export const volumesOf = async (read: ReadAt, uses: readonly PartitionUse[]): Promise<DiskVolumes> => {
  const volumes: DiskVolume[] = [];
  const problems: IdentityProblem[] = [];
  const add = (name: string, kind: string | null, segments: readonly ByteRange[]): void => {
    if (kind === null) return;
    const label = `${name} (${kind})`.slice(0, 200);
    if (MOUNTED.has(kind)) volumes.push({ name: label, kind: kind as MountKind, segments });
    else if (ENCRYPTED.has(kind)) problems.push(encrypted(label));
    else if (OPAQUE.has(kind)) problems.push(opaque(label, 'its kind cannot be opened here'));
  };
  for (const use of uses) {
    const label = use.label === null ? '' : ` "${use.label.slice(0, 64).toWellFormed()}"`;
    const name = `partition ${use.number}${label}`;
    if (use.kind !== 'lvm') {
      add(name, use.kind, [use.place]);
      continue;
    }
    try {
      for (const { logical, kind, segments } of await logicalVolumesIn(read, use.place, uses))
        add(`${name}, volume ${logical}`, kind, segments);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      problems.push(opaque(`${name} (lvm)`.slice(0, 200), refusal.failure.message));
    }
  }
  return { volumes, problems };
};

type Logical = { readonly logical: string; readonly kind: string | null; readonly segments: readonly ByteRange[] };

const logicalVolumesIn = async (read: ReadAt, place: ByteRange, uses: readonly PartitionUse[]): Promise<readonly Logical[]> => {
  const volumeIn = ({ offsetBytes, lengthBytes }: ByteRange) => volumeAt(read, offsetBytes, lengthBytes);
  const places = new Map(uses.filter(({ kind }) => kind === 'lvm').map((use) => [volumeIn(use.place), use.place] as const));
  const present = await physicalVolumesIn([...places.keys()]);
  const own = volumeIn(place);
  const physical = await readPhysicalVolume(own);
  const text = physical === null ? null : await readNewestText(own, physical.id, present);
  // A physical volume that is in no group holds nothing.
  if (physical === null || text === null) return [];
  const group = readGroup(text, physical.id, present);
  const onDisk = ({ physicalId, offsetBytes, lengthBytes }: Segment): ByteRange => {
    const volume = present.get(physicalId);
    const from = (volume == null ? undefined : places.get(volume))?.offsetBytes ?? place.offsetBytes;
    return { offsetBytes: from + offsetBytes, lengthBytes };
  };
  const found: Logical[] = [];
  // One in several physical volumes is found in the one that it begins in.
  for (const one of group.volumes.filter(({ standsAlone, segments }) => standsAlone && segments[0]?.physicalId === physical.id)) {
    const signs = [...(await signsOf(mapped(present, one)))];
    found.push({
      logical: one.name,
      kind: signs.length === 1 ? (signs[0] ?? null) : null,
      segments: one.segments.map(onDisk),
    });
  }
  return found;
};

const encrypted = (volume: string): IdentityProblem => ({
  volume,
  code: 'identity.encrypted',
  message: 'It is encrypted, so that nobody can see from outside what identity is in it.',
  next: 'Neutralise it in the running system before the capture, or let cloud-init or a first-boot script do so in each copy.',
});

const opaque = (volume: string, why: string): IdentityProblem => ({
  volume,
  code: 'identity.not-readable',
  message: `What identity is in it cannot be seen: ${why}`.slice(0, 1000),
  next: 'Neutralise it in the running system before the capture.',
});

// Used bytes of an LVM2 physical volume: its own tables, and of each logical volume what the filesystem in it uses. Free extents
// are free.
import type { ByteRange } from './block-map.ts';
import type { FilesystemReading } from './filesystem-reading.ts';
import type { LogicalVolume, PhysicalVolumes, VolumeGroup } from './lvm-group.ts';
import { readGroup } from './lvm-group.ts';
import { readNewestText, readPhysicalVolume } from './lvm-volume.ts';
import type { UsedMap, UsedSpace, Volume } from './volume.ts';
import { malformed, unsupported } from './volume.ts';

/** `readInside` reads the filesystem in a logical volume; `onObstacle` hears of one that is taken whole instead. */
export const readLvm = async (
  volume: Volume,
  present: PhysicalVolumes,
  readInside: (volume: Volume) => Promise<FilesystemReading<UsedMap>>,
  onObstacle: (name: string, reading: FilesystemReading<UsedMap>) => void,
): Promise<UsedSpace> => {
  const physical = await readPhysicalVolume(volume);
  if (physical === null) throw malformed('its label is gone');
  const text = await readNewestText(volume, physical.id, present);
  if (text === null) throw unsupported('the physical volume is in no volume group');
  const group = readGroup(text, physical.id, present);
  const spaces = new Map<LogicalVolume, UsedMap>();
  const isHere = ({ segments }: LogicalVolume): boolean => segments.some(({ physicalId }) => physicalId === physical.id);
  for (const logical of group.volumes.filter(isHere)) {
    if (!logical.standsAlone) {
      onObstacle(logical.name, PART_OF_ANOTHER);
      continue;
    }
    const reading = await readInside(mapped(present, logical));
    if (reading.used !== null) spaces.set(logical, reading.used);
    if (reading.obstacle !== null) onObstacle(logical.name, reading);
  }
  const ranges = (): Generator<ByteRange> => joined(rangesOf(volume.sizeBytes, physical.id, group, spaces));
  let usedBytes = 0;
  for (const { lengthBytes } of ranges()) usedBytes += lengthBytes;
  return { blockSizeBytes: group.extentBytes, ranges, usedBytes: () => usedBytes, blank: blankOf(physical.id, spaces) };
};

/** A pool's data, a half of a mirror, a cache, the origin of a snapshot: not for us to take apart, and said. */
const PART_OF_ANOTHER: FilesystemReading<UsedMap> = {
  kind: null,
  used: null,
  obstacle: unsupported('another volume is made of it (thin pool, RAID, cache, snapshot)').failure,
  refuses: false,
};

/** Where what is blank in a logical volume lies on the physical one. */
const blankOf = (ownId: string, spaces: ReadonlyMap<LogicalVolume, UsedMap>): readonly ByteRange[] =>
  [...spaces].flatMap(([{ segments }, { blank = [] }]) =>
    segments
      .filter(({ physicalId }) => physicalId === ownId)
      .flatMap((segment) =>
        blank.flatMap(({ offsetBytes, lengthBytes }) => {
          const from = Math.max(offsetBytes, segment.volumeOffset);
          const to = Math.min(offsetBytes + lengthBytes, segment.volumeOffset + segment.lengthBytes);
          return from < to ? [{ offsetBytes: segment.offsetBytes + from - segment.volumeOffset, lengthBytes: to - from }] : [];
        }),
      ),
  );

/** A logical volume as if it were in one piece. */
export const mapped = (present: PhysicalVolumes, { sizeBytes, segments }: LogicalVolume): Volume => ({
  sizeBytes,
  read: async (offset, length) => {
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes)) throw malformed('it points outside its volume');
    const parts: Buffer[] = [];
    for (const segment of segments) {
      const from = Math.max(offset, segment.volumeOffset);
      const to = Math.min(offset + length, segment.volumeOffset + segment.lengthBytes);
      if (from >= to) continue;
      const volume = present.get(segment.physicalId);
      if (volume == null) throw malformed('a part of it is not here');
      parts.push(await volume.read(segment.offsetBytes + from - segment.volumeOffset, to - from));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  },
});

function* rangesOf(
  sizeBytes: number,
  ownId: string,
  group: VolumeGroup,
  spaces: ReadonlyMap<LogicalVolume, UsedMap>,
): Generator<ByteRange> {
  yield { offsetBytes: 0, lengthBytes: group.dataOffset };
  const all = group.volumes
    .flatMap((logical) => logical.segments.map((segment) => ({ logical, segment })))
    .filter(({ segment }) => segment.physicalId === ownId);
  for (const { logical, segment } of all.toSorted((a, b) => a.segment.offsetBytes - b.segment.offsetBytes)) {
    const space = spaces.get(logical);
    if (space === undefined) yield { offsetBytes: segment.offsetBytes, lengthBytes: segment.lengthBytes };
    else
      for (const range of space.rangesIn(segment.volumeOffset, segment.lengthBytes))
        yield { offsetBytes: segment.offsetBytes + range.offsetBytes - segment.volumeOffset, lengthBytes: range.lengthBytes };
  }
  const end = group.dataOffset + group.dataBytes;
  yield { offsetBytes: end, lengthBytes: sizeBytes - end };
}

/** Neighbours as one; empty ones gone. */
function* joined(ranges: Iterable<ByteRange>): Generator<ByteRange> {
  let open: ByteRange | null = null;
  for (const range of ranges) {
    if (range.lengthBytes <= 0) continue;
    if (open !== null && open.offsetBytes + open.lengthBytes === range.offsetBytes)
      open = { offsetBytes: open.offsetBytes, lengthBytes: open.lengthBytes + range.lengthBytes };
    else {
      if (open !== null) yield open;
      open = range;
    }
  }
  if (open !== null) yield open;
}

// What a volume group's text says about one physical volume: which of its extents belong to which logical volume. Only volumes of
// plain linear segments are understood; whatever else a group can hold makes all of the physical volume used.
import type { LvmSection, LvmValue } from './lvm-text.ts';
import { malformed, spansDisks, unsupported } from './volume.ts';

const SECTOR_BYTES = 512;
/** Names and kinds are told to people. */
const WORD = /^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,127}$/;
const MAX_SEGMENTS = 100_000;

/** A stretch of a logical volume and where it lies; both in bytes, the latter from the start of the physical volume. */
export type Segment = { readonly volumeOffset: number; readonly offsetBytes: number; readonly lengthBytes: number };

export type LogicalVolume = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly segments: readonly Segment[];
  /** False for a part of something else, or what something else is made from: its blocks mean nothing by themselves. */
  readonly standsAlone: boolean;
};

export type VolumeGroup = {
  readonly extentBytes: number;
  /** The extents: from here, this many bytes. What lies before and behind them is LVM's. */
  readonly dataOffset: number;
  readonly dataBytes: number;
  readonly volumes: readonly LogicalVolume[];
};

/** `presentIds`: the physical volumes that this disk has, by id. */
export const readGroup = (text: LvmSection, ownId: string, presentIds: ReadonlySet<string>, volumeBytes: number): VolumeGroup => {
  const [group] = [...text.sections.values()];
  const physical = [...(group?.sections.get('physical_volumes')?.sections ?? [])];
  const ids = physical.map(([, one]) => String(one.values.get('id')).replaceAll('-', ''));
  if (group === undefined || !ids.includes(ownId)) throw malformed('its volume group does not know it');
  if (ids.some((id) => !presentIds.has(id))) throw spansDisks(`its volume group has ${ids.length} physical volumes`);
  if (ids.length > 1) throw unsupported('its volume group has several physical volumes on this disk');
  const [[name, own]] = physical as [[string, LvmSection]];
  const extentBytes = numberIn(group, 'extent_size') * SECTOR_BYTES;
  const dataOffset = numberIn(own, 'pe_start') * SECTOR_BYTES;
  const extents = numberIn(own, 'pe_count');
  const dataBytes = extents * extentBytes;
  if (extentBytes === 0 || dataOffset < 4 * SECTOR_BYTES || dataOffset + dataBytes > volumeBytes)
    throw malformed('its extents lie outside');
  const listed = [...(group.sections.get('logical_volumes')?.sections ?? [])];
  const named = namesIn(listed.map(([, one]) => one));
  const volumes = listed.map(([volumeName, one]): LogicalVolume => {
    if (!WORD.test(volumeName)) throw malformed('a volume has a name that none can have');
    const segments = segmentsOf(one, name, { extentBytes, dataOffset, extents });
    const sizeBytes = segments.reduce((sum, segment) => sum + segment.lengthBytes, 0);
    const status = one.values.get('status');
    const isVisible = Array.isArray(status) && status.includes('VISIBLE');
    if (Array.isArray(status) && status.includes('PVMOVE')) throw unsupported('a volume is being moved (pvmove)');
    return { name: volumeName, sizeBytes, segments, standsAlone: isVisible && !named.has(volumeName) };
  });
  refuseOverlap(volumes);
  return { extentBytes, dataOffset, dataBytes, volumes };
};

const numberIn = (section: LvmSection, name: string): number => {
  const value = section.values.get(name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > 2 ** 40)
    throw malformed(`its ${name} makes no sense`);
  return value;
};

/** Every name that a segment mentions: of pools, origins, images of mirrors, stores of snapshots. */
const namesIn = (volumes: readonly LvmSection[]): ReadonlySet<string> => {
  const names = new Set<string>();
  const add = (value: LvmValue): void => {
    if (typeof value === 'string') names.add(value);
    else if (typeof value !== 'number') for (const one of value) add(one);
  };
  for (const volume of volumes) for (const segment of volume.sections.values()) for (const value of segment.values.values()) add(value);
  return names;
};

type Extents = { readonly extentBytes: number; readonly dataOffset: number; readonly extents: number };

const segmentsOf = (volume: LvmSection, physicalName: string, { extentBytes, dataOffset, extents }: Extents): readonly Segment[] => {
  const parts = [...volume.sections].filter(([name]) => /^segment\d+$/.test(name)).map(([, segment]) => segment);
  if (parts.length !== numberIn(volume, 'segment_count') || parts.length > MAX_SEGMENTS) throw malformed('a volume has lost segments');
  const segments: Segment[] = [];
  let next = 0;
  for (const part of parts.toSorted((a, b) => numberIn(a, 'start_extent') - numberIn(b, 'start_extent'))) {
    const type = part.values.get('type');
    if (type !== 'striped') {
      // A pool, a thin volume, a cache: made of other volumes, which are listed with their own segments.
      if (namesIn([{ values: new Map(), sections: new Map([['one', part]]) }]).has(physicalName))
        throw unsupported(`a volume is of the kind ${typeof type === 'string' && WORD.test(type) ? type : 'that nobody knows'}`);
      continue;
    }
    if (numberIn(part, 'stripe_count') !== 1) throw unsupported('a volume is striped');
    const stripes = part.values.get('stripes');
    const [where, first] = Array.isArray(stripes) ? (stripes as readonly LvmValue[]) : [];
    const count = numberIn(part, 'extent_count');
    if (where !== physicalName) throw unsupported('a volume is made of another one');
    if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0 || count === 0 || first + count > extents)
      throw malformed('a volume lies outside');
    if (numberIn(part, 'start_extent') !== next) throw malformed('the segments of a volume do not follow each other');
    next += count;
    segments.push({
      volumeOffset: (next - count) * extentBytes,
      offsetBytes: dataOffset + first * extentBytes,
      lengthBytes: count * extentBytes,
    });
  }
  return segments;
};

const refuseOverlap = (volumes: readonly LogicalVolume[]): void => {
  let end = 0;
  for (const segment of volumes.flatMap((one) => one.segments).toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    if (segment.offsetBytes < end) throw malformed('two volumes share extents');
    end = segment.offsetBytes + segment.lengthBytes;
  }
};

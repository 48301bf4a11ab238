// What a volume group's text says about the physical volumes of this disk: which of their extents belong to which logical volume. Only
// volumes of plain linear segments are understood; whatever else a group can hold makes all of its physical volumes used.
import type { LvmSection, LvmValue } from './lvm-text.ts';
import { malformed, spansDisks, unsupported } from './volume.ts';
import type { Volume } from './volume.ts';

const SECTOR_BYTES = 512;
/** Names and kinds are told to people. */
const WORD = /^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,127}$/;
const MAX_SEGMENTS = 100_000;

/** The physical volumes of a disk by id; null where two of them have the same. */
export type PhysicalVolumes = ReadonlyMap<string, Volume | null>;

/** A stretch of a logical volume and where it lies; both in bytes, the latter from the start of its physical volume. */
export type Segment = {
  readonly physicalId: string;
  readonly volumeOffset: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
};

export type LogicalVolume = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly segments: readonly Segment[];
  /** False for a part of something else, or what something else is made from: its blocks mean nothing by themselves. */
  readonly standsAlone: boolean;
};

export type VolumeGroup = {
  readonly extentBytes: number;
  /** The extents of the physical volume that was asked about: from here, this many bytes. What lies before and behind them is LVM's. */
  readonly dataOffset: number;
  readonly dataBytes: number;
  readonly volumes: readonly LogicalVolume[];
};

/** Ids of a group's physical volumes, without the dashes that the text has. */
export const physicalIdsOf = (text: LvmSection): readonly string[] => {
  const [group] = [...text.sections.values()];
  return [...(group?.sections.get('physical_volumes')?.sections.values() ?? [])].map(idOf);
};

const idOf = (section: LvmSection): string => String(section.values.get('id')).replaceAll('-', '');

export const readGroup = (text: LvmSection, ownId: string, present: PhysicalVolumes): VolumeGroup => {
  const [group] = [...text.sections.values()];
  const ids = physicalIdsOf(text);
  if (group === undefined || !ids.includes(ownId)) throw malformed('its volume group does not know it');
  if (ids.some((id) => !present.has(id))) throw spansDisks(`its volume group has ${ids.length} physical volumes`);
  const extentBytes = numberIn(group, 'extent_size') * SECTOR_BYTES;
  const places = new Map<string, Extents>();
  for (const [name, one] of group.sections.get('physical_volumes')?.sections ?? []) {
    const volume = present.get(idOf(one));
    if (volume == null) throw unsupported('two partitions claim to be the same physical volume');
    const [dataOffset, extents] = [numberIn(one, 'pe_start') * SECTOR_BYTES, numberIn(one, 'pe_count')];
    if (extentBytes === 0 || dataOffset < 4 * SECTOR_BYTES || dataOffset + extents * extentBytes > volume.sizeBytes)
      throw malformed('its extents lie outside');
    places.set(name, { physicalId: idOf(one), dataOffset, extents });
  }
  const own = [...places.values()].find(({ physicalId }) => physicalId === ownId);
  if (own === undefined || new Set(ids).size !== ids.length) throw malformed('its volume group has a physical volume twice');
  const listed = [...(group.sections.get('logical_volumes')?.sections ?? [])];
  const named = namesIn(listed.map(([, one]) => one));
  const volumes = listed.map(([volumeName, one]): LogicalVolume => {
    if (!WORD.test(volumeName)) throw malformed('a volume has a name that none can have');
    const segments = segmentsOf(one, places, extentBytes);
    const sizeBytes = segments.reduce((sum, segment) => sum + segment.lengthBytes, 0);
    const status = one.values.get('status');
    const isVisible = Array.isArray(status) && status.includes('VISIBLE');
    if (Array.isArray(status) && status.includes('PVMOVE')) throw unsupported('a volume is being moved (pvmove)');
    return { name: volumeName, sizeBytes, segments, standsAlone: isVisible && !named.has(volumeName) };
  });
  refuseOverlap(volumes);
  return { extentBytes, dataOffset: own.dataOffset, dataBytes: own.extents * extentBytes, volumes };
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

type Extents = { readonly physicalId: string; readonly dataOffset: number; readonly extents: number };

/** `places`: the physical volumes by their names in the text. */
const segmentsOf = (volume: LvmSection, places: ReadonlyMap<string, Extents>, extentBytes: number): readonly Segment[] => {
  const parts = [...volume.sections].filter(([name]) => /^segment\d+$/.test(name)).map(([, segment]) => segment);
  if (parts.length !== numberIn(volume, 'segment_count') || parts.length > MAX_SEGMENTS) throw malformed('a volume has lost segments');
  const segments: Segment[] = [];
  let next = 0;
  for (const part of parts.toSorted((a, b) => numberIn(a, 'start_extent') - numberIn(b, 'start_extent'))) {
    const type = part.values.get('type');
    if (type !== 'striped') {
      // A pool, a thin volume, a cache: made of other volumes, which are listed with their own segments.
      const names = namesIn([{ values: new Map(), sections: new Map([['one', part]]) }]);
      if ([...places.keys()].some((name) => names.has(name)))
        throw unsupported(`a volume is of the kind ${typeof type === 'string' && WORD.test(type) ? type : 'that nobody knows'}`);
      continue;
    }
    if (numberIn(part, 'stripe_count') !== 1) throw unsupported('a volume is striped');
    const stripes = part.values.get('stripes');
    const [where, first] = Array.isArray(stripes) ? (stripes as readonly LvmValue[]) : [];
    const count = numberIn(part, 'extent_count');
    const place = typeof where === 'string' ? places.get(where) : undefined;
    if (place === undefined) throw unsupported('a volume is made of another one');
    if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0 || count === 0 || first + count > place.extents)
      throw malformed('a volume lies outside');
    if (numberIn(part, 'start_extent') !== next) throw malformed('the segments of a volume do not follow each other');
    next += count;
    segments.push({
      physicalId: place.physicalId,
      volumeOffset: (next - count) * extentBytes,
      offsetBytes: place.dataOffset + first * extentBytes,
      lengthBytes: count * extentBytes,
    });
  }
  return segments;
};

const refuseOverlap = (volumes: readonly LogicalVolume[]): void => {
  const ends = new Map<string, number>();
  for (const segment of volumes.flatMap((one) => one.segments).toSorted((a, b) => a.offsetBytes - b.offsetBytes)) {
    if (segment.offsetBytes < (ends.get(segment.physicalId) ?? 0)) throw malformed('two volumes share extents');
    ends.set(segment.physicalId, segment.offsetBytes + segment.lengthBytes);
  }
};

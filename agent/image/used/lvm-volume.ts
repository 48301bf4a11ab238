// The physical volume of LVM2 (lvm2 lib/format_text/layout.h): its label, and the newest text of its volume group, out of whichever
// metadata area is whole.
import { crc32 } from 'node:zlib';
import type { PhysicalVolumes } from './lvm-group.ts';
import { physicalIdsOf } from './lvm-group.ts';
import type { LvmSection, LvmValue } from './lvm-text.ts';
import { parseLvmText } from './lvm-text.ts';
import type { Volume } from './volume.ts';
import { malformed, refusalOf } from './volume.ts';

const SECTOR_BYTES = 512;
const MAGIC = ' LVM2 x[5A%r0N*>';
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_AREAS = 16;
const IGNORED = 1;

export type PhysicalVolume = {
  /** 32 letters and digits, without the dashes that the text has. */
  readonly id: string;
  readonly metadataAreas: readonly { readonly offsetBytes: number; readonly sizeBytes: number }[];
};

/** LVM's own start value, and no inversions: otherwise the CRC-32 that everybody has. */
const checksum = (bytes: Uint8Array): number => ~crc32(bytes, ~0xf597_a6cf >>> 0) >>> 0;

/** Null where there is no label in the first four sectors. */
export const readPhysicalVolume = async (volume: Volume): Promise<PhysicalVolume | null> => {
  if (volume.sizeBytes < 4 * SECTOR_BYTES) return null;
  const head = await volume.read(0, 4 * SECTOR_BYTES);
  const sector = [0, 1, 2, 3].find((n) => {
    const at = n * SECTOR_BYTES;
    return head.toString('latin1', at, at + 8) === 'LABELONE' && head.toString('latin1', at + 24, at + 32) === 'LVM2 001';
  });
  if (sector === undefined) return null;
  const label = head.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
  if (checksum(label.subarray(20)) !== label.readUInt32LE(16)) throw malformed('its label fails its checksum');
  const header = label.readUInt32LE(20);
  if (header < 32 || header + 40 > label.length) throw malformed('its label points outside');
  const pairs = (start: number): { readonly list: { offsetBytes: number; sizeBytes: number }[]; readonly next: number } => {
    const list: { offsetBytes: number; sizeBytes: number }[] = [];
    for (let at = start; at + 16 <= label.length && list.length < MAX_AREAS; at += 16) {
      const pair = { offsetBytes: Number(label.readBigUInt64LE(at)), sizeBytes: Number(label.readBigUInt64LE(at + 8)) };
      if (pair.offsetBytes === 0) return { list, next: at + 16 };
      list.push(pair);
    }
    throw malformed('the list of its areas has no end');
  };
  const dataAreas = pairs(header + 40);
  return { id: label.toString('latin1', header, header + 32), metadataAreas: pairs(dataAreas.next).list };
};

/**
 * The text of the group that a physical volume is in, out of whichever of the disk's physical volumes has the newest; null where it is in
 * none. Some keep no text of their own, and a change that was cut reaches only some.
 */
export const readNewestText = async (own: Volume, ownId: string, present: PhysicalVolumes): Promise<LvmSection | null> => {
  let newest: LvmSection | null = null;
  let problem: unknown = null;
  for (const volume of new Set([own, ...present.values()])) {
    const text = volume === null ? null : await textOf(volume, (refusal) => void (problem = volume === own ? refusal : problem));
    if (text === null || !physicalIdsOf(text).includes(ownId)) continue;
    if (newest !== null && groupIdOf(newest) !== groupIdOf(text)) throw malformed('two volume groups claim it');
    if (newest === null || roundOf(text) > roundOf(newest)) newest = text;
  }
  if (newest === null && problem !== null) throw problem;
  return newest;
};

const textOf = async (volume: Volume, onRefusal: (refusal: unknown) => void): Promise<LvmSection | null> => {
  try {
    const physical = await readPhysicalVolume(volume);
    return physical === null ? null : await readGroupText(volume, physical);
  } catch (error) {
    if (refusalOf(error) === null) throw error;
    onRefusal(error);
    return null;
  }
};

const groupIdOf = (text: LvmSection): LvmValue | undefined => [...text.sections.values()][0]?.values.get('id');

/**
 * The group's text as sections; null for a physical volume that is in no group. Of several areas the one that was written last counts, as
 * for LVM: a change that was cut, or an area that could not be written, leaves the other behind.
 */
const readGroupText = async (volume: Volume, { metadataAreas }: PhysicalVolume): Promise<LvmSection | null> => {
  let isEmpty = false;
  let newest: LvmSection | undefined;
  for (const { offsetBytes, sizeBytes } of metadataAreas) {
    if (sizeBytes < 2 * SECTOR_BYTES || offsetBytes + sizeBytes > volume.sizeBytes) continue;
    const header = await volume.read(offsetBytes, SECTOR_BYTES);
    if (header.toString('latin1', 4, 20) !== MAGIC || checksum(header.subarray(4)) !== header.readUInt32LE(0)) continue;
    const start = Number(header.readBigUInt64LE(40));
    const length = Number(header.readBigUInt64LE(48));
    if ((header.readUInt32LE(60) & IGNORED) !== 0) continue;
    if (start === 0 || length === 0) {
      isEmpty = true;
      continue;
    }
    if (start < SECTOR_BYTES || start >= sizeBytes || length > Math.min(MAX_TEXT_BYTES, sizeBytes - SECTOR_BYTES)) continue;
    // The area is a ring behind its header.
    const first = Math.min(length, sizeBytes - start);
    const text = Buffer.concat([
      await volume.read(offsetBytes + start, first),
      await volume.read(offsetBytes + SECTOR_BYTES, length - first),
    ]);
    if (checksum(text) !== header.readUInt32LE(56)) continue;
    const parsed = parseLvmText(text.toString('utf8').replace(/\0+$/u, ''));
    if (parsed !== undefined && (newest === undefined || roundOf(parsed) > roundOf(newest))) newest = parsed;
  }
  if (newest !== undefined) return newest;
  if (isEmpty) return null;
  throw malformed('none of its metadata areas is whole');
};

/** Counted up with each change of the group. */
const roundOf = (text: LvmSection): number => {
  const [group] = [...text.sections.values()];
  const round = group?.values.get('seqno');
  return typeof round === 'number' ? round : -1;
};

/** Of all partitions of a disk, so that a group is known to be on it as a whole. */
export const physicalVolumesIn = async (volumes: readonly Volume[]): Promise<PhysicalVolumes> => {
  const found = new Map<string, Volume | null>();
  for (const volume of volumes) {
    const physical = await readPhysicalVolume(volume).catch((error: unknown) => {
      if (refusalOf(error) === null) throw error;
      return null;
    });
    if (physical !== null) found.set(physical.id, found.has(physical.id) ? null : volume);
  }
  return found;
};

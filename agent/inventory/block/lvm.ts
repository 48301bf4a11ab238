// LVM2 physical volumes (lvm2 lib/format_text/layout.h): label, PV header, and the volume group's metadata text, which lists
// the physical volumes that the group is made of.
import type { ReadAt } from '../../image/partition-table.ts';
import type { Membership, Volume } from './volume.ts';

const SECTOR_BYTES = 512;
const MDA_HEADER_BYTES = 512;
const MDA_MAGIC = ' LVM2 x[5A%r0N*>';
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_AREAS = 16;

type Area = { readonly offsetBytes: number; readonly sizeBytes: number };

export type LvmReading = { readonly offsetBytes: number; readonly membership: Membership };

const number64 = (bytes: Buffer, at: number): number => (at + 8 <= bytes.length ? Number(bytes.readBigUInt64LE(at)) : 0);

/** Pairs of offset and size up to the one that is all zero; gives them and the place after them. */
const areas = (head: Buffer, start: number): { readonly list: readonly Area[]; readonly next: number } => {
  const list: Area[] = [];
  let at = start;
  while (at + 16 <= head.length && list.length < MAX_AREAS) {
    const area = { offsetBytes: number64(head, at), sizeBytes: number64(head, at + 8) };
    at += 16;
    if (area.offsetBytes === 0) break;
    list.push(area);
  }
  return { list, next: at };
};

/** The text of the group's newest metadata; null when the area is damaged, '' when it has none (a PV without a group). */
const metadataText = async (read: ReadAt, volume: Volume, area: Area): Promise<string | null> => {
  if (area.sizeBytes < MDA_HEADER_BYTES * 2 || area.offsetBytes + area.sizeBytes > volume.sizeBytes) return null;
  const start = volume.startBytes + area.offsetBytes;
  const header = Buffer.from(await read(start, MDA_HEADER_BYTES));
  if (header.length < MDA_HEADER_BYTES || header.toString('latin1', 4, 20) !== MDA_MAGIC) return null;
  const offset = number64(header, 40);
  const size = number64(header, 48);
  if (offset === 0 || size === 0) return '';
  if (size > Math.min(MAX_TEXT_BYTES, area.sizeBytes) || offset < MDA_HEADER_BYTES || offset >= area.sizeBytes) return null;
  // The area is a ring behind its header.
  const first = await read(start + offset, Math.min(size, area.sizeBytes - offset));
  const rest = size > first.length ? await read(start + MDA_HEADER_BYTES, size - first.length) : new Uint8Array();
  return Buffer.concat([first, rest]).toString('latin1');
};

const plainId = (id: string): string => id.replaceAll('-', '');

/** The group's own id, and its physical volumes' ids without dashes, from metadata text; null when it is no such text. */
export const parseVolumeGroup = (
  text: string,
): { readonly name: string; readonly id: string; readonly pvIds: readonly string[] } | null => {
  const head = /^([A-Za-z0-9+_.][A-Za-z0-9+_.-]*) \{\s*id = "([A-Za-z0-9-]{38})"/.exec(text.trimStart());
  const section = /\bphysical_volumes \{/.exec(text);
  if (head === null || section === null) return null;
  const pvIds: string[] = [];
  let depth = 1;
  let at = section.index + section[0].length;
  for (const token of text.slice(at).matchAll(/[{}]|\bid = "([A-Za-z0-9-]{38})"/g)) {
    if (token[0] === '{') depth += 1;
    else if (token[0] === '}') depth -= 1;
    else if (depth === 2 && token[1] !== undefined) pvIds.push(plainId(token[1]));
    at = token.index;
    if (depth === 0) return { name: head[1] ?? '', id: plainId(head[2] ?? ''), pvIds };
  }
  return null;
};

/** The physical volume in the first four sectors, if there is one. Unreadable metadata gives a count of null. */
export const readLvmMembership = async (read: ReadAt, volume: Volume): Promise<LvmReading | null> => {
  const { head } = volume;
  const sector = [0, 1, 2, 3].find((index) => head.toString('latin1', index * SECTOR_BYTES, index * SECTOR_BYTES + 8) === 'LABELONE');
  if (sector === undefined || head.toString('latin1', sector * SECTOR_BYTES + 24, sector * SECTOR_BYTES + 32) !== 'LVM2 001') return null;
  const label = sector * SECTOR_BYTES;
  const pvHeader = label + Math.min(head.readUInt32LE(label + 20), SECTOR_BYTES * 2);
  const selfId = head.toString('latin1', pvHeader, pvHeader + 32).replace(/[^A-Za-z0-9]/g, '');
  const dataAreas = areas(head, pvHeader + 40);
  const metadataAreas = areas(head, dataAreas.next).list;
  const reading = (count: number | null, groupId: string | null, memberIds: readonly string[]): LvmReading => ({
    offsetBytes: volume.startBytes + label,
    membership: { of: 'volume-group', count, groupId, selfId, memberIds },
  });
  for (const area of metadataAreas) {
    const text = await metadataText(read, volume, area);
    if (text === '') return reading(1, null, [selfId]);
    const group = text === null ? null : parseVolumeGroup(text);
    if (group !== null) return reading(group.pvIds.length, group.id, group.pvIds);
  }
  return reading(null, null, []);
};

// Used clusters of FAT12, FAT16 and FAT32 (Microsoft FAT specification 1.03): an entry of the allocation table that is zero is free.
import { fatLayoutOf } from '../fat.ts';
import type { FatLayout } from '../fat.ts';
import { createClusterMap } from './cluster-map.ts';
import type { UsedReader, Volume } from './volume.ts';
import { dirty, malformed } from './volume.ts';

/** A multiple of every width of an entry; a whole FAT12 fits into one. */
const PIECE_BYTES = 1024 * 1024;
const CLEAN = { 16: [0x8000, 0x4000], 32: [0x0800_0000, 0x0400_0000] } as const;

export const readFat: UsedReader = async (volume) => {
  const boot = await volume.read(0, 512);
  const layout = fatLayoutOf(boot);
  if (layout === undefined) throw malformed('its boot sector makes no sense');
  if (layout.totalBytes > volume.sizeBytes) throw malformed('it is larger than its partition');
  await refuseUnclean(volume, boot, layout);
  const { map, free } = createClusterMap(volume.sizeBytes, layout.dataOffset, layout.clusterBytes);
  const entries = Math.min(layout.clusterCount + 2, Math.floor((layout.fatBytes * 8) / layout.bits));
  const perPiece = layout.bits === 12 ? entries : (PIECE_BYTES * 8) / layout.bits;
  for (let first = 0; first < entries; first += perPiece) {
    const count = Math.min(perPiece, entries - first);
    const copies: Buffer[] = [];
    for (let copy = 0; copy < layout.fatCount; copy++) {
      const at = layout.fatOffset + copy * layout.fatBytes + (first * layout.bits) / 8;
      copies.push(await volume.read(at, Math.ceil((count * layout.bits) / 8)));
    }
    let freeFrom = -1;
    for (let n = 0; n < count; n++) {
      const isFree = first + n >= 2 && copies.every((copy) => holdsNothing(layout.bits, entryAt(copy, layout.bits, n)));
      if (isFree && freeFrom < 0) freeFrom = n;
      if (!isFree && freeFrom >= 0) {
        free(first + freeFrom, first + n);
        freeFrom = -1;
      }
    }
    if (freeFrom >= 0) free(first + freeFrom, first + count);
  }
  return map;
};

/** Windows and Linux mark a mounted volume in entry 1, Linux and Windows NT in the boot sector too; FAT12 has the latter only. */
const refuseUnclean = async (volume: Volume, boot: Buffer, { bits, fatOffset }: FatLayout): Promise<void> => {
  const stateAt = bits === 32 ? 65 : 37;
  const hasState = [0x28, 0x29].includes(boot.readUInt8(stateAt + 1));
  if (hasState && (boot.readUInt8(stateAt) & 1) !== 0) throw dirty('it is mounted, or was not unmounted');
  if (bits === 12) return;
  const entry = entryAt(await volume.read(fatOffset, 8), bits, 1);
  const [shutDown, noErrors] = CLEAN[bits];
  if ((entry & shutDown) === 0) throw dirty('it is mounted, or was not unmounted');
  if ((entry & noErrors) === 0) throw dirty('errors were met in it');
};

const entryAt = (fat: Buffer, bits: FatLayout['bits'], index: number): number => {
  if (bits === 32) return fat.readUInt32LE(index * 4) & 0x0fff_ffff;
  if (bits === 16) return fat.readUInt16LE(index * 2);
  const at = Math.floor(index * 1.5);
  const pair = (fat[at] ?? 0) | ((fat[at + 1] ?? 0) << 8);
  return index % 2 === 0 ? pair & 0xfff : pair >> 4;
};

/** A bad cluster holds nothing either: only its mark in the table matters, and reading it may fail. */
const holdsNothing = (bits: FatLayout['bits'], entry: number): boolean => entry === 0 || entry === 2 ** Math.min(bits, 28) - 9;

// Writes FAT12/16/32 volumes with files in them (Microsoft FAT specification 1.03): cloud-init's CIDATA partition, partitions that a
// recipe adds. Without tools or rights, and the same bytes for the same content on every system: ids are given, times are fixed. Pure.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import {
  ATTRIBUTE_FILE,
  ATTRIBUTE_FOLDER,
  ATTRIBUTE_LABEL,
  ENTRY_BYTES,
  entriesFor,
  labelBytes,
  shortEntry,
  shortNameFor,
} from './fat-names.ts';
import { fatGeometry } from './fat-geometry.ts';
import type { FatGeometry } from './fat-geometry.ts';
import { fatTree } from './fat-tree.ts';
import type { FatFile, FatFolder } from './fat-tree.ts';

export type { FatFile } from './fat-tree.ts';

export type FatVolumeWish = {
  /** A multiple of the sector; what is over a whole cluster stays unused. */
  readonly sizeBytes: number;
  /** Of the disk that it will lie on; default 512. */
  readonly logicalSectorBytes?: 512 | 4096;
  /** At most 11 letters; written in capitals, as all systems do. */
  readonly label: string;
  /** Volume id, 32 bits: derive it from content where the volume must be the same each time. */
  readonly serial: number;
  /** `a/b.txt`; folders are made. */
  readonly files: readonly FatFile[];
  /** Where in its disk the volume begins, as its BIOS parameter block says it; default 0. */
  readonly hiddenSectors?: number;
};

/** What of the volume is not zero, in order of offset: a large volume with a few files is a few small parts. */
export type FatVolumeParts = {
  readonly bits: 12 | 16 | 32;
  readonly sizeBytes: number;
  /** From the start: boot sector, tables and root folder, which must be zero where no part is; what comes after may be anything. */
  readonly metadataBytes: number;
  readonly parts: readonly { readonly offsetBytes: number; readonly bytes: Uint8Array }[];
};

const END_OF_CHAIN = 0x0fff_ffff;

/** Codes: `fat.bad-name`, `fat.size` (no FAT has this size), `fat.full` (the files do not fit). */
export const writeFat = (wish: FatVolumeWish): Result<FatVolumeParts> => {
  const { sizeBytes, label, files } = wish;
  const geometry = fatGeometry(sizeBytes, wish.logicalSectorBytes ?? 512);
  if (geometry === null)
    return failed('fat.size', `A FAT volume cannot have ${sizeBytes} bytes.`, 'Give it between 64 KiB and 1 TiB, in whole sectors.');
  const tree = fatTree(files);
  if (!tree.ok) return tree;

  const space = clusterSpace(geometry);
  const rootFirst = geometry.bits === 32 ? space.take(folderBytes(tree.value, true)) : 0;
  const rootRoom = geometry.bits === 32 ? space.roomOf(rootFirst) : geometry.rootBytes;
  const root = folderContent(tree.value, { own: 0, parent: 0, label }, space);
  if (space.isFull() || root.length > rootRoom) return full(sizeBytes, files);
  if (geometry.bits === 32) space.fill(rootFirst, root);

  const { reservedBytes, fatBytes, sectorBytes } = geometry;
  const boot = bootSector(geometry, wish, rootFirst);
  const fat = space.table();
  const rootPart = geometry.bits === 32 ? [] : [{ offsetBytes: reservedBytes + 2 * fatBytes, bytes: root }];
  const copy = geometry.bits === 32 ? [{ offsetBytes: 6 * sectorBytes, bytes: boot }] : [];
  const info = geometry.bits === 32 ? infoSector(geometry, space.usedClusters()) : null;
  const infoParts = info === null ? [] : [sectorBytes, 7 * sectorBytes].map((offsetBytes) => ({ offsetBytes, bytes: info }));
  return success({
    bits: geometry.bits,
    sizeBytes,
    metadataBytes: geometry.dataOffset + (geometry.bits === 32 ? space.roomOf(rootFirst) : 0),
    parts: [
      { offsetBytes: 0, bytes: boot },
      ...infoParts,
      ...copy,
      { offsetBytes: reservedBytes, bytes: fat },
      { offsetBytes: reservedBytes + fatBytes, bytes: fat },
      ...rootPart,
      ...space.parts(),
    ].toSorted((a, b) => a.offsetBytes - b.offsetBytes),
  });
};

/** The volume as one block of bytes; for small ones. */
export const fatVolumeBytes = ({ sizeBytes, parts }: FatVolumeParts): Buffer => {
  const volume = Buffer.alloc(sizeBytes);
  for (const { offsetBytes, bytes } of parts) volume.set(bytes, offsetBytes);
  return volume;
};

/** The smallest volume, in whole MiB, that these files fit on with some room to spare. */
export const fatSizeFor = (files: readonly FatFile[]): number => {
  const MIB = 1024 * 1024;
  const content = files.reduce((sum, { path, bytes }) => sum + Math.ceil(bytes.length / 4096) * 4096 + path.length * 64 + 4096, 0);
  return Math.max(4, Math.ceil((content * 1.1) / MIB) + 1) * MIB;
};

const full = (sizeBytes: number, files: readonly FatFile[]): ReturnType<typeof failed> =>
  failed(
    'fat.full',
    `${files.length} files of ${files.reduce((sum, { bytes }) => sum + bytes.length, 0)} bytes do not fit on a FAT volume of ${sizeBytes} bytes.`,
    'Make it larger, or put less on it.',
  );

type ClusterSpace = ReturnType<typeof clusterSpace>;

/** Clusters are handed out one after another, so that a volume has no gaps and its table is a short list. */
const clusterSpace = ({ bits, clusterBytes, clusterCount, dataOffset }: FatGeometry) => {
  const links: number[] = [bits === 32 ? 0x0fff_fff8 : 0xffff_fff8, END_OF_CHAIN];
  const content = new Map<number, Uint8Array>();
  let overflowed = false;
  return {
    /** The first cluster for so many bytes; 0 for none. */
    take: (bytes: number): number => {
      const count = Math.ceil(bytes / clusterBytes);
      const first = links.length;
      if (count === 0) return 0;
      if (first - 2 + count > clusterCount) {
        overflowed = true;
        return 0;
      }
      for (let index = 1; index < count; index += 1) links.push(first + index);
      links.push(END_OF_CHAIN);
      return first;
    },
    fill: (first: number, bytes: Uint8Array): void => {
      if (first !== 0) content.set(first, bytes);
    },
    roomOf: (first: number): number => {
      let count = 1;
      for (let at = first; links[at] !== END_OF_CHAIN; at += 1) count += 1;
      return count * clusterBytes;
    },
    isFull: (): boolean => overflowed,
    usedClusters: (): number => links.length - 2,
    table: (): Buffer => tableBytes(links, bits),
    parts: () => [...content].map(([first, bytes]) => ({ offsetBytes: dataOffset + (first - 2) * clusterBytes, bytes })),
  };
};

const tableBytes = (links: readonly number[], bits: 12 | 16 | 32): Buffer => {
  const table = Buffer.alloc(Math.ceil((links.length * bits) / 8) + 1);
  for (const [index, link] of links.entries()) {
    if (bits === 32) table.writeUInt32LE(link, index * 4);
    else if (bits === 16) table.writeUInt16LE(link & 0xffff, index * 2);
    else {
      const at = Math.floor(index * 1.5);
      const pair = table.readUInt16LE(at);
      table.writeUInt16LE(index % 2 === 0 ? (pair & 0xf000) | (link & 0xfff) : (pair & 0x000f) | ((link & 0xfff) << 4), at);
    }
  }
  return table.subarray(0, Math.ceil((links.length * bits) / 8));
};

const folderBytes = (folder: FatFolder, isRoot: boolean): number => Math.max(1, folder.entriesMost + (isRoot ? 1 : 2)) * ENTRY_BYTES;

type FolderPlace = { readonly own: number; readonly parent: number; readonly label?: string };

const folderContent = (folder: FatFolder, { own, parent, label }: FolderPlace, space: ClusterSpace): Buffer => {
  const taken = new Set<string>();
  const dots = (name: string, cluster: number): Buffer =>
    shortEntry(Buffer.from(name.padEnd(11)), { attributes: ATTRIBUTE_FOLDER, cluster, sizeBytes: 0 });
  const labelPlace = { attributes: ATTRIBUTE_LABEL, cluster: 0, sizeBytes: 0 };
  const entries: Buffer[] =
    label === undefined ? [dots('.', own), dots('..', parent)] : label === '' ? [] : [shortEntry(labelBytes(label), labelPlace)];
  for (const [name, child] of folder.children) {
    const short = shortNameFor(name, taken);
    if (child.kind === 'file') {
      const cluster = space.take(child.bytes.length);
      space.fill(cluster, child.bytes);
      entries.push(...entriesFor(name, short, { attributes: ATTRIBUTE_FILE, cluster, sizeBytes: child.bytes.length }));
    } else {
      const cluster = space.take(folderBytes(child, false));
      space.fill(cluster, folderContent(child, { own: cluster, parent: own }, space));
      entries.push(...entriesFor(name, short, { attributes: ATTRIBUTE_FOLDER, cluster, sizeBytes: 0 }));
    }
  }
  return Buffer.concat(entries);
};

/** BIOS parameter block, §3.1-3.3. */
const bootSector = (geometry: FatGeometry, { label, serial, hiddenSectors = 0 }: FatVolumeWish, rootCluster: number): Buffer => {
  const { bits, sectorBytes, clusterBytes, reservedBytes, fatBytes, rootBytes, sectors } = geometry;
  const boot = Buffer.alloc(sectorBytes);
  boot.set([0xeb, bits === 32 ? 0x58 : 0x3c, 0x90], 0);
  boot.write('RACKSIDE', 3, 'ascii');
  boot.writeUInt16LE(sectorBytes, 11);
  boot[13] = clusterBytes / sectorBytes;
  boot.writeUInt16LE(reservedBytes / sectorBytes, 14);
  boot[16] = 2;
  boot.writeUInt16LE(rootBytes / ENTRY_BYTES, 17);
  if (bits !== 32 && sectors < 65_536) boot.writeUInt16LE(sectors, 19);
  else boot.writeUInt32LE(sectors, 32);
  boot[21] = 0xf8;
  if (bits !== 32) boot.writeUInt16LE(fatBytes / sectorBytes, 22);
  // An imagined geometry, which nobody boots by but mtools wants.
  boot.writeUInt16LE(32, 24);
  boot.writeUInt16LE(64, 26);
  boot.writeUInt32LE(hiddenSectors >>> 0, 28);
  const more = bits === 32 ? 64 : 36;
  if (bits === 32) {
    boot.writeUInt32LE(fatBytes / sectorBytes, 36);
    boot.writeUInt32LE(rootCluster, 44);
    boot.writeUInt16LE(1, 48);
    boot.writeUInt16LE(6, 50);
  }
  boot.set([0x80, 0, 0x29], more);
  boot.writeUInt32LE(serial >>> 0, more + 3);
  labelBytes(label === '' ? 'NO NAME' : label).copy(boot, more + 7);
  boot.write(`FAT${bits}   `, more + 18, 'ascii');
  boot.set([0x55, 0xaa], 510);
  return boot;
};

/** §5: how many clusters are free, and where to look for the next. */
const infoSector = ({ sectorBytes, clusterCount }: FatGeometry, used: number): Buffer => {
  const info = Buffer.alloc(sectorBytes);
  info.writeUInt32LE(0x4161_5252, 0);
  info.writeUInt32LE(0x6141_7272, 484);
  info.writeUInt32LE(clusterCount - used, 488);
  info.writeUInt32LE(used + 1, 492);
  info.writeUInt32LE(0xaa55_0000, 508);
  return info;
};

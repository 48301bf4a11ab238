// Read-only FAT12/16/32 (Microsoft FAT specification 1.03): enough to look into an EFI system partition. Every number in it is
// hostile: chains are bounded, directories are bounded, nothing is trusted to end.
import type { ReadAt } from './partition-table.ts';

export type FatVolume = {
  /** As the kernel and GRUB name it: `ABCD-1234`. */
  readonly uuid: string;
  readonly label: string;
  readonly bits: 12 | 16 | 32;
  readonly list: (path: string) => Promise<readonly FatEntry[]>;
  /** Up to `maxBytes` from the start of a file; undefined if there is no such file. Names compare without case. */
  readonly readFile: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;
  readonly find: (path: string) => Promise<FatEntry | undefined>;
  /** Reads a part of a file found by `find`. */
  readonly readPart: (entry: FatEntry, offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;
};

export type FatEntry = { readonly name: string; readonly isDirectory: boolean; readonly sizeBytes: number; readonly firstCluster: number };

/** Offsets are bytes from the start of the volume. */
export type FatLayout = {
  readonly bits: 12 | 16 | 32;
  readonly fatCount: number;
  /** Of one copy. */
  readonly fatBytes: number;
  readonly totalBytes: number;
  readonly clusterBytes: number;
  readonly clusterCount: number;
  readonly fatOffset: number;
  readonly dataOffset: number;
  readonly rootOffset: number;
  readonly rootBytes: number;
  readonly rootCluster: number;
};

const MAX_DIRECTORY_BYTES = 1024 * 1024;
const MAX_PATH_PARTS = 8;

/** Opens the volume that begins at `baseBytes`; undefined if no FAT is there. */
export const openFat = async (read: ReadAt, baseBytes: number): Promise<FatVolume | undefined> => {
  const boot = Buffer.from(await read(baseBytes, 512));
  const layout = fatLayoutOf(boot);
  if (layout === undefined) return undefined;
  const readHere: ReadAt = (offset, length) => read(baseBytes + offset, length);
  const serialAt = layout.bits === 32 ? 67 : 39;
  const serial = boot.readUInt32LE(serialAt).toString(16).toUpperCase().padStart(8, '0');

  const readChain = async (first: number, offset: number, length: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    let cluster = first;
    let skip = Math.floor(offset / layout.clusterBytes);
    let position = offset % layout.clusterBytes;
    let left = length;
    for (let steps = 0; steps <= layout.clusterCount && left > 0 && isData(layout, cluster); steps++) {
      if (skip > 0) skip--;
      else {
        const wanted = Math.min(layout.clusterBytes - position, left);
        parts.push(Buffer.from(await readHere(layout.dataOffset + (cluster - 2) * layout.clusterBytes + position, wanted)));
        left -= wanted;
        position = 0;
      }
      cluster = await nextCluster(readHere, layout, cluster);
    }
    return Buffer.concat(parts);
  };
  const readDirectory = async (cluster: number): Promise<readonly FatEntry[]> => {
    const fixedRoot = cluster === 0 && layout.bits !== 32;
    const bytes = fixedRoot
      ? Buffer.from(await readHere(layout.rootOffset, layout.rootBytes))
      : await readChain(cluster === 0 ? layout.rootCluster : cluster, 0, MAX_DIRECTORY_BYTES);
    return parseDirectory(bytes);
  };
  const find = async (path: string): Promise<FatEntry | undefined> => {
    let entry: FatEntry | undefined = { name: '', isDirectory: true, sizeBytes: 0, firstCluster: 0 };
    for (const part of path.split('/').filter(Boolean).slice(0, MAX_PATH_PARTS)) {
      if (entry?.isDirectory !== true) return undefined;
      entry = (await readDirectory(entry.firstCluster)).find((one) => one.name.toLowerCase() === part.toLowerCase());
    }
    return entry;
  };
  const readPart = (entry: FatEntry, offset: number, length: number): Promise<Buffer> =>
    readChain(entry.firstCluster, offset, Math.max(0, Math.min(length, entry.sizeBytes - offset)));

  return {
    uuid: `${serial.slice(0, 4)}-${serial.slice(4)}`,
    label: boot.toString('latin1', serialAt + 4, serialAt + 15).trimEnd(),
    bits: layout.bits,
    find,
    readPart,
    list: async (path) => {
      const entry = await find(path);
      return entry?.isDirectory === true ? readDirectory(entry.firstCluster) : [];
    },
    readFile: async (path, maxBytes) => {
      const entry = await find(path);
      return entry === undefined || entry.isDirectory ? undefined : readPart(entry, 0, maxBytes);
    },
  };
};

/** The BIOS parameter block, §3.1-3.5; the count of clusters alone decides the kind of FAT. */
export const fatLayoutOf = (boot: Buffer): FatLayout | undefined => {
  if (boot.length < 512 || boot[510] !== 0x55 || boot[511] !== 0xaa) return undefined;
  const sector = boot.readUInt16LE(11);
  const perCluster = boot.readUInt8(13);
  const reserved = boot.readUInt16LE(14);
  const fats = boot.readUInt8(16);
  if (![512, 1024, 2048, 4096].includes(sector) || perCluster === 0 || (perCluster & (perCluster - 1)) !== 0) return undefined;
  if (reserved === 0 || fats === 0 || fats > 2) return undefined;
  const rootBytes = boot.readUInt16LE(17) * 32;
  const fatSectors = boot.readUInt16LE(22) || boot.readUInt32LE(36);
  const totalSectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const rootSectors = Math.ceil(rootBytes / sector);
  const dataSector = reserved + fats * fatSectors + rootSectors;
  const clusterCount = Math.floor((totalSectors - dataSector) / perCluster);
  if (fatSectors === 0 || clusterCount <= 0) return undefined;
  const bits = boot.readUInt16LE(22) === 0 ? 32 : clusterCount < 4085 ? 12 : 16;
  return {
    bits,
    fatCount: fats,
    fatBytes: fatSectors * sector,
    totalBytes: totalSectors * sector,
    clusterBytes: sector * perCluster,
    clusterCount,
    fatOffset: reserved * sector,
    dataOffset: dataSector * sector,
    rootOffset: (reserved + fats * fatSectors) * sector,
    rootBytes,
    rootCluster: bits === 32 ? boot.readUInt32LE(44) : 0,
  };
};

const isData = (layout: FatLayout, cluster: number): boolean => cluster >= 2 && cluster < layout.clusterCount + 2;

const nextCluster = async (read: ReadAt, layout: FatLayout, cluster: number): Promise<number> => {
  if (layout.bits === 12) {
    const pair = Buffer.from(await read(layout.fatOffset + Math.floor(cluster * 1.5), 2)).readUInt16LE(0);
    return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
  }
  const width = layout.bits / 8;
  const entry = Buffer.from(await read(layout.fatOffset + cluster * width, width));
  return width === 2 ? entry.readUInt16LE(0) : entry.readUInt32LE(0) & 0x0fff_ffff;
};

/** Short entries with the long names in front of them (§7). */
const parseDirectory = (bytes: Buffer): readonly FatEntry[] => {
  const entries: FatEntry[] = [];
  let longName = '';
  for (let at = 0; at + 32 <= bytes.length && bytes[at] !== 0; at += 32) {
    const attributes = bytes.readUInt8(at + 11);
    if (bytes[at] === 0xe5) longName = '';
    else if (attributes === 0x0f) longName = longNamePart(bytes.subarray(at, at + 32)) + longName;
    else {
      const name = longName === '' ? shortName(bytes.subarray(at, at + 32)) : longName;
      longName = '';
      if ((attributes & 0x08) !== 0 || name === '.' || name === '..') continue;
      const firstCluster = (bytes.readUInt16LE(at + 20) << 16) + bytes.readUInt16LE(at + 26);
      entries.push({ name, isDirectory: (attributes & 0x10) !== 0, sizeBytes: bytes.readUInt32LE(at + 28), firstCluster });
    }
  }
  return entries;
};

const longNamePart = (entry: Buffer): string =>
  (entry.toString('utf16le', 1, 11) + entry.toString('utf16le', 14, 26) + entry.toString('utf16le', 28, 32))
    .replace(/\0.*$/su, '')
    .replaceAll('\uffff', '');

/** Byte 12 says, by a convention of Windows NT, that base (0x08) or extension (0x10) are to be shown in lower case. */
const shortName = (entry: Buffer): string => {
  const caseBits = entry.readUInt8(12);
  const base = entry.toString('latin1', 0, 8).trimEnd();
  const extension = entry.toString('latin1', 8, 11).trimEnd();
  const shownBase = (caseBits & 0x08) === 0 ? base : base.toLowerCase();
  return extension === '' ? shownBase : `${shownBase}.${(caseBits & 0x10) === 0 ? extension : extension.toLowerCase()}`;
};

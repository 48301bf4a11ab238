// Writes a FAT16 or FAT32 volume with given files, byte for byte reproducible, and says where each file begins, so that the station
// can replace a file of fixed size while it serves the image. Microsoft FAT specification 1.03 (fatgen103); 8.3 names only.

export type FatFile = { readonly path: string; readonly data: Uint8Array };

export type FatVolume = {
  readonly image: Buffer;
  /** Byte offset of each file's first byte in the image. */
  readonly offsets: ReadonlyMap<string, number>;
};

export type FatOptions = {
  /** At most 11 characters, upper case. */
  readonly label: string;
  /** The volume serial number: fixed, as nothing here may depend on the clock. */
  readonly serial: number;
  /** Entry size of the table: 16 for 4 085 to 65 524 clusters, 32 for more; the volume is made as large as that takes. */
  readonly bits: 16 | 32;
  readonly clusterBytes: number;
  /** Grow the volume to at least this size. */
  readonly minimumBytes: number;
  /** First sector's number on the disk, for a volume inside a partition. */
  readonly hiddenSectors: number;
};

const SECTOR = 512;
const RESERVED_SECTORS = { 16: 8, 32: 32 } as const;
/** A little above the specification's limits, as its own text advises. */
const MINIMUM_CLUSTERS = { 16: 4096, 32: 65_536 } as const;
const MAXIMUM_CLUSTERS_16 = 65_500;
/** FAT16's top folder has a fixed place and size. */
const TOP_ENTRIES_16 = 512;
const DIRECTORY = 0x10;
const ARCHIVE = 0x20;
const LABEL = 0x08;
/** 1980-01-01, the first day FAT knows. */
const FIRST_DAY = 0x0021;

type Node = {
  readonly name: string;
  readonly children: Map<string, Node>;
  readonly path: string;
  data?: Uint8Array;
  cluster: number;
  clusters: number;
};

/** A name as a directory entry holds it: 11 bytes upper case, and the flags that show it in lower case. */
const shortName = (name: string): { readonly bytes: Buffer; readonly flags: number } => {
  const [stem = '', extension = '', ...rest] = name === '.' || name === '..' ? [name] : name.split('.');
  if (rest.length > 0 || stem.length > 8 || extension.length > 3) throw new Error(`${name} is no 8.3 name`);
  const bytes = Buffer.from(stem.padEnd(8) + extension.padEnd(3), 'latin1');
  const upper = Buffer.from(bytes.toString('latin1').toUpperCase(), 'latin1');
  const lower = (part: string): boolean => part !== '' && part === part.toLowerCase() && part !== part.toUpperCase();
  return { bytes: upper, flags: (lower(stem) ? 0x08 : 0) | (lower(extension) ? 0x10 : 0) };
};

const directoryEntry = (name: string, attributes: number, cluster: number, size: number): Buffer => {
  const entry = Buffer.alloc(32);
  const { bytes, flags } = shortName(name);
  bytes.copy(entry, 0);
  entry[11] = attributes;
  entry[12] = flags;
  for (const at of [16, 18, 24]) entry.writeUInt16LE(FIRST_DAY, at);
  entry.writeUInt16LE(cluster >>> 16, 20);
  entry.writeUInt16LE(cluster & 0xffff, 26);
  entry.writeUInt32LE(size, 28);
  return entry;
};

const buildTree = (files: readonly FatFile[]): Node => {
  const top: Node = { name: '', path: '', children: new Map(), cluster: 0, clusters: 0 };
  for (const { path, data } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    let node = top;
    for (const name of path.split('/')) {
      const next: Node = node.children.get(name) ?? {
        name,
        path: node === top ? name : `${node.path}/${name}`,
        children: new Map(),
        cluster: 0,
        clusters: 0,
      };
      node.children.set(name, next);
      node = next;
    }
    node.data = data;
  }
  return top;
};

const bootSector = (options: FatOptions, sectors: number, fatSectors: number): Buffer => {
  const wide = options.bits === 32;
  const boot = Buffer.alloc(SECTOR);
  boot.set(wide ? [0xeb, 0x58, 0x90] : [0xeb, 0x3c, 0x90]);
  boot.write('RACKSIDE', 3, 'latin1');
  boot.writeUInt16LE(SECTOR, 11);
  boot[13] = options.clusterBytes / SECTOR;
  boot.writeUInt16LE(RESERVED_SECTORS[options.bits], 14);
  boot[16] = 2;
  boot.writeUInt16LE(wide ? 0 : TOP_ENTRIES_16, 17);
  boot[21] = 0xf8;
  boot.writeUInt16LE(wide ? 0 : fatSectors, 22);
  boot.writeUInt16LE(63, 24);
  boot.writeUInt16LE(255, 26);
  boot.writeUInt32LE(options.hiddenSectors, 28);
  boot.writeUInt32LE(sectors, 32);
  if (wide) {
    boot.writeUInt32LE(fatSectors, 36);
    boot.writeUInt32LE(2, 44);
    boot.writeUInt16LE(1, 48);
    boot.writeUInt16LE(6, 50);
  }
  // The extended boot record stands at another place in the two kinds, and is the same otherwise.
  const extended = wide ? 64 : 36;
  boot.set([0x80, 0, 0x29], extended);
  boot.writeUInt32LE(options.serial, extended + 3);
  boot.write(options.label.padEnd(11) + (wide ? 'FAT32   ' : 'FAT16   '), extended + 7, 'latin1');
  // Started as a boot sector, it halts: int 18h hands back to the BIOS.
  boot.set([0xcd, 0x18, 0xf4, 0xeb, 0xfd], extended + 26);
  boot.set([0x55, 0xaa], 510);
  return boot;
};

/** Builds the volume; every file lies in one piece. */
export const writeFat = (files: readonly FatFile[], options: FatOptions): FatVolume => {
  const { clusterBytes, bits } = options;
  const wide = bits === 32;
  const top = buildTree(files);
  const order: Node[] = [];
  let next = 2;
  const place = (node: Node): void => {
    // A folder below the top also holds `.` and `..`; the top holds the label.
    const entries = node.children.size + (node === top ? 1 : 2);
    const size = node.data === undefined ? entries * 32 : node.data.length;
    node.clusters = node === top && !wide ? 0 : Math.ceil(size / clusterBytes);
    node.cluster = next;
    next += node.clusters;
    order.push(node);
    for (const child of node.children.values()) place(child);
  };
  place(top);

  const wanted = Math.max(MINIMUM_CLUSTERS[bits], next, Math.ceil(options.minimumBytes / clusterBytes));
  if (!wide && (wanted > MAXIMUM_CLUSTERS_16 || top.children.size >= TOP_ENTRIES_16)) throw new Error('too much for FAT16');
  const fatSectors = Math.ceil(((wanted + 2) * (bits / 8)) / SECTOR);
  const reserved = RESERVED_SECTORS[bits];
  const firstTop = reserved + 2 * fatSectors;
  const firstData = firstTop + (wide ? 0 : (TOP_ENTRIES_16 * 32) / SECTOR);
  const sectors = firstData + wanted * (clusterBytes / SECTOR);
  const image = Buffer.alloc(sectors * SECTOR);
  const boot = bootSector(options, sectors, fatSectors);
  boot.copy(image, 0);
  const info = Buffer.alloc(SECTOR);
  info.writeUInt32LE(0x41615252, 0);
  info.writeUInt32LE(0x61417272, 484);
  info.writeUInt32LE(wanted + 2 - next, 488);
  info.writeUInt32LE(next, 492);
  info.writeUInt32LE(0xaa550000, 508);
  for (const base of wide ? [0, 6] : []) {
    boot.copy(image, base * SECTOR);
    info.copy(image, (base + 1) * SECTOR);
  }

  const fat = Buffer.alloc(fatSectors * SECTOR);
  const link = (cluster: number, to: number | 'end'): void => {
    if (wide) fat.writeUInt32LE(to === 'end' ? 0x0fffffff : to, cluster * 4);
    else fat.writeUInt16LE(to === 'end' ? 0xffff : to, cluster * 2);
  };
  link(0, wide ? 0x0ffffff8 : 0xfff8);
  link(1, 'end');
  const offsets = new Map<string, number>();
  const parents = new Map<Node, Node>();
  for (const node of order) {
    for (let index = 0; index < node.clusters; index += 1) {
      link(node.cluster + index, index === node.clusters - 1 ? 'end' : node.cluster + index + 1);
    }
    const at = node === top && !wide ? firstTop * SECTOR : firstData * SECTOR + (node.cluster - 2) * clusterBytes;
    if (node.data !== undefined) {
      image.set(node.data, at);
      offsets.set(node.path, at);
      continue;
    }
    const parent = parents.get(node);
    // The entry for a parent that is the top folder holds cluster 0.
    const up = parent === undefined || parent === top ? 0 : parent.cluster;
    const lines =
      node === top
        ? [labelEntry(options.label)]
        : [directoryEntry('.', DIRECTORY, node.cluster, 0), directoryEntry('..', DIRECTORY, up, 0)];
    for (const child of node.children.values()) {
      parents.set(child, node);
      const folder = child.data === undefined;
      lines.push(
        directoryEntry(child.name, folder ? DIRECTORY : ARCHIVE, child.data?.length === 0 ? 0 : child.cluster, child.data?.length ?? 0),
      );
    }
    Buffer.concat(lines).copy(image, at);
  }
  fat.copy(image, reserved * SECTOR);
  fat.copy(image, (reserved + fatSectors) * SECTOR);
  return { image, offsets };
};

const labelEntry = (label: string): Buffer => {
  const entry = Buffer.alloc(32);
  entry.write(label.padEnd(11), 0, 'latin1');
  entry[11] = LABEL;
  entry.writeUInt16LE(FIRST_DAY, 24);
  return entry;
};

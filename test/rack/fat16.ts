// Writes a small FAT16 volume (FAT specification 1.03): enough for an EFI system partition of the demo, on any system, without tools.

export type FatFile = { readonly path: string; readonly bytes: Uint8Array };

const SECTOR = 512;
const SECTORS_PER_CLUSTER = 4;
const CLUSTER = SECTOR * SECTORS_PER_CLUSTER;
const ROOT_ENTRIES = 512;
const END_OF_CHAIN = 0xffff;

type Folder = { readonly name: string; readonly folders: Map<string, Folder>; readonly files: FatFile[] };

const treeOf = (files: readonly FatFile[]): Folder => {
  const root: Folder = { name: '', folders: new Map(), files: [] };
  for (const file of files) {
    const parts = file.path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      const next: Folder = folder.folders.get(part) ?? { name: part, folders: new Map(), files: [] };
      folder.folders.set(part, next);
      folder = next;
    }
    folder.files.push({ path: name, bytes: file.bytes });
  }
  return root;
};

const shortName = (name: string): Buffer => {
  const [base = '', extension = ''] = name.toUpperCase().split('.');
  if (base.length > 8 || extension.length > 3) throw new RangeError(`${name} needs a long name`);
  return Buffer.from(base.padEnd(8) + extension.padEnd(3), 'ascii');
};

const entry = (name: Buffer, attributes: number, cluster: number, sizeBytes: number): Buffer => {
  const bytes = Buffer.alloc(32);
  name.copy(bytes, 0);
  bytes[11] = attributes;
  bytes.writeUInt16LE(cluster, 26);
  bytes.writeUInt32LE(sizeBytes, 28);
  return bytes;
};

/** A folder has one cluster here, the root its fixed area; what is more would run into a neighbour. */
const folderOf = (entries: readonly Buffer[], roomBytes: number): Buffer => {
  if (entries.length * 32 > roomBytes) throw new RangeError(`a folder has ${entries.length} entries, more than fit`);
  return Buffer.concat(entries);
};

/** The whole volume. `serial` is the volume id, `XXXX-XXXX` without its dash. */
export const writeFat16 = (options: {
  readonly sizeBytes: number;
  readonly serial: number;
  readonly label: string;
  readonly files: readonly FatFile[];
}): Buffer => {
  const sectors = options.sizeBytes / SECTOR;
  const rootSectors = (ROOT_ENTRIES * 32) / SECTOR;
  const fatSectors = Math.ceil(((sectors / SECTORS_PER_CLUSTER) * 2 + 4) / SECTOR);
  const dataStart = (1 + 2 * fatSectors + rootSectors) * SECTOR;
  const clusters = Math.floor((options.sizeBytes - dataStart) / CLUSTER);
  if (clusters < 4085 || clusters > 65_524) throw new RangeError(`${clusters} clusters are no FAT16`);
  const volume = Buffer.alloc(options.sizeBytes);
  volume.set([0xeb, 0x3c, 0x90], 0);
  volume.write('RACKSIDE', 3, 'ascii');
  volume.writeUInt16LE(SECTOR, 11);
  volume[13] = SECTORS_PER_CLUSTER;
  volume.writeUInt16LE(1, 14);
  volume[16] = 2;
  volume.writeUInt16LE(ROOT_ENTRIES, 17);
  if (sectors < 65_536) volume.writeUInt16LE(sectors, 19);
  else volume.writeUInt32LE(sectors, 32);
  volume[21] = 0xf8;
  volume.writeUInt16LE(fatSectors, 22);
  // An imagined geometry, which nobody boots by but mtools wants.
  volume.writeUInt16LE(32, 24);
  volume.writeUInt16LE(64, 26);
  volume.set([0x80, 0, 0x29], 36);
  volume.writeUInt32LE(options.serial, 39);
  const label = Buffer.from(options.label.toUpperCase().padEnd(11).slice(0, 11), 'ascii');
  volume.set(label, 43);
  volume.write('FAT16   ', 54, 'ascii');
  volume.set([0x55, 0xaa], 510);

  const fat = Buffer.alloc(fatSectors * SECTOR);
  fat.writeUInt16LE(0xfff8, 0);
  fat.writeUInt16LE(END_OF_CHAIN, 2);
  let next = 2;
  const store = (bytes: Uint8Array): number => {
    if (bytes.length === 0) return 0;
    const first = next;
    const count = Math.ceil(bytes.length / CLUSTER);
    if (first - 2 + count > clusters) throw new RangeError('the files do not fit on this volume');
    volume.set(bytes, dataStart + (first - 2) * CLUSTER);
    for (let index = 0; index < count; index += 1)
      fat.writeUInt16LE(index + 1 < count ? first + index + 1 : END_OF_CHAIN, (first + index) * 2);
    next += count;
    return first;
  };
  const entriesOf = (folder: Folder, own: number, parent: number): Buffer[] => {
    const list: Buffer[] =
      own === 0 ? [] : [entry(Buffer.from('.          '), 0x10, own, 0), entry(Buffer.from('..         '), 0x10, parent, 0)];
    for (const file of folder.files) list.push(entry(shortName(file.path), 0x20, store(file.bytes), file.bytes.length));
    for (const child of folder.folders.values()) {
      // A folder's cluster is taken before its content, so that its children can point back to it.
      const cluster = store(Buffer.alloc(CLUSTER));
      volume.set(folderOf(entriesOf(child, cluster, own), CLUSTER), dataStart + (cluster - 2) * CLUSTER);
      list.push(entry(shortName(child.name), 0x10, cluster, 0));
    }
    return list;
  };
  // The label stands in the boot sector and, as a file of its own kind, in the root.
  const rootEntries = [entry(label, 0x08, 0, 0), ...entriesOf(treeOf(options.files), 0, 0)];
  volume.set(folderOf(rootEntries, ROOT_ENTRIES * 32), (1 + 2 * fatSectors) * SECTOR);
  fat.copy(volume, SECTOR);
  fat.copy(volume, (1 + fatSectors) * SECTOR);
  return volume;
};

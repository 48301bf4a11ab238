// Writes a cpio archive in the "newc" format the kernel unpacks as initramfs (Documentation/driver-api/early-userspace/
// buffer-format.rst). Sorted, owned by root, all times the same: equal content gives equal bytes.

/** What an archive or image holds at one path; paths are relative, without leading slash. */
export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'character-device'; readonly path: string; readonly major: number; readonly minor: number };

const MODE = { folder: 0o040755, file: 0o100644, executable: 0o100755, link: 0o120777, device: 0o020600 } as const;

const padding = (size: number): Buffer => Buffer.alloc((4 - (size % 4)) % 4);

const record = (
  path: string,
  inode: number,
  mode: number,
  links: number,
  seconds: number,
  data: Uint8Array,
  major: number,
  minor: number,
): Buffer[] => {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, links, seconds, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), Buffer.from(data.buffer, data.byteOffset, data.length), padding(data.length)];
};

const NOTHING = new Uint8Array(0);

const parentsOf = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Adds the folders that the entries' paths imply and puts everything in path order, parents first. Later entries win. */
export const completeEntries = (entries: readonly Entry[]): Entry[] => {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    for (const path of parentsOf(entry.path)) if (!all.has(path)) all.set(path, { kind: 'folder', path });
    all.set(entry.path, entry);
  }
  return [...all.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
};

/** The archive of `entries` (completed and sorted here), every time stamp set to `seconds` since 1970. */
export const writeCpio = (entries: readonly Entry[], seconds: number): Buffer => {
  const parts: Buffer[] = [];
  let inode = 1;
  for (const entry of completeEntries(entries)) {
    const { path } = entry;
    switch (entry.kind) {
      case 'folder':
        parts.push(...record(path, inode, MODE.folder, 2, seconds, NOTHING, 0, 0));
        break;
      case 'file':
        parts.push(...record(path, inode, entry.executable ? MODE.executable : MODE.file, 1, seconds, entry.data, 0, 0));
        break;
      case 'link':
        parts.push(...record(path, inode, MODE.link, 1, seconds, Buffer.from(entry.target), 0, 0));
        break;
      case 'character-device':
        parts.push(...record(path, inode, MODE.device, 1, seconds, NOTHING, entry.major, entry.minor));
        break;
    }
    inode += 1;
  }
  parts.push(...record('TRAILER!!!', 0, 0, 1, 0, NOTHING, 0, 0));
  const archive = Buffer.concat(parts);
  return Buffer.concat([archive, Buffer.alloc((512 - (archive.length % 512)) % 512)]);
};

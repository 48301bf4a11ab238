// Which filesystem begins at a place of a disk, by its on-disk signature: for people, for matching, and to find a boot partition
// by its UUID. Nothing here decides what may be written.
import { openFat } from './fat.ts';
import type { ReadAt } from './partition-table.ts';

export type FilesystemKind =
  | 'ext'
  | 'xfs'
  | 'btrfs'
  | 'ntfs'
  | 'vfat'
  | 'exfat'
  | 'swap'
  | 'luks'
  | 'bitlocker'
  | 'lvm'
  | 'md'
  | 'zfs'
  | 'squashfs'
  | 'iso9660'
  | 'f2fs';

export type FilesystemIdentity = { readonly kind: FilesystemKind; readonly label: string | null; readonly uuid: string | null };

/** UUIDs are in the form that blkid prints. Null if nothing known is there. */
export const identifyFilesystem = async (read: ReadAt, baseBytes: number): Promise<FilesystemIdentity | null> => {
  const head = padded(await read(baseBytes, 8192), 8192);
  const byHead = identifyHead(head);
  if (byHead !== null) return byHead;
  for (const pageBytes of LARGE_PAGES)
    if (Buffer.from(await read(baseBytes + pageBytes - 10, 10)).toString('latin1') === 'SWAPSPACE2') return swap(head);
  const btrfs = padded(await read(baseBytes + 0x10000, 1024), 1024);
  if (btrfs.toString('latin1', 64, 72) === '_BHRfS_M') return identity('btrfs', text(btrfs, 299, 256), uuid(btrfs, 32));
  const iso = padded(await read(baseBytes + 0x8000, 128), 128);
  if (iso.toString('latin1', 1, 6) === 'CD001') return identity('iso9660', text(iso, 40, 32), null);
  const fat = await openFat(read, baseBytes);
  return fat === undefined ? null : identity('vfat', fat.label === 'NO NAME' ? null : fat.label, fat.uuid);
};

const identifyHead = (head: Buffer): FilesystemIdentity | null => {
  const at = (offset: number, words: string): boolean => head.toString('latin1', offset, offset + words.length) === words;
  if (at(0, 'LUKS\xba\xbe')) return identity('luks', head.readUInt16BE(6) === 2 ? text(head, 24, 48) : null, text(head, 168, 40));
  if (at(3, '-FVE-FS-')) return identity('bitlocker', null, null);
  if (at(3, 'NTFS    ')) return identity('ntfs', null, Buffer.from(head.subarray(72, 80)).reverse().toString('hex').toUpperCase());
  if (at(3, 'EXFAT   ')) return identity('exfat', null, serial(head.readUInt32LE(100)));
  if (at(0, 'XFSB')) return identity('xfs', text(head, 108, 12), uuid(head, 32));
  if (at(0, 'hsqs')) return identity('squashfs', null, null);
  if (at(512, 'LABELONE') || at(0, 'LABELONE') || at(1024, 'LABELONE') || at(1536, 'LABELONE')) return identity('lvm', null, null);
  if (head.readUInt16LE(1024 + 56) === 0xef53) return identity('ext', text(head, 1024 + 120, 16), uuid(head, 1024 + 104));
  if (head.readUInt32LE(1024) === 0xf2f52010) return identity('f2fs', null, uuid(head, 1024 + 108));
  if (head.readUInt32LE(4096) === 0xa92b4efc || head.readUInt32LE(0) === 0xa92b4efc) return identity('md', null, null);
  if (at(4086, 'SWAPSPACE2')) return swap(head);
  return null;
};

/** The header lies in the first page behind 1 KiB, its mark at the end of a page as the machine that made it has them. */
const LARGE_PAGES = [8192, 16_384, 32_768, 65_536] as const;
const swap = (head: Buffer): FilesystemIdentity => identity('swap', text(head, 1052, 16), uuid(head, 1036));

const identity = (kind: FilesystemKind, label: string | null, id: string | null): FilesystemIdentity => ({
  kind,
  label: label === '' ? null : label,
  uuid: id === '' ? null : id,
});

const text = (bytes: Buffer, offset: number, length: number): string =>
  bytes
    .toString('utf8', offset, offset + length)
    .replace(/\0.*$/su, '')
    .trimEnd();

const uuid = (bytes: Buffer, offset: number): string =>
  bytes.toString('hex', offset, offset + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const serial = (value: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-');

const padded = (bytes: Uint8Array, length: number): Buffer => {
  const whole = Buffer.alloc(length);
  whole.set(bytes.subarray(0, length));
  return whole;
};

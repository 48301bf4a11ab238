// What lies at the start and end of a disk or partition: filesystems, RAID members, volume groups and pools by their on-disk
// magic. Sees more than agent/image/filesystem.ts, since it decides which disks must not be touched.
import type { ReadAt } from '../../image/partition-table.ts';
import { findMembers } from './members.ts';
import { uuidText } from './volume.ts';
import type { Signature, Volume } from './volume.ts';

type Found = { readonly kind: string; readonly at: number; readonly label?: string; readonly uuid?: string };

const latin = (bytes: Buffer, offset: number, length: number): string => bytes.toString('latin1', offset, offset + length);

const words = (bytes: Buffer, offset: number, length: number): string =>
  bytes
    .toString('utf8', offset, offset + length)
    .replace(/\0.*$/su, '')
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .trim()
    .slice(0, 256);

const serialText = (value: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-');

/** ext2, ext3 or ext4 by the features in the superblock (Linux fs/ext4, `ext4_super_block`). */
const extKind = (head: Buffer): string => {
  const compatible = head.readUInt32LE(1024 + 92);
  const incompatible = head.readUInt32LE(1024 + 96);
  if ((incompatible & 0x08) !== 0) return 'jbd';
  if ((incompatible & ~0x16) !== 0 || (head.readUInt32LE(1024 + 100) & ~0x07) !== 0) return 'ext4';
  return (compatible & 0x04) !== 0 ? 'ext3' : 'ext2';
};

const SWAP_PAGE_BYTES = [4096, 8192, 16384, 65536] as const;

const fatLike = (head: Buffer): Found | null => {
  if (head[510] !== 0x55 || head[511] !== 0xaa) return null;
  const at32 = latin(head, 0x52, 5) === 'FAT32';
  if (!at32 && !/^FAT1[26]/.test(latin(head, 0x36, 5)) && latin(head, 0x36, 5) !== 'FAT  ') return null;
  const serialAt = at32 ? 67 : 39;
  const label = words(head, serialAt + 4, 11);
  return { kind: 'vfat', at: at32 ? 0x52 : 0x36, label: label === 'NO NAME' ? '' : label, uuid: serialText(head.readUInt32LE(serialAt)) };
};

/** Every filesystem or container whose magic is there; leftovers of earlier ones are listed as well. */
const filesystems = (head: Buffer): readonly Found[] => {
  const found: Found[] = [];
  const when = (condition: boolean, make: () => Found): void => {
    if (condition) found.push(make());
  };
  const has = (offset: number, magic: string): boolean => latin(head, offset, magic.length) === magic;
  when(has(0, 'XFSB'), () => ({ kind: 'xfs', at: 0, label: words(head, 108, 12), uuid: uuidText(head, 32) }));
  when(has(3, 'NTFS    '), () => ({
    kind: 'ntfs',
    at: 3,
    uuid: Buffer.from(head.subarray(72, 80)).reverse().toString('hex').toUpperCase(),
  }));
  when(has(3, '-FVE-FS-'), () => ({ kind: 'bitlocker', at: 3 }));
  when(has(3, 'EXFAT   '), () => ({ kind: 'exfat', at: 3, uuid: serialText(head.readUInt32LE(100)) }));
  when(has(3, 'ReFS'), () => ({ kind: 'refs', at: 3 }));
  when(has(0, 'LUKS\xba\xbe'), () => ({
    kind: 'crypto_LUKS',
    at: 0,
    label: head.readUInt16BE(6) === 2 ? words(head, 24, 48) : '',
    uuid: words(head, 168, 40),
  }));
  when(has(0, 'hsqs'), () => ({ kind: 'squashfs', at: 0 }));
  when(has(0x20, 'NXSB'), () => ({ kind: 'apfs', at: 0x20 }));
  when(head.readUInt16LE(1024 + 56) === 0xef53, () => ({
    kind: extKind(head),
    at: 1080,
    label: words(head, 1024 + 120, 16),
    uuid: uuidText(head, 1024 + 104),
  }));
  when(head.readUInt32LE(1024) === 0xf2f5_2010, () => ({ kind: 'f2fs', at: 1024, uuid: uuidText(head, 1024 + 108) }));
  when(has(1024, 'H+') || has(1024, 'HX'), () => ({ kind: 'hfsplus', at: 1024 }));
  when(has(0x8001, 'CD001'), () => ({ kind: 'iso9660', at: 0x8001, label: words(head, 0x8000 + 40, 32) }));
  when(has(0x10034, 'ReIsEr'), () => ({ kind: 'reiserfs', at: 0x10034 }));
  when(has(0, 'KDMV'), () => ({ kind: 'vmdk', at: 0 }));
  for (const page of SWAP_PAGE_BYTES) {
    when(has(page - 10, 'SWAPSPACE2'), () => ({
      kind: 'swap',
      at: page - 10,
      label: words(head, 1024 + 28, 16),
      uuid: uuidText(head, 1024 + 12),
    }));
  }
  const fat = fatLike(head);
  return fat === null ? found : [...found, fat];
};

const blankToNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

/** Every signature of a volume, by offset on the disk. Never rejects for what the bytes are, only for what the disk does. */
export const findSignatures = async (read: ReadAt, volume: Volume): Promise<readonly Signature[]> => {
  const plain = filesystems(volume.head).map((found) => ({
    kind: found.kind,
    offsetBytes: volume.startBytes + found.at,
    label: blankToNull(found.label),
    uuid: blankToNull(found.uuid),
    membership: null,
  }));
  return [...plain, ...(await findMembers(read, volume))].toSorted((a, b) => a.offsetBytes - b.offsetBytes);
};

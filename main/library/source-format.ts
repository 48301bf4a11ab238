// What kind of file is to be imported, by its first bytes and never by its name.

export type SourceFormat =
  | 'raw'
  | 'gzip'
  | 'xz'
  | 'zstd'
  | 'bzip2'
  | 'qcow2'
  | 'vmdk'
  | 'vhdx'
  | 'vhd'
  | 'zip'
  | '7z'
  | 'lzma'
  | 'lz4'
  | 'tar'
  | 'ova'
  | 'library'
  | 'iso'
  | 'vdi'
  | 'qcow'
  | 'qed'
  | 'parallels';

type Mark = { readonly format: SourceFormat; readonly offset: number; readonly magic: string };

const MARKS: readonly Mark[] = [
  { format: 'gzip', offset: 0, magic: '1f8b08' },
  { format: 'xz', offset: 0, magic: 'fd377a585a00' },
  { format: 'zstd', offset: 0, magic: '28b52ffd' },
  { format: 'bzip2', offset: 0, magic: '425a68' },
  { format: 'qcow', offset: 0, magic: '514649fb00000001' },
  { format: 'qcow2', offset: 0, magic: '514649fb' },
  { format: 'qed', offset: 0, magic: '51454400' },
  { format: 'vdi', offset: 64, magic: '7f10dabe' },
  { format: 'parallels', offset: 0, magic: Buffer.from('WithoutFreeSpace').toString('hex') },
  { format: 'parallels', offset: 0, magic: Buffer.from('WithouFreSpacExt').toString('hex') },
  { format: 'vmdk', offset: 0, magic: '4b444d56' },
  // Of an ESX host: one piece, which another file describes.
  { format: 'vmdk', offset: 0, magic: '434f5744' },
  // The description of one whose content lies in other files.
  { format: 'vmdk', offset: 0, magic: Buffer.from('# Disk DescriptorFile').toString('hex') },
  { format: 'vhdx', offset: 0, magic: '7668647866696c65' },
  { format: 'vhd', offset: 0, magic: '636f6e6563746978' },
  { format: 'zip', offset: 0, magic: '504b0304' },
  { format: 'lzma', offset: 0, magic: '5d00008000' },
  { format: 'lz4', offset: 0, magic: '04224d18' },
  { format: '7z', offset: 0, magic: '377abcaf271c' },
];

/** Bytes that `sourceFormatOf` wants to see: up to the volume descriptor of an ISO. */
export const SOURCE_HEAD_BYTES = 0x8000 + 16;

/** `footer` is the file's last 512 bytes: a VHD of fixed size is a raw disk with its mark behind it. */
export const sourceFormatOf = (head: Uint8Array, footer: Uint8Array): SourceFormat => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const mark = MARKS.find(({ offset, magic }) => bytes.toString('hex', offset, offset + magic.length / 2) === magic);
  if (mark !== undefined) return mark.format;
  if (bytes.toString('latin1', 257, 262) === 'ustar') return archiveOf(bytes.toString('latin1', 0, 100).replace(/\0.*$/su, ''));
  if (Buffer.from(footer).toString('latin1', 0, 8) === 'conectix') return 'vhd';
  // pzstd begins with a skippable frame. A hybrid ISO also carries a partition table: then it can be imported as a disk.
  if (/^5[0-9a-f]2a4d18/.test(bytes.toString('hex', 0, 4))) return 'zstd';
  const isIso = bytes.toString('latin1', 0x8001, 0x8006) === 'CD001';
  return isIso && (bytes[510] !== 0x55 || bytes[511] !== 0xaa) ? 'iso' : 'raw';
};

/** A tar, by the name of its first file. */
const archiveOf = (firstName: string): SourceFormat => {
  if (firstName === 'rackside-library.json') return 'library';
  return /\.ovf$/i.test(firstName) ? 'ova' : 'tar';
};

// Headers of the ustar format (POSIX.1-1988, section 10.1.1): what an export in one file is made of. Pure.

export const TAR_BLOCK_BYTES = 512;
export const paddedBytes = (sizeBytes: number): number => Math.ceil(sizeBytes / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;

export type TarEntry = { readonly name: string; readonly sizeBytes: number; readonly isFile: boolean };

/** Field: offset, length. */
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const CHECKSUM = [148, 8] as const;
const PREFIX = [345, 155] as const;

/** A library's longest name has 147 characters: it is parted at a slash between prefix and name. Throws on one that does not fit. */
export const encodeTarHeader = (name: string, sizeBytes: number): Buffer => {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  const slash = name.length <= NAME[1] ? -1 : name.indexOf('/', name.length - NAME[1] - 1);
  const [prefix, rest] = slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
  if (rest.length > NAME[1] || prefix.length > PREFIX[1]) throw new RangeError(`no name for a tar: ${name}`);
  header.write(rest, NAME[0], 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, SIZE[0], 'latin1');
  // No times: the same library gives the same file.
  header.write('00000000000\0', 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, PREFIX[0], 'latin1');
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM[0], 'latin1');
  return header;
};

/** Null for anything but a sound ustar header. */
export const parseTarHeader = (header: Buffer): TarEntry | null => {
  if (header.toString('latin1', 257, 262) !== 'ustar') return null;
  const checksum = octalAt(header, CHECKSUM);
  const sizeBytes = octalAt(header, SIZE);
  if (checksum !== checksumOf(header) || sizeBytes === null) return null;
  const [prefix, rest] = [textAt(header, PREFIX), textAt(header, NAME)];
  const type = header[156];
  return { name: prefix === '' ? rest : `${prefix}/${rest}`, sizeBytes, isFile: type === 0x30 || type === 0 };
};

type Field = readonly [number, number];

const textAt = (header: Buffer, [offset, length]: Field): string => header.toString('latin1', offset, offset + length).split('\0')[0] ?? '';

const octalAt = (header: Buffer, field: Field): number | null => {
  const text = textAt(header, field).trim();
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : null;
};

/** The sum of all bytes, with the field of the sum itself as spaces. */
const checksumOf = (header: Buffer): number =>
  header.reduce((sum, byte, at) => sum + (at >= CHECKSUM[0] && at < CHECKSUM[0] + CHECKSUM[1] ? 0x20 : byte), 0);

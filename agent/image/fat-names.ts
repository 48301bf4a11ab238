// Directory entries of FAT volumes (Microsoft FAT specification 1.03, §6 and §7): every name as a long one, with the short alias that
// the format wants beside it. Pure.

export const ENTRY_BYTES = 32;
const LONG_PART_LETTERS = 13;
const LONG_NAME_MOST = 255;
const ATTRIBUTE_LONG_NAME = 0x0f;
export const ATTRIBUTE_LABEL = 0x08;
export const ATTRIBUTE_FOLDER = 0x10;
export const ATTRIBUTE_FILE = 0x20;
/** 1980-01-01, the first day that the format knows: what is made of the same things must be the same bytes. */
const FIRST_DAY = 0x0021;

/** Null, or why a file cannot be called so on a FAT volume. */
export const whyNoFatName = (name: string): string | null => {
  if (name === '' || name === '.' || name === '..') return 'it is no name';
  if (name.length > LONG_NAME_MOST) return `it has more than ${LONG_NAME_MOST} letters`;
  if (/["*/:<>?\\|]/.test(name) || /\p{Cc}/u.test(name) || !name.isWellFormed()) return 'it has a letter that FAT does not take';
  return /[. ]$/.test(name) ? 'it ends with a dot or a space' : null;
};

/** The 11 bytes of a short name that is free in its folder; `taken` is added to. */
export const shortNameFor = (name: string, taken: Set<string>): Buffer => {
  const upper = name.toUpperCase();
  const dot = upper.lastIndexOf('.');
  const plain = (text: string): string => text.replaceAll(/[^A-Z0-9!#$%&'()@^_`{}~-]/g, '');
  const extension = dot > 0 ? plain(upper.slice(dot + 1)).slice(0, 3) : '';
  const base = plain(dot > 0 ? upper.slice(0, dot) : upper);
  const isExact = upper === (extension === '' ? base : `${base}.${extension}`) && base.length <= 8 && base !== '';
  for (let number = isExact ? 0 : 1; ; number += 1) {
    const tail = number === 0 ? '' : `~${number}`;
    const short = `${(base === '' ? '_' : base).slice(0, 8 - tail.length)}${tail}`.padEnd(8) + extension.padEnd(3);
    if (taken.has(short)) continue;
    taken.add(short);
    return Buffer.from(short, 'ascii');
  }
};

export type EntryPlace = { readonly attributes: number; readonly cluster: number; readonly sizeBytes: number };

export const shortEntry = (short: Buffer, { attributes, cluster, sizeBytes }: EntryPlace): Buffer => {
  const entry = Buffer.alloc(ENTRY_BYTES);
  short.copy(entry, 0);
  entry[11] = attributes;
  for (const dateAt of [16, 18, 24]) entry.writeUInt16LE(FIRST_DAY, dateAt);
  entry.writeUInt16LE(cluster >>> 16, 20);
  entry.writeUInt16LE(cluster & 0xffff, 26);
  entry.writeUInt32LE(sizeBytes, 28);
  return entry;
};

/** The long name's parts, the last one first, then the short entry. A name that is a short one already needs no long one. */
export const entriesFor = (name: string, short: Buffer, place: EntryPlace): readonly Buffer[] => {
  const base = short.toString('ascii', 0, 8).trimEnd();
  const extension = short.toString('ascii', 8, 11).trimEnd();
  const last = shortEntry(short, place);
  if (name === (extension === '' ? base : `${base}.${extension}`)) return [last];
  const sum = short.reduce((total, byte) => (((total & 1) << 7) + (total >> 1) + byte) & 0xff, 0);
  const count = Math.ceil(name.length / LONG_PART_LETTERS);
  const parts = Array.from({ length: count }, (_, index) => {
    const letters = Array.from({ length: LONG_PART_LETTERS }, (_unused, at) => {
      const letter = index * LONG_PART_LETTERS + at;
      return letter < name.length ? name.charCodeAt(letter) : letter === name.length ? 0 : 0xffff;
    });
    const part = Buffer.alloc(ENTRY_BYTES);
    part[0] = (index + 1) | (index === count - 1 ? 0x40 : 0);
    part[11] = ATTRIBUTE_LONG_NAME;
    part[13] = sum;
    for (const [at, letter] of letters.entries()) part.writeUInt16LE(letter, at < 5 ? 1 + at * 2 : at < 11 ? 4 + at * 2 : 6 + at * 2);
    return part;
  });
  return [...parts.toReversed(), last];
};

/** How many entries a name takes in its folder at most. */
export const entriesMost = (name: string): number => 1 + Math.ceil(name.length / LONG_PART_LETTERS);

export const labelBytes = (label: string): Buffer =>
  Buffer.from(
    label
      .toUpperCase()
      .replaceAll(/[^A-Z0-9 _-]/g, '_')
      .padEnd(11)
      .slice(0, 11),
    'ascii',
  );

// SMBIOS table parsing (DSP0134 §5.2 entry points, §6.1 structures): any bytes give a list of structures, never an error.

/** One structure: `data` is the formatted area with its 4-byte header, `strings` the set after it (number 1 first). */
export type SmbiosStructure = {
  readonly type: number;
  readonly handle: number;
  readonly data: Uint8Array;
  readonly strings: readonly string[];
};

export type SmbiosVersion = { readonly major: number; readonly minor: number };

export const SMBIOS_MAX_STRUCTURES = 4096;
export const END_OF_TABLE = 127;
const MAX_STRING = 512;

/** Minor versions that firmware made up, and what it means by them; the kernel and dmidecode read them so too. */
const MEANT_MINORS: Readonly<Record<number, number>> = { 31: 3, 33: 3, 51: 6 };

export const meantVersion = (major: number, minor: number): SmbiosVersion => ({
  major,
  minor: (major === 2 ? MEANT_MINORS[minor] : undefined) ?? minor,
});

/** From 2.6 on the first three fields of the UUID are little-endian (DSP0134 §7.2.1); an unknown version is a new one. */
export const hasLittleEndianUuid = (version: SmbiosVersion | null): boolean =>
  version === null || version.major > 2 || (version.major === 2 && version.minor >= 6);

/** Version from a 2.x (`_SM_`) or 3.x (`_SM3_`) entry point; null for anything else. Checksums are not held against a vendor. */
export const parseEntryPoint = (bytes: Uint8Array): SmbiosVersion | null => {
  const anchor = String.fromCharCode(...bytes.subarray(0, 5));
  if (anchor === '_SM3_' && bytes.length >= 9) return { major: bytes[7] ?? 0, minor: bytes[8] ?? 0 };
  if (!anchor.startsWith('_SM_') || bytes.length < 8) return null;
  return meantVersion(bytes[6] ?? 0, bytes[7] ?? 0);
};

/** SMBIOS 3 writes UTF-8; what is none is older firmware's Latin-1. With `stream` a letter may be cut off at the end. */
const lettersOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return String.fromCharCode(...bytes);
  }
};

/** Vendor text made safe to show on a console: control characters out, length bounded, nothing else touched. */
export const vendorText = (bytes: Uint8Array): string =>
  lettersOf(bytes.subarray(0, MAX_STRING))
    .replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .trimEnd();

/** Strings from `start` up to the empty one that ends the set, and the offset after it. */
const readStrings = (table: Uint8Array, start: number): { readonly strings: readonly string[]; readonly next: number } => {
  // An empty set is two NULs; a set with strings ends in NUL NUL as well, so one loop serves both.
  if (table[start] === 0) return { strings: [], next: start + 2 };
  const strings: string[] = [];
  let at = start;
  while (at < table.length && table[at] !== 0) {
    const zero = table.indexOf(0, at);
    const end = zero < 0 ? table.length : zero;
    if (strings.length < 256) strings.push(vendorText(table.subarray(at, end)));
    at = end + 1;
  }
  return { strings, next: at + 1 };
};

/** Structures in table order. Stops at type 127, at the first structure that cannot be one, or at 4096. */
export const parseStructures = (table: Uint8Array): readonly SmbiosStructure[] => {
  const structures: SmbiosStructure[] = [];
  let at = 0;
  while (at + 4 <= table.length && structures.length < SMBIOS_MAX_STRUCTURES) {
    const length = table[at + 1] ?? 0;
    if (length < 4 || at + length > table.length) break;
    const data = table.subarray(at, at + length);
    const { strings, next } = readStrings(table, at + length);
    const type = data[0] ?? 0;
    structures.push({ type, handle: wordAt({ data }, 2) ?? 0, data, strings });
    if (type === END_OF_TABLE) break;
    at = next;
  }
  return structures;
};

type Formatted = Pick<SmbiosStructure, 'data'>;

/** Byte, word and double word of the formatted area; null past its end (older versions have shorter structures). */
export const byteAt = (structure: Formatted, offset: number): number | null => structure.data[offset] ?? null;

export const wordAt = (structure: Formatted, offset: number): number | null => {
  const low = structure.data[offset];
  const high = structure.data[offset + 1];
  return low === undefined || high === undefined ? null : low | (high << 8);
};

export const doubleWordAt = (structure: Formatted, offset: number): number | null => {
  const low = wordAt(structure, offset);
  const high = wordAt(structure, offset + 2);
  return low === null || high === null ? null : low + high * 0x1_0000;
};

/** The string that the byte at `offset` points to; null when it points to none or the string is blank. */
export const stringAt = (structure: SmbiosStructure, offset: number): string | null => {
  const number = structure.data[offset] ?? 0;
  const text = number === 0 ? undefined : structure.strings[number - 1];
  return text === undefined || text.trim() === '' ? null : text;
};

/** UUID at offset 8 of structure 1. */
export const uuidAt = (structure: Formatted, offset: number, version: SmbiosVersion | null): string | null => {
  const raw = structure.data.subarray(offset, offset + 16);
  if (raw.length < 16) return null;
  const order = hasLittleEndianUuid(version) ? [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] : [...raw.keys()];
  const hex = order.map((index) => (raw[index] ?? 0).toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

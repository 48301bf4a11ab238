// UUIDs that are no machine's own: listed ones, ones that count up, and ones made of a MAC that many devices share. PURE.

import { MACS, UUIDS } from './filler-words.ts';

/** True of a MAC, written with colons, that is copied on many devices or is one octet over and over. */
export const isCopiedMac = (mac: string): boolean => MACS.has(mac) || new Set(mac.split(':')).size === 1;

/** 32 digits with the bytes of the first three fields turned round: before SMBIOS 2.6 a table's bytes were shown as they stand. */
export const turnedRound = (hex: string): string =>
  [
    [6, 4, 2, 0],
    [10, 8],
    [14, 12],
  ]
    .flat()
    .map((at) => hex.slice(at, at + 2))
    .join('') + hex.slice(16);

const octetsOf = (hex: string): readonly string[] => hex.match(/../g) ?? [];
export const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** Fewest of its fifteen steps that are the same one; in a random UUID even four are rare. */
const EQUAL_STEPS = 13;

/** `00010203…`, `00112233…`, `12345678-9abc-…`: each byte is the one before and the same step more. */
const countsUp = (octets: readonly string[]): boolean => {
  const counts = new Map<number, number>();
  for (const [index, octet] of octets.entries()) {
    const before = octets[index - 1];
    if (before === undefined) continue;
    const step = (Number.parseInt(octet, 16) - Number.parseInt(before, 16) + 256) % 256;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  // A step of nothing is no counting: a MAC behind nothing but zeros is one machine's own.
  return [...counts].some(([step, count]) => step !== 0 && count >= EQUAL_STEPS);
};

/** `12345678-90ab-cdef-1234-567890abcdef` */
const DIGITS_COUNTED = /^(0123456789abcdef|1234567890abcdef|123456789abcdef0)\1$/;

/** Where board makers put the MAC of the network interface: Supermicro and MSI last, ASRock first, Gigabyte between 2, 3 … 9. */
const macIn = (octets: readonly string[]): readonly string[] | null => {
  const isAll = (some: readonly string[], value: string): boolean => some.every((octet) => octet === value);
  if (isAll(octets.slice(0, 10), '00') || isAll(octets.slice(0, 10), 'ff')) return octets.slice(10);
  if (isAll(octets.slice(6), '00')) return octets.slice(0, 6);
  const isEven = (index: number): boolean => index % 2 === 0;
  const between = octets.filter((_octet, index) => isEven(index));
  const isNumbered = octets.every((octet, index) => isEven(index) || octet === `0${(index + 3) / 2}`);
  return isNumbered && isAll(between.slice(6), '00') ? between.slice(0, 6) : null;
};

/** True for what is no UUID, too. */
export const isFillerUuid = (uuid: string): boolean => {
  const asWritten = uuid.toLowerCase().replace(/[{}-]/g, '');
  // Real UUIDs never have so few different digits: all-zero, all-F, 0F0F0F… One made of zeros and a MAC has more.
  if (!/^[0-9a-f]{32}$/.test(asWritten) || new Set(asWritten).size <= 2 || DIGITS_COUNTED.test(asWritten)) return true;
  return [asWritten, turnedRound(asWritten)].some((hex) => {
    const octets = octetsOf(hex);
    const mac = macIn(octets);
    return UUIDS.has(dashed(hex)) || countsUp(octets) || (mac !== null && isCopiedMac(mac.join(':')));
  });
};

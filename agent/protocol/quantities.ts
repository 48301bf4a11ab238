// Sizes and speeds as people write them ("64 GiB", "1 TB", "10 Gbit/s"), read into a fact's own unit. "64 G" is refused:
// binary and decimal units differ by 7 to 10 percent, which is the difference between two models of disk.
import type { FactDefinition } from './facts.ts';
import { failed, success } from './failure.ts';
import type { Result } from './failure.ts';

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};
const MEGABITS: Readonly<Record<string, number>> = { 'Mbit/s': 1, 'Gbit/s': 1e3, 'Tbit/s': 1e6 };

/** Numbers from here on are counted by their digits, not read. */
const READABLE_MAX = 10_000;

const unitsOf = (definition: FactDefinition): Readonly<Record<string, number>> => {
  if (definition.type.startsWith('bytes')) return BYTES;
  return definition.unit === 'Mbit/s' ? MEGABITS : {};
};

/** `text` as a number in the unit of the fact (bytes, Mbit/s, or plain); refused with the units that would do. */
export const parseQuantity = (text: string | number, definition: FactDefinition): Result<number> => {
  if (typeof text === 'number') return Number.isFinite(text) ? success(text) : refusal(String(text), definition);
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z/]*)\s*$/.exec(text);
  if (parts === null) return refusal(text, definition);
  const amount = Number(parts[1]);
  const unit = parts[2] ?? '';
  if (unit === '') return success(amount);
  const units = unitsOf(definition);
  const factor = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  if (factor === undefined) return refusal(text, definition, amount, unit);
  // Bytes and Mbit/s are whole; 1.1 TB must not become a fraction more.
  return success(Math.round(amount * factor));
};

/** Units as people shorten them; which of the two was meant, only they know. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  k: ['KiB', 'kB'],
  m: ['MiB', 'MB'],
  g: ['GiB', 'GB'],
  t: ['TiB', 'TB'],
  gig: ['GiB', 'GB'],
  gbit: ['Gbit/s'],
  gbps: ['Gbit/s'],
  'gb/s': ['Gbit/s'],
  mbit: ['Mbit/s'],
  mbps: ['Mbit/s'],
};

/** `1,5 TB`, as spreadsheets and people write it where the comma is the decimal mark, and others for thousands. */
const withComma = (text: string): string | null => {
  const parts = /^\s*(\d+),(\d+)(\s*[A-Za-z/]*)\s*$/.exec(text);
  if (parts === null) return null;
  const [, whole = '', rest = '', unit = ''] = parts;
  const point = `"${whole}.${rest}${unit}"`;
  return rest.length === 3 ? `Write ${point}, or "${whole}${rest}${unit}".` : `Write it with a point: ${point}.`;
};

const refusal = (text: string, definition: FactDefinition, amount = 0, unit = ''): Result<number> => {
  const pointed = withComma(text);
  if (pointed !== null) return failed('quantity.unreadable', `"${text}" is not a quantity of this kind`, pointed);
  const units = Object.keys(unitsOf(definition)).filter((name) => name !== 'KB');
  const meant = (SHORT[unit.toLowerCase()] ?? []).filter((name) => units.includes(name)).map((name) => `"${amount} ${name}"`);
  if (meant.length > 0) return failed('quantity.unreadable', `"${text}" is not a quantity of this kind`, `Write ${meant.join(' or ')}.`);
  const next = units.length > 0 ? `Write a number with one of ${units.join(', ')}.` : 'Write a plain number; this fact has no unit.';
  return failed('quantity.unreadable', `"${text}" is not a quantity of this kind`, next);
};

/** For people to read: `480.1 GB (480103981056 B)` where no unit gives an exact number that anybody would read. */
export const quantityShown = (value: number, definition: FactDefinition): string => {
  const exact = quantityWords(value, definition);
  if (!definition.type.startsWith('bytes') || Number.parseFloat(exact) < READABLE_MAX) return exact;
  const [unit, factor] = Object.entries(BYTES)
    .filter(([name, one]) => name !== 'KB' && one <= value && Number.isInteger(Math.log10(one)))
    .at(-1) ?? ['B', 1];
  return `${(value / factor).toFixed(1)} ${unit} (${value} B)`;
};

/** A value of a fact in words: `64 GiB`, `1 TB`, `10 Gbit/s`; exact, never rounded. */
export const quantityWords = (value: number, definition: FactDefinition): string => {
  const units = Object.entries(unitsOf(definition)).filter(([name]) => name !== 'KB');
  const exact = units.flatMap(([name, factor]) => {
    const amount = Number((value / factor).toFixed(2));
    return amount >= 1 && Math.round(amount * factor) === value ? [{ text: `${amount} ${name}`, factor }] : [];
  });
  const best = exact.toSorted((a, b) => b.factor - a.factor)[0];
  if (best !== undefined) return best.text;
  return definition.unit === undefined ? String(value) : `${value} ${definition.unit}`;
};

/** A size below it that has no unit was meant in another one: no disk, memory or module is so small. */
const SMALLEST_BYTES = 2 ** 20;

/** True of `64` where 64 GiB was meant: read by its own words it is 64 bytes. */
export const lacksUnit = (text: string, value: number, { type }: Pick<FactDefinition, 'type'>): boolean =>
  type.startsWith('bytes') && /^\d+(\.\d+)?$/.test(text.trim()) && value > 0 && value < SMALLEST_BYTES;

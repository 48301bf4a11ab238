// What to let grow on a disk that is larger than its image, as a person writes it: `none`, `last`, a partition's number, its name or
// label, or a logical volume as `GROUP/VOLUME` (docs/operating.md, "Growing").
import { z } from 'zod';

export const growSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}+$/u);

export type GrowWish =
  | { readonly kind: 'none' }
  /** The last partition that is no swap. */
  | { readonly kind: 'last' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'volume'; readonly group: string; readonly volume: string };

/** A label such as `/boot` is a name: a volume has its group before the slash. */
export const parseGrow = (text: string): GrowWish => {
  const word = text.trim();
  if (word === 'none' || word === 'last') return { kind: word };
  if (/^\d{1,4}$/.test(word)) return { kind: 'number', number: Number(word) };
  const [, group, volume] = /^([\w+.-]+)\/([\w+.-]+)$/.exec(word) ?? [];
  return group === undefined || volume === undefined ? { kind: 'name', name: word } : { kind: 'volume', group, volume };
};

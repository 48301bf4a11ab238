// What a deep check of a disk found: its chunks held against the image that its provenance record names. Nothing was written.
import { z } from 'zod';
import { osoidSchema } from './disk.ts';

const bytes = z.number().int().nonnegative();
export const rangeSchema = z.object({ offsetBytes: bytes, lengthBytes: bytes });
/** A place that a step of our own rewrote, so that the image does not say what is there. */
export const ownRangeSchema = rangeSchema.extend({ why: z.string().max(200) });
export type OwnRange = Readonly<z.infer<typeof ownRangeSchema>>;

/** What three kinds of chunk came to. `own`: only what our own steps rewrote differs in them. */
const tallySchema = z.object({ same: bytes, different: bytes, own: bytes });

/** A partition of the image as the disk's own table has it now. `longer`, `moved` and `settings` are what a deploy itself may do. */
export const tableChangeSchema = z.object({
  /** Null for the table as a whole. */
  number: z.number().int().nullable(),
  change: z.enum(['unreadable', 'changed', 'missing', 'added', 'longer', 'moved', 'settings']),
});
export type TableChange = Readonly<z.infer<typeof tableChangeSchema>>;

/** The wire takes this many ranges; more are listed as fewer, longer ones. */
export const VERIFY_RANGES_MOST = 256;

export const healResultSchema = z.object({
  /** Chunks of the image that the library lacked, and how many of them it has now. */
  missing: bytes,
  returned: bytes,
  /** As they travelled, compressed. */
  bytesSent: bytes,
});
export type HealResult = Readonly<z.infer<typeof healResultSchema>>;

export const verifyResultSchema = z.object({
  osoid: osoidSchema,
  chunkSizeBytes: z.number().int().positive(),
  /** Of the chunks that the image names. */
  chunks: tallySchema,
  bytes: tallySchema,
  /** What a deploy of the same image fetches at most, before compression. */
  fetchBytes: bytes,
  /** Left by the system that runs there, in blocks that are free in the image: no difference; a deploy zeroes them and fetches nothing. */
  remainsBytes: bytes,
  /** Where the different chunks lie; `number` null: outside of every partition. */
  places: z.array(z.object({ number: z.number().int().nullable(), name: z.string(), bytes })).max(VERIFY_RANGES_MOST),
  ranges: z.array(rangeSchema).max(VERIFY_RANGES_MOST),
  ownRanges: z.array(ownRangeSchema).max(VERIFY_RANGES_MOST),
  /** Whether the own ranges are those that the deploy reported, or what this disk's table tells of it. */
  ownFrom: z.enum(['job', 'disk']),
  table: z.array(tableChangeSchema).max(VERIFY_RANGES_MOST),
  /** What came of giving the library back what it lacks of the image; absent where nobody asked for it. */
  heal: healResultSchema.optional(),
  seconds: z.number().nonnegative(),
});
export type VerifyResult = Readonly<z.infer<typeof verifyResultSchema>>;

const OWN_CHANGES: ReadonlySet<TableChange['change']> = new Set(['longer', 'moved', 'settings']);
export const isOwnChange = ({ change }: TableChange): boolean => OWN_CHANGES.has(change);

/** Whether anything is not as the image has it that a deploy did not do itself. */
export const hasDrifted = ({ chunks, table }: Pick<VerifyResult, 'chunks' | 'table'>): boolean =>
  chunks.different > 0 || !table.every(isOwnChange);

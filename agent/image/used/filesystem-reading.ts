// One volume, whatever is in it: which kind by its marks, the reader for it, and every way in which that can end as one value.
import type { Failure } from '../../protocol/failure.ts';

import { readBtrfs } from './btrfs.ts';
import { readExfat } from './exfat.ts';
import { readExt } from './ext.ts';
import { readFat } from './fat.ts';
import { readNtfs } from './ntfs.ts';
import { signsOf } from './signs.ts';
import { readSwap } from './swap.ts';
import type { UsedReader, UsedSpace, Volume } from './volume.ts';
import { refusalOf } from './volume.ts';
import { readXfs } from './xfs.ts';

export type FilesystemReading<Used extends UsedSpace> = {
  /** By its marks; null if there are none, or of more than one kind. */
  readonly kind: string | null;
  /** Null where all of it is used. */
  readonly used: Used | null;
  readonly obstacle: Failure | null;
  /** True if a capture must stop at the obstacle. */
  readonly refuses: boolean;
};

export const FILESYSTEM_READERS: Readonly<Record<string, UsedReader>> = {
  ext: readExt,
  xfs: readXfs,

  btrfs: readBtrfs,
  ntfs: readNtfs,
  vfat: readFat,
  exfat: readExfat,
  swap: readSwap,
};

/** A RAID member or a locked volume may have a filesystem's marks as well, and is not for us to take apart. */
const OUTER_KINDS = ['md', 'bitlocker'] as const;

export const readFilesystem = async <Used extends UsedSpace>(
  volume: Volume,
  readers: Readonly<Record<string, UsedReader<Used>>>,
): Promise<FilesystemReading<Used>> => {
  let kind: string | null = null;
  try {
    const signs = await signsOf(volume);
    const outer = OUTER_KINDS.find((one) => signs.has(one));
    const [first = null, ...more] = outer === undefined ? [...signs] : [outer];
    if (more.length > 0) return { kind, used: null, obstacle: ambiguous([...signs]), refuses: false };
    kind = first;
    return { kind, used: (await readers[kind ?? '']?.(volume)) ?? null, obstacle: null, refuses: false };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return { kind, used: null, obstacle: refusal.failure, refuses: refusal.refuses };
  }
};

const ambiguous = (signs: readonly string[]): Failure => ({
  code: 'filesystem.ambiguous',
  message: `It has the marks of more than one filesystem (${signs.join(', ')}).`,
  next: 'Nothing needs to be done: all of it is taken. To save space, remove the old mark with wipefs.',
});

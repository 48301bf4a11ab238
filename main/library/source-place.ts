// What the path of an import leads to: a file, or on Linux a disk in a reader or a USB dock. A pipe would be waited for for ever, and a disk
// that is mounted changes while it is read.
import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type SourcePlace = {
  readonly sizeBytes: number;
  readonly isDisk: boolean;
  /** To open it with: nobody can mount a disk while it is read. */
  readonly flags: number;
};

/** Code: `import.no-source`. Rejects with what the system says of the path. */
export const sourcePlaceOf = async (path: string): Promise<Result<SourcePlace>> => {
  const found = await stat(path);
  const name = basename(path);
  if (found.isFile()) return success({ sizeBytes: found.size, isDisk: false, flags: constants.O_RDONLY });
  if (!found.isBlockDevice()) return failed('import.no-source', `${name} is neither a file nor a disk.`, 'Choose a file.');
  const sectors = await readFile(`/sys/dev/block/${deviceOf(found.rdev)}/size`, 'latin1').catch(() => '');
  if (!/^[1-9]\d*\n$/.test(sectors))
    return failed(
      'import.no-source',
      `${name} is a disk, and how large it is cannot be seen on this system.`,
      'Copy it to a file first, e.g. with dd, then import that.',
    );
  const flags = constants.O_RDONLY | constants.O_EXCL;
  try {
    await using _probe = await open(path, flags);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error;
    return failed('import.no-source', `${name} is in use: something on it is mounted.`, 'Unmount all of it, then import it again.');
  }
  return success({ sizeBytes: Number(sectors) * 512, isDisk: true, flags });
};

/** As makedev(3) packs the two numbers. */
const deviceOf = (device: number): string => {
  const all = BigInt(device);
  const major = ((all >> 8n) & 0xfffn) | ((all >> 32n) & 0xffff_f000n);
  return `${major}:${(all & 0xffn) | ((all >> 12n) & 0xffff_ff00n)}`;
};

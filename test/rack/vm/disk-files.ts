// Disks of the lab as files on this computer.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { createReadStream, truncateSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A copy that takes no more room than its content. */
export const copySparse = (from: string, to: string): void => void execFileSync('cp', ['--sparse=always', from, to]);

/** A disk that has never been used. */
export const blankDisk = (path: string, sizeBytes: number): void => {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
};

export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

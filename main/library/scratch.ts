// Disks that an import has unpacked and folders of external builders, in a folder of this computer: their names, and what is left of them when it was interrupted.
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^rackside-import-[0-9a-f]{16}\.raw$|^rackside-command-[A-Za-z0-9]{6}$/;

export const scratchPath = (folder: string): string => join(folder, `rackside-import-${randomBytes(8).toString('hex')}.raw`);

/** Only for a folder that nobody else imports in meanwhile. */
export const sweepScratch = async (folder: string): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => NAME.test(one)))
    await rm(join(folder, name), { force: true, recursive: true }).catch(() => undefined);
};

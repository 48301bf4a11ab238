// What a recipe's script has left on the disk, before an image is made of it: a machine that could not start it afterwards would be lost
// to its owner, and every like machine with it.
import { findBootPath } from '../deploy/local-boot.ts';
import type { BootPath } from '../deploy/local-boot.ts';
import { carry, valueOf } from '../disk/carried-failure.ts';
import type { TargetDisk } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import { findBootChain, isSecureBootTrusted } from '../image/boot-chain.ts';
import type { PartitionTable, SectorBytes } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import type { BuildOptions } from './types.ts';

export type Judged = { readonly table: PartitionTable; readonly boot: BootPath };

/** Codes: `build.nothing-built`, `build.secure-boot-untrusted`; thrown, carried. What cannot be started is no image. */
export const judgeDisk = async (
  disk: TargetDisk,
  { firmware, secureBoot, order }: Pick<BuildOptions, 'firmware' | 'secureBoot' | 'order'>,
): Promise<Judged> => {
  const refused = (code: string, what: string): Error =>
    carry({
      code,
      message: `${order.part === 'collect' ? 'The installer' : 'The script'} of recipe "${order.recipe.id}" ended well, and ${what}.`,
      next: 'Mend the recipe, add it with a higher version, and let the machine try again.',
    });
  const nothing = (what: string): Error => refused('build.nothing-built', what);
  const read = readerOf(disk);
  const geometry = { sizeBytes: disk.sizeBytes, logicalSectorBytes: disk.logicalSectorBytes as SectorBytes };
  const table = valueOf(await readPartitionTable(read, geometry));
  if (table.kind === 'none') throw nothing('the disk has no partition table');
  const boot = await findBootPath(disk, table, { firmware, secureBoot });
  if (boot.localBoot.kind === 'uefi' && boot.localBoot.loaderPath === null)
    throw nothing('this UEFI machine finds no boot loader on the disk');
  if (firmware === 'uefi' && secureBoot && !isSecureBootTrusted((await findBootChain(read, table)).bootChain))
    throw refused('build.secure-boot-untrusted', 'the boot loader that it installed is not signed, while Secure Boot is on here');
  return { table, boot };
};

// How the freshly written disk is started: on UEFI by filesystem id of its ESP and the path of a loader on it (found by reading
// the FAT itself, no mount), on BIOS by the disk order.
import { openFat } from '../image/fat.ts';
import type { FatVolume } from '../image/fat.ts';
import type { PartitionTable } from '../image/partition-table.ts';
import { isEsp, partitionOffsetBytes } from '../image/partition-table.ts';
import type { TargetDisk } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { LocalBoot } from '../protocol/decision.ts';

/** What to boot, and which partition it is on (for efibootmgr); `partition` is null on BIOS or without a loader. */
export type BootPath = { readonly localBoot: LocalBoot; readonly partition: number | null };

/**
 * Vendors first: their folder has the full chain (shim finds its GRUB beside itself); the removable-media path is the fallback
 * (UEFI 2.10 §3.5.1.1). shim before GRUB, so that Secure Boot holds. Only x64, which is all that the kit runs on: Fedora has 32-bit
 * loaders in the same folders. openSUSE's shim is called by its name alone.
 */
const VENDOR_LOADERS: readonly RegExp[] = [/^shimx64\.efi$/i, /^shim\.efi$/i, /^grubx64\.efi$/i, /^systemd-bootx64\.efi$/i];
const WINDOWS_LOADER = '/EFI/Microsoft/Boot/bootmgfw.efi';
const REMOVABLE_LOADER = /^bootx64\.efi$/i;

export const findBootPath = async (
  disk: Pick<TargetDisk, 'sizeBytes' | 'read'>,
  table: PartitionTable,
  firmware: 'bios' | 'uefi',
): Promise<BootPath> => {
  if (firmware === 'bios') return { localBoot: { kind: 'bios' }, partition: null };
  let fallback: BootPath = { localBoot: { kind: 'uefi', espUuid: null, loaderPath: null }, partition: null };
  for (const partition of table.partitions.filter(isEsp)) {
    const volume = await openFat(readerOf(disk), partitionOffsetBytes(table, partition));
    if (volume === undefined) continue;
    const loaderPath = await findLoader(volume);
    if (loaderPath !== null) return { localBoot: { kind: 'uefi', espUuid: volume.uuid, loaderPath }, partition: partition.number };
    fallback = { localBoot: { kind: 'uefi', espUuid: volume.uuid, loaderPath: null }, partition: null };
  }
  return fallback;
};

const findLoader = async (volume: FatVolume): Promise<string | null> => {
  const vendors = (await volume.list('EFI')).filter(({ name, isDirectory }) => isDirectory && !/^(boot|microsoft)$/i.test(name));
  for (const pattern of VENDOR_LOADERS)
    for (const vendor of vendors) {
      const file = (await volume.list(`EFI/${vendor.name}`)).find(({ name, isDirectory }) => !isDirectory && pattern.test(name));
      if (file !== undefined) return `/EFI/${vendor.name}/${file.name}`;
    }
  if ((await volume.find(WINDOWS_LOADER)) !== undefined) return WINDOWS_LOADER;
  const removable = (await volume.list('EFI/BOOT')).find(({ name, isDirectory }) => !isDirectory && REMOVABLE_LOADER.test(name));
  return removable === undefined ? null : `/EFI/BOOT/${removable.name}`;
};

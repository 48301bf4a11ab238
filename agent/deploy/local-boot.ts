// How the freshly written disk is started: on UEFI by filesystem id of its ESP and the path of a loader on it (found by reading
// the FAT itself, no mount), on BIOS by the disk order.
import { isStockSigned, loaderOf } from '../image/boot-chain.ts';
import { openFat } from '../image/fat.ts';
import type { FatEntry, FatVolume } from '../image/fat.ts';
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

/** How the machine that boots the disk was started itself. */
export type BootMode = { readonly firmware: 'bios' | 'uefi'; readonly secureBoot: boolean };

/** With Secure Boot on, what its firmware accepts goes before what it does not, whatever their order is else. */
export const findBootPath = async (
  disk: Pick<TargetDisk, 'sizeBytes' | 'read'>,
  table: PartitionTable,
  { firmware, secureBoot }: BootMode,
): Promise<BootPath> => {
  if (firmware === 'bios') return { localBoot: { kind: 'bios' }, partition: null };
  let fallback: BootPath = { localBoot: { kind: 'uefi', espUuid: null, loaderPath: null }, partition: null };
  let unsigned: BootPath | null = null;
  for (const partition of table.partitions.filter(isEsp)) {
    const volume = await openFat(readerOf(disk), partitionOffsetBytes(table, partition));
    if (volume === undefined) continue;
    const found = await findLoaders(volume);
    const signed = secureBoot ? await firstSigned(volume, found) : found[0];
    const pathOf = ({ path }: Found): BootPath => ({
      localBoot: { kind: 'uefi', espUuid: volume.uuid, loaderPath: path },
      partition: partition.number,
    });
    if (signed !== undefined) return pathOf(signed);
    if (found[0] === undefined) fallback = { localBoot: { kind: 'uefi', espUuid: volume.uuid, loaderPath: null }, partition: null };
    else unsigned ??= pathOf(found[0]);
  }
  // Firmware may know keys of its owner's, which we do not.
  return unsigned ?? fallback;
};

type Found = { readonly path: string; readonly entry: FatEntry };

const firstSigned = async (volume: FatVolume, found: readonly Found[]): Promise<Found | undefined> => {
  for (const one of found) {
    const loader = await loaderOf(volume, one.path, one.entry);
    if (loader !== undefined && isStockSigned(loader)) return one;
  }
  return undefined;
};

/** The best first. */
const findLoaders = async (volume: FatVolume): Promise<readonly Found[]> => {
  const vendors = (await volume.list('EFI')).filter(({ name, isDirectory }) => isDirectory && !/^(boot|microsoft)$/i.test(name));
  const programsIn = async (folder: string): Promise<readonly Found[]> =>
    (await volume.list(folder)).flatMap((entry) => (entry.isDirectory ? [] : [{ path: `/${folder}/${entry.name}`, entry }]));
  const ofVendors: Found[] = [];
  for (const { name } of vendors) ofVendors.push(...(await programsIn(`EFI/${name}`)));
  const windows = await volume.find(WINDOWS_LOADER);
  return [
    ...VENDOR_LOADERS.flatMap((pattern) => ofVendors.filter(({ entry }) => pattern.test(entry.name))),
    ...(windows === undefined ? [] : [{ path: WINDOWS_LOADER, entry: windows }]),
    ...(await programsIn('EFI/BOOT')).filter(({ entry }) => REMOVABLE_LOADER.test(entry.name)),
  ];
};

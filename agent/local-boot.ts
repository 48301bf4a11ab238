// How this machine starts one of its own disks. Before it does, the disk is read again: a swapped disk, a broken record or a
// record of another image does not pass.
import type { AgentEnvironment } from './environment.ts';
import { findBootPath } from './deploy/local-boot.ts';
import type { BootMode } from './deploy/local-boot.ts';
import { findInstalled } from './disk/candidates.ts';
import type { TrustedKeys } from './image/signature.ts';
import type { SectorBytes } from './image/partition-table.ts';
import { readPartitionTable } from './image/read-table.ts';
import type { DiskReader } from './inventory/block/device.ts';
import type { LocalBoot } from './protocol/decision.ts';
import type { Disk } from './protocol/disk.ts';
import { failed, success } from './protocol/failure.ts';
import type { Result } from './protocol/failure.ts';
import type { Inventory } from './protocol/inventory.ts';

/** Finds the loader on the disk itself: BIOS follows its own disk order, UEFI needs the ESP and a path on it. */
export const localBootOf = async (reader: DiskReader, logicalSectorBytes: number, mode: BootMode): Promise<LocalBoot> => {
  if (mode.firmware === 'bios') return { kind: 'bios' };
  const { sizeBytes } = reader;
  const table = await readPartitionTable(reader.read, { sizeBytes, logicalSectorBytes: logicalSectorBytes as SectorBytes });
  if (!table.ok) return { kind: 'uefi', espUuid: null, loaderPath: null };
  const disk = { sizeBytes, read: async (offsetBytes: number, into: Uint8Array) => into.set(await reader.read(offsetBytes, into.length)) };
  return (await findBootPath(disk, table.value, mode)).localBoot;
};

/**
 * How to start the disk that was ordered; null leaves it to the firmware's own order. Failure `disk.record-missing`.
 * @param osoid the image that must be on the disk; null when a person ordered the boot without one.
 */
export const checkLocalBoot = async (
  environment: AgentEnvironment,
  inventory: Inventory,
  osoid: string | null,
  trustedKeys: TrustedKeys,
): Promise<Result<LocalBoot | null>> => {
  const mode = bootModeOf(inventory);
  const disk =
    osoid === null
      ? onlyOrdinaryDisk(inventory)
      : findInstalled(await Promise.all(inventory.disks.map((one) => environment.describe(one, trustedKeys))), osoid);
  if (disk === null && osoid !== null) {
    return failed(
      'disk.record-missing',
      'No disk of this machine carries a trusted record of the image that the station wants to start.',
      'Was the disk swapped? Deploy the image, or boot the disk by hand.',
    );
  }
  // Several disks and no record: the firmware's own order decides, as it would without us.
  return success(disk === null ? (mode.firmware === 'bios' ? { kind: 'bios' } : null) : await environment.localBoot(disk, mode));
};

export const bootModeOf = ({ firmware }: Pick<Inventory, 'firmware'>): BootMode => ({
  firmware: firmware?.kind ?? 'bios',
  secureBoot: firmware?.secureBoot === true,
});

const onlyOrdinaryDisk = (inventory: Inventory): Disk | null => {
  const ordinary = inventory.disks.filter((disk) => disk.exclusions.length === 0);
  return ordinary.length === 1 ? (ordinary[0] ?? null) : null;
};

// Before this machine starts its local disk, the disk is read again: a swapped disk, a broken record or a record of another
// image does not pass.
import type { AgentEnvironment } from './environment.ts';
import { localBootOf } from './assess.ts';
import { findInstalled } from './disk/candidates.ts';
import type { TrustedKeys } from './image/signature.ts';
import type { LocalBoot } from './protocol/decision.ts';
import { failed, success } from './protocol/failure.ts';
import type { Result } from './protocol/failure.ts';
import type { Inventory } from './protocol/inventory.ts';

/** @param osoid the image that must be on the disk; null when a person ordered the boot without one. */
export const checkLocalBoot = async (
  environment: AgentEnvironment,
  inventory: Inventory,
  osoid: string | null,
  trustedKeys: TrustedKeys,
): Promise<Result<LocalBoot | null>> => {
  const bootable = inventory.disks.filter((disk) => disk.exclusions.length === 0);
  if (osoid === null) {
    const only = bootable.length === 1 ? bootable[0] : undefined;
    return success(only === undefined ? (inventory.firmware?.kind === 'uefi' ? null : { kind: 'bios' }) : localBootOf(inventory, only));
  }
  const now = await Promise.all(inventory.disks.map((disk) => environment.describe(disk, trustedKeys)));
  const installed = findInstalled(now, osoid);
  if (installed === null) {
    return failed(
      'disk.record-missing',
      'No disk of this machine carries a trusted record of the image that the station wants to start.',
      'Was the disk swapped? Deploy the image, or boot the disk by hand.',
    );
  }
  return success(localBootOf(inventory, installed));
};

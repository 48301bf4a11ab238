// Holds a decision against this machine's own disks. The disk's own provenance record is asked first: an image that is
// already installed is booted, never written again, whoever installed it.
import type { Assessment, Decision, LocalBoot } from './protocol/decision.ts';
import type { Disk } from './protocol/disk.ts';
import type { Inventory } from './protocol/inventory.ts';
import { assertNever } from './protocol/failure.ts';
import { chooseDisk, findInstalled } from './disk/candidates.ts';

/** How the network stage starts this disk: by its EFI system partition, or by the BIOS's own disk order. */
export const localBootOf = (inventory: Inventory, disk: Disk): LocalBoot => {
  if (inventory.firmware?.kind !== 'uefi') return { kind: 'bios' };
  const esp = disk.content?.partitions.find((partition) => partition.typeId.toLowerCase() === ESP_TYPE);
  return { kind: 'uefi', espUuid: esp?.uuid ?? null, loaderPath: null };
};

/** GPT partition type of an EFI system partition (UEFI 2.10 table 5-7). */
const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

export const assess = (decision: Decision, inventory: Inventory): Assessment => {
  switch (decision.kind) {
    case 'hold':
    case 'boot-local':
      return { kind: 'holding' };
    case 'deploy': {
      const installed = decision.rewrite ? null : findInstalled(inventory.disks, decision.osoid);
      if (installed !== null) {
        return { kind: 'already-installed', osoid: decision.osoid, disk: identityOf(installed), localBoot: localBootOf(inventory, installed) };
      }
      const choice = chooseDisk({
        disks: inventory.disks,
        needs: decision.needs,
        hint: decision.diskHint,
        firmware: inventory.firmware?.kind ?? 'bios',
        secureBoot: inventory.firmware?.secureBoot === true,
        architecture: inventory.architecture,
      });
      if (choice.kind === 'refused') return { kind: 'refused', failures: [...choice.failures] };
      const { disk } = choice;
      if (disk.content === null) {
        return { kind: 'refused', failures: [disk.problem ?? { code: 'disk.unreadable', message: `${disk.path} could not be read.`, next: 'Replace the disk.' }] };
      }
      return { kind: 'ready', osoid: decision.osoid, disk: identityOf(disk), contentHash: disk.content.hash };
    }
    default:
      return assertNever(decision);
  }
};

export const identityOf = (disk: Disk) => ({ serial: disk.serial, wwn: disk.wwn, sizeBytes: disk.sizeBytes });

/** Two readings of one disk: serial and WWN must both agree, and the size; a disk with neither is known by its size alone. */
export const sameDisk = (left: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>, right: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>): boolean =>
  left.serial === right.serial && left.wwn === right.wwn && left.sizeBytes === right.sizeBytes;

// Holds a decision against this machine's own disks. The disk's own provenance record is asked first: an image that is
// already installed is booted, never written again, whoever installed it.
import type { Assessment, Decision } from './protocol/decision.ts';
import type { Disk } from './protocol/disk.ts';
import type { Inventory } from './protocol/inventory.ts';
import { assertNever } from './protocol/failure.ts';
import { chooseDisk, findInstalled } from './disk/candidates.ts';
import type { AgentEnvironment } from './environment.ts';

/** What to answer the station: held, already there, ready to write (with the hash that a consent is bound to), or why not. */
export const assess = async (environment: AgentEnvironment, decision: Decision, inventory: Inventory): Promise<Assessment> => {
  switch (decision.kind) {
    case 'hold':
    case 'boot-local':
      return { kind: 'holding' };
    case 'deploy': {
      const installed = decision.rewrite ? null : findInstalled(inventory.disks, decision.osoid, decision.diskHint);
      if (installed !== null) {
        return {
          kind: 'already-installed',
          osoid: decision.osoid,
          disk: identityOf(installed),
          localBoot: await environment.localBoot(installed, inventory.firmware?.kind ?? 'bios'),
        };
      }
      if (inventory.firmware === null) {
        const next = 'Look at the problems on its screen, then boot it again.';
        return {
          kind: 'refused',
          failures: [{ code: 'machine.firmware-unknown', message: 'Whether this machine is BIOS or UEFI could not be read.', next }],
        };
      }
      const choice = chooseDisk({
        disks: inventory.disks,
        needs: decision.needs,
        hint: decision.diskHint,
        firmware: inventory.firmware.kind,
        secureBoot: inventory.firmware.secureBoot,
        architecture: inventory.architecture,
      });
      if (choice.kind === 'refused') return { kind: 'refused', failures: [...choice.failures] };
      const { disk } = choice;
      if (disk.content === null) {
        return {
          kind: 'refused',
          failures: [disk.problem ?? { code: 'disk.unreadable', message: `${disk.path} could not be read.`, next: 'Replace the disk.' }],
        };
      }
      return { kind: 'ready', osoid: decision.osoid, disk: identityOf(disk), contentHash: disk.content.hash };
    }
    default:
      return assertNever(decision);
  }
};

/** What names a disk across reboots. */
export const identityOf = (disk: Disk) => ({ serial: disk.serial, wwn: disk.wwn, sizeBytes: disk.sizeBytes });

/** Two readings of one disk: serial and WWN must both agree, and the size; a disk with neither is known by its size alone. */
export const sameDisk = (left: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>, right: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>): boolean =>
  left.serial === right.serial && left.wwn === right.wwn && left.sizeBytes === right.sizeBytes;

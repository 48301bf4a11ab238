// Holds a decision against this machine's own disks. The disk's own provenance record is asked first: an image that is
// already installed is booted, never written again, whoever installed it.
import type { Assessment, Decision, DiskHint } from './protocol/decision.ts';
import type { Disk, DiskIdentity } from './protocol/disk.ts';
import type { Failure } from './protocol/failure.ts';
import type { Inventory } from './protocol/inventory.ts';
import { assertNever } from './protocol/failure.ts';
import { chooseDisk, findInstalled } from './disk/candidates.ts';
import type { DiskQuestion } from './disk/candidates.ts';
import type { AgentEnvironment } from './environment.ts';
import { bootModeOf } from './local-boot.ts';

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
          localBoot: await environment.localBoot(installed, bootModeOf(inventory)),
        };
      }
      const found = diskFor(inventory, decision.needs, decision.diskHint);
      return 'failures' in found ? { kind: 'refused', failures: [...found.failures] } : { kind: 'ready', osoid: decision.osoid, ...found };
    }
    case 'build': {
      const found = diskFor(inventory, buildNeeds(decision.recipe.name, inventory), decision.diskHint);
      if ('failures' in found) return { kind: 'refused', failures: [...found.failures] };
      return { kind: 'ready-to-build', recipeSha256: decision.recipe.sha256, ...found };
    }
    default:
      return assertNever(decision);
  }
};

/** What the script makes is its own affair; a disk must only be there for it. */
const buildNeeds = (name: string, { architecture }: Inventory): DiskQuestion['needs'] => ({
  name,
  diskSizeBytes: 1,
  logicalSectorBytes: null,
  firmware: 'both',
  architecture,
  secureBootTrusted: true,
});

/** The one disk that may be written, and what it holds; or every reason why none. */
const diskFor = (
  { disks, firmware, architecture, problems }: Inventory,
  needs: DiskQuestion['needs'],
  hint: DiskHint,
): { readonly disk: DiskIdentity; readonly contentHash: string } | { readonly failures: readonly Failure[] } => {
  if (firmware === null) {
    const next = 'Look at the problems on its screen, then boot it again.';
    return { failures: [{ code: 'machine.firmware-unknown', message: 'Whether this machine is BIOS or UEFI could not be read.', next }] };
  }
  // A list that never came is not an empty list: a slow controller must not read as "no disk".
  const unlisted = disks.length === 0 ? problems.find(({ source }) => source === 'disks') : undefined;
  if (unlisted !== undefined) {
    const next = 'Check the disk controller and its cables, then boot it again.';
    return { failures: [{ code: 'disk.not-listed', message: `This machine's disks could not be listed: ${unlisted.message}.`, next }] };
  }
  const choice = chooseDisk({ disks, needs, hint, firmware: firmware.kind, secureBoot: firmware.secureBoot, architecture });
  if (choice.kind === 'refused') return { failures: choice.failures };
  const { disk } = choice;
  if (disk.content !== null) return { disk: identityOf(disk), contentHash: disk.content.hash };
  return {
    failures: [disk.problem ?? { code: 'disk.unreadable', message: `${disk.path} could not be read.`, next: 'Replace the disk.' }],
  };
};

/** What names a disk across reboots. */
export const identityOf = (disk: Disk) => ({ serial: disk.serial, wwn: disk.wwn, sizeBytes: disk.sizeBytes });

/** Two readings of one disk: serial and WWN must both agree, and the size; a disk with neither is known by its size alone. */
export const sameDisk = (left: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>, right: Pick<Disk, 'serial' | 'wwn' | 'sizeBytes'>): boolean =>
  left.serial === right.serial && left.wwn === right.wwn && left.sizeBytes === right.sizeBytes;

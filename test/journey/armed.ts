// What the tests of arming share: machines with one disk each, and an arming of what the preview shows at that moment.
import type { Disk } from '../../agent/protocol/disk.ts';
import type { ArmingPreview, ArmWish } from '../../preload/contract/arming.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { blankContent, disk, hash, inventory, policy } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

/** A station whose one policy erases by itself, where the site is armed. */
export const createAutoRig = (): Rig => {
  const rig = createRig();
  value(rig.station.policies.add(policy({ consent: 'auto' })));
  return rig;
};

export type Booted = { readonly agent: FakeAgent; readonly id: string; assess(): MachineView };

/** Machine `number` with one disk, up to the decision; `assess` says that the disk may be written. */
export const boot = (rig: Rig, number: number, change: Partial<Disk> = {}): Booted => {
  const mac = `52:54:00:00:00:0${number}`;
  const own = disk({ serial: `DISK-${number}`, wwn: null, ...change });
  const agent = rig.agent(mac);
  const { id } = agent.inventory(inventory({ mac, serial: `SERIAL-${number}`, disks: [own] }));
  const { serial, wwn, sizeBytes, content } = own;
  return {
    agent,
    id,
    assess: () =>
      agent.assess({
        kind: 'ready',
        osoid: agent.last('assess').decision.kind === 'deploy' ? (rig.view(id).osoid ?? '') : '',
        disk: { serial, wwn, sizeBytes },
        contentHash: content?.hash ?? '',
      }),
  };
};
export const windows: Partial<Disk> = { content: { ...blankContent('7'), blank: false, table: 'gpt', recognisedOs: 'Windows' } };
export const recorded: Partial<Disk> = { provenance: { ...disk().provenance, verdict: 'trusted', osoid: hash('b') } };

export const preview = (rig: Rig): ArmingPreview => rig.station.journey.previewArming();
export const arm = (rig: Rig, change: Partial<ArmWish> = {}): Result<null> =>
  rig.station.journey.onArm({ machines: 3, minutes: 30, replaceExisting: false, previewHash: preview(rig).hash, ...change });
export const state = (rig: Rig, machine: Booted): string => rig.view(machine.id).state;
/** How armings ended, as told. */
export const ends = (rig: Rig): unknown[] =>
  rig.query("SELECT text FROM event WHERE kind = 'site.disarmed'").map((row) => Object.values(row as object)[0]);

// The fake station's arming: a preview made of the scene's machines, and a state that comes and goes as the real one's does.
import { createHash } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { ArmingPreview, Foreseen } from '../../preload/contract/arming.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { MachineView, StationView } from '../../preload/contract/views.ts';
import { IMAGES, blankDisk, dataDisk } from './scene-parts.ts';

const [WEB] = IMAGES;

const foreseen = (machine: MachineView, index: number): readonly Foreseen[] => {
  if (WEB === undefined || (machine.question?.kind !== 'erase' && machine.state !== 'booting')) return [];
  const common = {
    machineId: machine.id,
    machineName: machine.name,
    position: machine.position,
    online: machine.online,
    policy: 'spare-nodes',
    osoid: WEB.osoid,
    imageName: `${WEB.name} r${WEB.revision}`,
  };
  if (machine.question?.kind !== 'erase')
    return [{ ...common, fate: 'ask', why: 'several of its disks fit the image', disk: null, untouched: [] }];
  const { disk, untouched } = machine.question;
  // Every second one is new from its box, as far as this preview goes.
  return index % 2 === 1
    ? [{ ...common, fate: 'erase', why: 'its disk is empty', disk: blankDisk(disk.serial ?? ''), untouched: [dataDisk(`WD${machine.id}`)] }]
    : [{ ...common, fate: 'replace', why: 'its disk holds Ubuntu 22.04', disk, untouched }];
};

const previewFor = ({ machines, policies, station }: Snapshot): ArmingPreview => {
  const shown = {
    siteName: station.siteName,
    operator: station.operator,
    policies: policies.flatMap(({ policy, enabled, used }) => {
      if (!enabled || policy.consent !== 'auto' || WEB === undefined) return [];
      const { name, rank, limit, replaceExisting } = policy;
      return [
        { name, rank, limit, used, replaceExisting, image: { osoid: WEB.osoid, name: WEB.name, revision: WEB.revision }, problem: null },
      ];
    }),
    machines: machines.flatMap(foreseen),
  };
  return { ...shown, hash: createHash('sha256').update(JSON.stringify(shown)).digest('hex') };
};

export const armingHandlers = (
  snapshot: () => Snapshot,
  change: (part: Partial<StationView>) => Result<StationView>,
): Pick<CallHandlers, 'arming.preview' | 'arming.arm' | 'arming.disarm'> => ({
  'arming.preview': async () => success(previewFor(snapshot())),
  'arming.arm': async ({ machines, minutes, replaceExisting, previewHash }) => {
    const shown = previewFor(snapshot());
    if (shown.hash !== previewHash)
      return failed('arming.preview-changed', 'What arming would do is not what was shown.', 'Read what it would do now.');
    const sinceMs = Date.now();
    return change({
      armed: {
        operator: shown.operator,
        siteName: shown.siteName,
        sinceMs,
        untilMs: sinceMs + minutes * 60_000,
        machines,
        used: 0,
        replaces: replaceExisting ? shown.machines.filter(({ fate }) => fate === 'replace').length : 0,
        images: shown.policies.map(({ name, image }) => ({
          policy: name,
          osoid: image?.osoid ?? '',
          imageName: `${image?.name} r${image?.revision}`,
        })),
      },
    });
  },
  'arming.disarm': async () => change({ armed: null }),
});

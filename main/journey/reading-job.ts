// Jobs that only read a disk, captures and deep checks: their order, the first time or again. After a reboot, a crash of the agent or a
// restart of the station the machine reads its disk again from the start; of a capture only what the library lacks travels.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { Order } from '../../agent/protocol/messages.ts';
import type { Job, MachineBefore, ReadingJob } from '../jobs/job-rows.ts';
import { enterStage } from '../machines/boot-timeline.ts';
import { sameDisk } from './consent.ts';
import { note, refuseWhileWorking, send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { isUsable } from './usable-image.ts';

/** What an agent that waits has read. `verb` is what a person wants. Failures: `job.running`, `machine.offline`, `machine.not-ready`. */
export const readableInventory = (parts: Parts, machine: Machine, verb: 'capture' | 'check'): Result<Inventory> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  if (!parts.machines.isOnline(machine)) {
    return failed(
      'machine.offline',
      'The agent on this machine does not answer, so that its disk cannot be read.',
      `Hold the machine, start it from the network, and ${verb} it when it waits.`,
    );
  }
  if (machine.inventory === null || machine.state === 'seen' || machine.state === 'booting') {
    return failed('machine.not-ready', 'The inventory of this machine is not in yet.', 'Wait until the agent has read the hardware.');
  }
  return success(machine.inventory);
};

export const beforeOf = ({ state, question, failure, says, osoid, imageName, policy, sessionId }: Machine): MachineBefore => ({
  state,
  question,
  failure,
  says,
  osoid,
  imageName,
  policy,
  sessionId,
});

/** A machine that was on its way to its own disk is called back, if it still listens. */
export const callBack = (parts: Parts, machine: Machine): void => {
  if (machine.state === 'provisioned' && machine.bootMac !== null) parts.localBoots.drop(machine.bootMac);
};

export const orderReading = (parts: Parts, machine: Machine, job: ReadingJob): Machine => {
  parts.jobs.started(job.id);
  const again = job.attempt > 1 ? ` (attempt ${job.attempt})` : '';
  const disk = job.disk.serial ?? job.disk.wwn ?? `of ${job.disk.sizeBytes} bytes`;
  const says = `${job.kind === 'capture' ? capturing(job, disk) : comparing(job, disk)}${again}. Nothing is written to it.`;
  // A deploy follows a match or a question; reading may follow anything, and so begins where decisions do.
  const { boot } = machine.state === 'working' ? machine : parts.machines.move(machine.id, 'inventoried');
  const stages = enterStage(boot, job.kind, parts.now());
  const working = parts.machines.move(machine.id, 'working', { jobId: job.id, says, boot: stages });
  return send(parts, working, orderOf(parts, machine, job));
};

const capturing = ({ imageName, wish: { neutralise = [] } }: Extract<ReadingJob, { kind: 'capture' }>, disk: string): string =>
  `Capturing its disk ${disk} as "${imageName}"${neutralise.length === 0 ? '' : ', without what makes it one of its kind'}`;

const comparing = ({ imageName, wish }: Extract<ReadingJob, { kind: 'verify' }>, disk: string): string =>
  `Comparing its disk ${disk} with "${imageName}"${wish.heal === true ? ' and giving the library what it lacks of it' : ''}`;

const orderOf = (parts: Parts, machine: Machine, job: ReadingJob): Order => {
  const { id: jobId, disk } = job;
  if (job.kind === 'capture') {
    const { neutralise = [] } = job.wish;
    const without = neutralise.length === 0 ? {} : { neutralise: [...neutralise] };
    return { kind: 'capture', jobId, disk, imageName: job.imageName, ...without };
  }
  const { osoid, manifestSha256, wish } = job;
  const image = parts.images().find((one) => one.osoid === osoid && one.manifestSha256 === manifestSha256);
  const isAccepted = image !== undefined && image.trust !== 'trusted' && isUsable(image, parts.overrides.get(machine.id));
  return {
    kind: 'verify',
    jobId,
    disk,
    osoid,
    manifestSha256,
    ...(wish.own === null ? {} : { own: [...wish.own] }),
    ...(isAccepted ? { acceptSignature: true } : {}),
    ...(wish.heal === true ? { heal: true } : {}),
  };
};

/** A job that the machine's restart cut short; null where it is none of these or its disk is gone, and with it the job. */
export const goOnReading = (parts: Parts, machine: Machine, job: Job): Machine | null => {
  if (job.kind !== 'capture' && job.kind !== 'verify') return null;
  if (machine.inventory?.disks.some((disk) => sameDisk(disk, job.disk)) === true) return orderReading(parts, machine, job);
  const failure = {
    code: 'disk.replaced',
    message: `The disk that was being ${job.kind === 'capture' ? 'captured as' : 'compared with'} "${job.imageName}" is no longer in the machine.`,
    next:
      job.kind === 'capture'
        ? 'Put it back and order the capture again; what had arrived is not sent again.'
        : 'Put it back and order the deep check again.',
  };
  parts.jobs.fail(job.id, failure);
  note(parts, machine, 'job.failed', `${failure.message} (${failure.code})`, { level: 'warn', jobId: job.id });
  return null;
};

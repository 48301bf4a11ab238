// What a person says to one machine: yes, this image, your own disk, hold, try again.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { DiskHint } from '../../agent/protocol/decision.ts';
import type { Job } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import { checkApproval, consentHash } from './consent.ts';
import type { Approval } from './consent.ts';
import { decideFor, reconsider } from './decision-step.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from './machine.ts';
import { beginWork, workCancelled } from './work-step.ts';

/** Yes to the question on the screen. Failures: `consent.*`, `image.gone`. */
export const approve = (parts: Parts, machine: Machine, approval: Approval): Result<Job> => {
  const checked = checkApproval(machine.question, parts.machines.isOnline(machine), approval);
  if (!checked.ok) return checked;
  const { disk, osoid } = checked.value;
  const contentHash = disk.content?.hash ?? '';
  const identity = { serial: disk.serial, wwn: disk.wwn, sizeBytes: disk.sizeBytes };
  const subject = { machineId: machine.id, sessionId: machine.sessionId ?? '', disk: identity, contentHash, osoid };
  if (consentHash(subject) !== approval.consentHash) {
    return failed('consent.changed', 'The machine has booted again since it asked.', 'It asks anew in a moment; approve that question.');
  }
  const image = trustedImage(parts, osoid);
  if (!image.ok) return image;
  beginWork(parts, machine, image.value, parts.consents.give(subject, 'person'));
  const job = parts.jobs.active(machine.id);
  if (job === null) throw new Error(`an approval made no job on ${machine.id}`);
  return success(job);
};

/** This image, whatever the policies say. Failures: `job.running`, `image.gone`, `disk.unknown`. */
export const requestDeploy = (
  parts: Parts,
  machine: Machine,
  wish: { readonly osoid: string; readonly diskSerial: string | null; readonly rewrite: boolean },
): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  const image = trustedImage(parts, wish.osoid);
  if (!image.ok) return image;
  const diskHint = hintOf(machine, wish.diskSerial);
  if (!diskHint.ok) return diskHint;
  parts.overrides.put(machine.id, { kind: 'deploy', osoid: wish.osoid, diskHint: diskHint.value, rewrite: wish.rewrite });
  note(parts, machine, 'machine.ordered', `${parts.sites.current().operator} chose "${image.value.name}".`);
  return success(decideAnew(parts, machine, `"${image.value.name}" was chosen for it; it is asked when its agent is back.`));
};

const hintOf = (machine: Machine, wanted: string | null): Result<DiskHint> => {
  if (wanted === null || wanted.trim() === '') return success({});
  const name = wanted.trim().toLowerCase();
  const disks = machine.inventory?.disks ?? [];
  const bySerial = disks.find((disk) => disk.serial?.trim().toLowerCase() === name);
  if (bySerial?.serial != null) return success({ serial: bySerial.serial });
  const byWwn = disks.find((disk) => disk.wwn?.trim().toLowerCase() === name);
  if (byWwn?.wwn != null) return success({ wwn: byWwn.wwn });
  return failed('disk.unknown', `This machine showed no disk ${wanted.trim()}.`, 'Take the serial or WWN from the list of its disks.');
};

/** Its own disk, now, as it is. Failures: `job.running`, `machine.offline`, `machine.not-ready`. */
export const bootOwnDisk = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  if (!parts.machines.isOnline(machine))
    return failed('machine.offline', 'The agent on this machine does not answer.', 'Restart the machine; its agent will come up.');
  if (machine.state === 'seen' || machine.state === 'booting') {
    return failed('machine.not-ready', 'The inventory of this machine is not in yet.', 'Wait until the agent has read the hardware.');
  }
  parts.policies.release(machine.id);
  const { operator } = parts.sites.current();
  note(parts, machine, 'machine.sent-to-disk', `${operator} sent it to its own disk.`);
  return success(sendToOwnDisk(parts, machine, { osoid: null, reason: `Boots its own disk, as ${operator} said.`, localBoot: null }, {}));
};

/** Nothing until a person says otherwise. Failures: `job.running`. */
export const hold = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  parts.overrides.put(machine.id, { kind: 'hold' });
  parts.policies.release(machine.id);
  note(parts, machine, 'machine.ordered', `${parts.sites.current().operator} holds it.`);
  return success(decideAnew(parts, machine, 'It is held when its agent is back.'));
};

/** Ends a hold and forgets failures; the agent looks at its disks again. Failures: `job.running`. */
export const retry = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  if (parts.overrides.get(machine.id)?.kind === 'hold') parts.overrides.clear(machine.id);
  note(parts, machine, 'machine.ordered', `${parts.sites.current().operator} lets it try again.`);
  const fresh = parts.machines.change(machine.id, { failedAttempts: 0 });
  if (!parts.machines.isOnline(fresh) || fresh.inventory === null) {
    return success(parts.machines.change(machine.id, { says: 'It is decided anew when its agent is back.' }));
  }
  return success(send(parts, parts.machines.move(machine.id, 'inventoried', { says: 'The agent looks again.' }), { kind: 'rescan' }));
};

/** Stops a job at the next safe point; at once where no agent could be asked. Failures: `job.ended`. */
export const cancel = (parts: Parts, machine: Machine, job: Job): Result<null> => {
  if (!isActive(job)) return failed('job.ended', 'This job has ended.', 'Look at its result.');
  note(parts, machine, 'job.cancel-requested', `${parts.sites.current().operator} stops it.`, { jobId: job.id });
  parts.jobs.requestCancel(job.id);
  if (parts.machines.isOnline(machine) && machine.state === 'working') {
    // Not through `send`: the answers to the deploy order still count.
    if (machine.sessionId !== null) parts.sendOrder(machine.sessionId, { kind: 'cancel', jobId: job.id });
  } else workCancelled(parts, machine, job);
  return success(null);
};

const trustedImage = (parts: Parts, osoid: string) => {
  const image = parts.images().find((candidate) => candidate.osoid === osoid && candidate.trust === 'trusted');
  return image === undefined
    ? failed('image.gone', `The library has no trusted image ${osoid.slice(0, 12)}.`, 'Plug in the disk that has it, or choose another.')
    : success(image);
};

const refuseWhileWorking = (parts: Parts, machine: Machine): Result<null> =>
  parts.jobs.active(machine.id) === null
    ? success(null)
    : failed('job.running', 'A job on this machine has not ended.', 'Wait for it, or cancel it first.');

const decideAnew = (parts: Parts, machine: Machine, saysMeanwhile: string): Machine => {
  if (!parts.machines.isOnline(machine) || machine.inventory === null) return parts.machines.change(machine.id, { says: saysMeanwhile });
  // A machine that was on its way to its own disk has heard its last order; a new decision calls it back if it still listens.
  if (machine.state !== 'provisioned') return reconsider(parts, parts.machines.change(machine.id, { question: null }));
  if (machine.bootMac !== null) parts.localBoots.drop(machine.bootMac);
  return decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
};

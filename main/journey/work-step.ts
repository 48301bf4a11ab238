// A job on its machine: from a consent to the order, through its reports, to the reboot into what was written, or to a failure.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import type { DeployJob, DeployJobOptions } from '../jobs/job-rows.ts';
import type { Consent } from './consent-rows.ts';
import type { LibraryImage } from './decided.ts';
import { decideFor } from './decision-step.ts';
import { ATTEMPTS_MAX, FINAL, VOIDING, holdAfterFailures, writingCancelled } from './ended-work.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { isUsable } from './usable-image.ts';

/** A consent becomes a job and its order. */
export const beginWork = (
  parts: Parts,
  machine: Machine,
  image: LibraryImage,
  { consent, options }: { readonly consent: Consent; readonly options: DeployJobOptions },
): Machine => {
  const job = parts.jobs.create(
    {
      kind: 'deploy',
      machineId: machine.id,
      consentId: consent.id,
      policy: machine.policy,
      osoid: image.osoid,
      manifestSha256: image.manifestSha256,
      imageName: image.name,
      disk: consent.disk,
      contentHash: consent.contentHash,
      options,
    },
    consent,
  );
  const who = consent.givenBy === 'person' ? consent.operator : `the arming of ${consent.siteName} by ${consent.operator}`;
  const disk = consent.disk.serial ?? consent.disk.wwn ?? `of ${consent.disk.sizeBytes} bytes`;
  note(parts, machine, 'consent.given', `${who} agreed to erase disk ${disk} for "${image.name}".`, { jobId: job.id });
  return orderWork(parts, machine, job);
};

/** Sends the job's order, the first time or again: always with what the consent was given for. */
export const orderWork = (parts: Parts, machine: Machine, job: DeployJob): Machine => {
  const consent = parts.consents.get(job.consentId);
  if (consent === null) throw new Error(`job ${job.id} has no consent`);
  parts.jobs.started(job.id);
  const image = parts.images().find(({ osoid, manifestSha256 }) => osoid === job.osoid && manifestSha256 === job.manifestSha256);
  const isAccepted = image !== undefined && image.trust !== 'trusted' && isUsable(image, parts.overrides.get(machine.id));
  const again = job.attempt > 1 ? ` (attempt ${job.attempt})` : '';
  const working = parts.machines.move(machine.id, 'working', { jobId: job.id, says: `Writing "${job.imageName}"${again}.` });
  return send(parts, working, {
    kind: 'deploy',
    jobId: job.id,
    osoid: job.osoid,
    manifestSha256: job.manifestSha256,
    disk: job.disk,
    contentHash: job.contentHash,
    eraseCeilingBytes: job.disk.sizeBytes,
    consentId: job.consentId,
    grow: job.options.grow ?? (parts.growLastPartition ? 'last' : 'none'),
    ...(job.options.seed === null ? {} : { seed: job.options.seed }),
    operator: consent.operator,
    siteName: consent.siteName,
    ...(isAccepted ? { acceptSignature: true } : {}),
  });
};

const NO_RECORD =
  'The image has a partition where the record of what was written would lie, so that the disk does not say what is on it: started from the network again, the machine is asked about anew.';

export const workFinished = (parts: Parts, machine: Machine, job: DeployJob, result: JobResult): Machine => {
  parts.jobs.finish(job.id, result);
  parts.consents.end(job.consentId, 'used');
  // The choice stays the person's, but a fresh write was ordered once.
  parts.overrides.rewritten(machine.id);
  note(parts, machine, 'job.finished', `"${job.imageName}" was written and read back.`, { jobId: job.id });
  if (result.recorded === false) note(parts, machine, 'job.no-record', NO_RECORD, { level: 'warn', jobId: job.id });
  // Where the disk cannot say what is on it, the agent must not look for a record before it starts it.
  const osoid = result.recorded === false ? null : job.osoid;
  const order = { osoid, reason: `"${job.imageName}" is on its disk; it boots it.`, localBoot: result.localBoot };
  return sendToOwnDisk(parts, machine, order, { failedAttempts: 0, jobId: null, osoid: job.osoid, imageName: job.imageName });
};

/** Its library went away in the middle: nothing is lost, the agent asks again every few seconds. */
export const libraryHeard = (parts: Parts, machine: Machine, failure: Failure | null): Machine => {
  const job = parts.jobs.active(machine.id);
  if (job === null) return machine;
  const says = failure === null ? `Goes on with "${job.imageName}".` : `Waits: ${failure.message} ${failure.next}`;
  if (machine.says === says) return machine;
  note(parts, machine, failure === null ? 'job.went-on' : 'job.waited', says, { level: failure === null ? 'info' : 'warn', jobId: job.id });
  return parts.machines.change(machine.id, { says });
};

export const workFailed = (parts: Parts, machine: Machine, job: DeployJob, failure: Failure): Machine => {
  note(parts, machine, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'error', jobId: job.id });
  if (job.cancelRequested) return workCancelled(parts, machine, job);
  if (VOIDING.has(failure.code)) {
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
    const again = parts.machines.move(machine.id, 'inventoried', { jobId: null, says: `${failure.message} The agent looks again.` });
    return send(parts, again, { kind: 'rescan' });
  }
  const failedAttempts = machine.failedAttempts + 1;
  if (failedAttempts < ATTEMPTS_MAX && !FINAL.has(failure.code)) {
    parts.jobs.retry(job.id, failure);
    return decideFor(parts, parts.machines.move(machine.id, 'inventoried', { failedAttempts }));
  }
  parts.jobs.fail(job.id, failure);
  parts.consents.end(job.consentId, failure.message);
  return holdAfterFailures(parts, machine, failedAttempts, failure);
};

export const workCancelled = (parts: Parts, machine: Machine, job: DeployJob): Machine =>
  writingCancelled(parts, machine, job, `Writing "${job.imageName}" was stopped half way.`);

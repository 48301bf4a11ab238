// A job on its machine: from a consent to the order, through its reports, to the reboot into what was written, or to a failure.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import type { Job } from '../jobs/job-rows.ts';
import type { Consent } from './consent-rows.ts';
import type { LibraryImage } from './decide.ts';
import { decideFor } from './decision-step.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from './machine.ts';

/** Failures by which the agent says that the disk is not the one a person agreed to: nothing was written, the consent is void. */
const VOIDING: ReadonlySet<string> = new Set(['disk.replaced', 'disk.content-changed', 'order.erase-ceiling', 'disk.unreadable']);
const ATTEMPTS_MAX = 2;

/** A consent becomes a job and its order. */
export const beginWork = (parts: Parts, machine: Machine, image: LibraryImage, consent: Consent): Machine => {
  const job = parts.jobs.create({
    machineId: machine.id,
    consentId: consent.id,
    policy: machine.policy,
    osoid: image.osoid,
    manifestSha256: image.manifestSha256,
    imageName: image.name,
    disk: consent.disk,
    contentHash: consent.contentHash,
  });
  const who = consent.givenBy === 'person' ? consent.operator : `the arming of ${consent.siteName} by ${consent.operator}`;
  const disk = consent.disk.serial ?? consent.disk.wwn ?? `of ${consent.disk.sizeBytes} bytes`;
  note(parts, machine, 'consent.given', `${who} agreed to erase disk ${disk} for "${image.name}".`, { jobId: job.id });
  return orderWork(parts, machine, job);
};

/** Sends the job's order, the first time or again: always with what the consent was given for. */
export const orderWork = (parts: Parts, machine: Machine, job: Job): Machine => {
  const consent = parts.consents.get(job.consentId);
  if (consent === null) throw new Error(`job ${job.id} has no consent`);
  parts.jobs.started(job.id);
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
    growLastPartition: parts.growLastPartition,
    operator: consent.operator,
    siteName: consent.siteName,
  });
};

export const workFinished = (parts: Parts, machine: Machine, job: Job, result: JobResult): Machine => {
  parts.jobs.finish(job.id, result);
  parts.consents.end(job.consentId, 'used');
  const override = parts.overrides.get(machine.id);
  // The choice stays the person's, but a fresh write was ordered once.
  if (override?.kind === 'deploy') parts.overrides.put(machine.id, { ...override, rewrite: false });
  note(parts, machine, 'job.finished', `"${job.imageName}" was written and read back.`, { jobId: job.id });
  const order = { osoid: job.osoid, reason: `"${job.imageName}" is on its disk; it boots it.`, localBoot: result.localBoot };
  return sendToOwnDisk(parts, machine, order, { failedAttempts: 0, jobId: null, osoid: job.osoid, imageName: job.imageName });
};

export const workFailed = (parts: Parts, machine: Machine, job: Job, failure: Failure): Machine => {
  note(parts, machine, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'error', jobId: job.id });
  if (job.cancelRequested) return workCancelled(parts, machine, job);
  if (VOIDING.has(failure.code)) {
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
    const again = parts.machines.move(machine.id, 'inventoried', { jobId: null, says: `${failure.message} The agent looks again.` });
    return send(parts, again, { kind: 'rescan' });
  }
  const failedAttempts = machine.failedAttempts + 1;
  if (failedAttempts < ATTEMPTS_MAX) {
    parts.jobs.retry(job.id, failure);
    return decideFor(parts, parts.machines.move(machine.id, 'inventoried', { failedAttempts }));
  }
  parts.jobs.fail(job.id, failure);
  parts.consents.end(job.consentId, failure.message);
  parts.policies.release(machine.id);
  const question = { kind: 'refused' as const, failures: [failure] };
  return parts.machines.move(machine.id, 'failed', {
    failedAttempts,
    failure,
    question,
    says: `Held after two failed attempts: ${failure.message}`,
    jobId: null,
  });
};

export const workCancelled = (parts: Parts, machine: Machine, job: Job): Machine => {
  parts.jobs.cancelled(job.id);
  parts.consents.end(job.consentId, 'the job was cancelled');
  parts.policies.release(machine.id);
  const failure = {
    code: 'job.cancelled',
    message: `Writing "${job.imageName}" was stopped half way.`,
    next: 'Its disk does not boot as it is. Let it try again, or choose an image.',
  };
  note(parts, machine, 'job.cancelled', failure.message, { level: 'warn', jobId: job.id });
  // A machine that is off or booting has no state to lose: it is asked about when its agent is back.
  if (machine.state !== 'working') return parts.machines.change(machine.id, { jobId: null });
  const question = { kind: 'choose' as const, reason: `${failure.message} ${failure.next}` };
  return parts.machines.move(machine.id, 'failed', { failure, question, says: failure.message, jobId: null });
};

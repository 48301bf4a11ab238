// How a job that writes a disk ends without what it was for: what deploys and builds have in common.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { BuildJob, DeployJob } from '../jobs/job-rows.ts';
import { note } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';

export const ATTEMPTS_MAX = 2;

/** Failures by which the agent says that the disk is not the one a person agreed to: nothing was written, the consent is void. */
export const VOIDING: ReadonlySet<string> = new Set(['disk.replaced', 'disk.content-changed', 'order.erase-ceiling', 'disk.unreadable']);

/** Tried again, each would only end as another failure: what a program did to the disk is no more what the consent was given for. */
export const FINAL: ReadonlySet<string> = new Set(['deploy.grow-failed']);

/** Two failed attempts, or one that needs no second: nothing happens until a person looks at it. */
export const holdAfterFailures = (parts: Parts, machine: Machine, failedAttempts: number, failure: Failure): Machine => {
  parts.policies.release(machine.id);
  return parts.machines.move(machine.id, 'failed', {
    failedAttempts,
    failure,
    question: { kind: 'refused', failures: [failure] },
    says: `Held after ${failedAttempts < ATTEMPTS_MAX ? 'a failed attempt' : 'two failed attempts'}: ${failure.message}`,
    jobId: null,
  });
};

/** `message` says what was stopped half way. */
export const writingCancelled = (parts: Parts, machine: Machine, job: DeployJob | BuildJob, message: string): Machine => {
  parts.jobs.cancelled(job.id);
  parts.consents.end(job.consentId, 'the job was cancelled');
  parts.policies.release(machine.id);
  const next = 'Its disk does not boot as it is. Let it try again, or choose an image.';
  const failure = { code: 'job.cancelled', message, next };
  note(parts, machine, 'job.cancelled', message, { level: 'warn', jobId: job.id });
  // A machine that is off or booting has no state to lose: it is asked about when its agent is back.
  if (machine.state !== 'working') return parts.machines.change(machine.id, { jobId: null });
  const question = { kind: 'choose' as const, reason: `${message} ${next}` };
  return parts.machines.move(machine.id, 'failed', { failure, question, says: message, jobId: null });
};

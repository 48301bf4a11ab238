// How a job that only read a disk ends on its machine: back to where that was, whatever came of it.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { MachineState } from '../../preload/contract/views.ts';
import type { ReadingJob } from '../jobs/job-rows.ts';
import { decideFor, reconsiderIfChanged } from './decision-step.ts';
import { note, sendToOwnDisk, show } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { orderReading } from './reading-job.ts';

const ATTEMPTS_MAX = 2;
/** States in which a machine stays by itself: it is put back exactly there. */
const LASTING: ReadonlySet<MachineState> = new Set(['unmatched', 'ambiguous', 'waiting', 'failed']);

const isReading = (job: { readonly kind: string }): job is ReadingJob => job.kind === 'capture' || job.kind === 'verify';

export const readingFailed = (parts: Parts, machine: Machine, job: ReadingJob, failure: Failure): Machine => {
  if (job.cancelRequested) return readingCancelled(parts, machine, job);
  note(parts, machine, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'error', jobId: job.id });
  // The one failure that says nothing about disk, link or library.
  if (failure.code === 'agent.restarted' && job.attempt < ATTEMPTS_MAX) {
    const again = parts.jobs.retry(job.id, failure);
    return isReading(again) ? orderReading(parts, machine, again) : machine;
  }
  parts.jobs.fail(job.id, failure);
  const what = job.kind === 'capture' ? 'captured' : 'checked';
  return goBack(parts, machine, job, `Its disk was not ${what}: ${failure.message} ${failure.next}`);
};

export const readingCancelled = (parts: Parts, machine: Machine, job: ReadingJob): Machine => {
  parts.jobs.cancelled(job.id);
  const message = job.kind === 'capture' ? `The capture as "${job.imageName}" was stopped.` : 'The deep check was stopped.';
  note(parts, machine, 'job.cancelled', message, { level: 'warn', jobId: job.id });
  return goBack(parts, machine, job, `${message} Its disk is as it was.`);
};

/** An agent that was on its way out when its disk was to be read never heard of it. */
export const readingLeft = (parts: Parts, machine: Machine): Machine => {
  const job = parts.jobs.active(machine.id);
  if (job === null || !isReading(job) || machine.state !== 'working') return machine;
  return readingFailed(parts, machine, job, {
    code: `${job.kind}.machine-left`,
    message: 'The machine had already left for its own disk.',
    next: `Hold the machine, start it from the network, and ${job.kind === 'capture' ? 'capture' : 'check'} it when it waits.`,
  });
};

/** To where it was, with a sentence; a boot, or other policies and images meanwhile (its own among them), make that a new decision. */
export const goBack = (parts: Parts, machine: Machine, job: ReadingJob, says: string): Machine => {
  // A machine that is off or booting has no state to go back to.
  if (machine.state !== 'working') return parts.machines.change(machine.id, { jobId: null });
  const { state, sessionId, question, failure, osoid, imageName, policy } = job.wish.before;
  if (state === 'provisioned')
    return sendToOwnDisk(parts, machine, { osoid, reason: says, localBoot: null }, { jobId: null, osoid, imageName, policy });
  if (sessionId !== machine.sessionId || !LASTING.has(state)) {
    return decideFor(parts, parts.machines.move(machine.id, 'inventoried', { jobId: null, says }));
  }
  parts.machines.move(machine.id, 'inventoried');
  show(parts, machine, says, question?.kind === 'erase' ? 'consent' : null);
  const back = parts.machines.move(machine.id, state, { jobId: null, says, question, failure, osoid, imageName, policy });
  return reconsiderIfChanged(parts, back);
};

// A job that a person stops. Its agent does so at the next safe point and says so; where no agent can any more, the job ends here: by then
// or later, for a machine may fall silent, or boot again, before it has read that it shall stop.
import type { Job } from '../jobs/job-rows.ts';
import { buildCancelled } from './build-step.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { readingCancelled } from './reading-end.ts';
import { workCancelled } from './work-step.ts';

/** Asks the agent; at once where none can be asked. */
export const stopJob = (parts: Parts, machine: Machine, job: Job): Machine => {
  if (!parts.machines.isOnline(machine) || machine.state !== 'working') return endStopped(parts, machine, job);
  // Not through `send`: the answers to the job's own order still count.
  if (machine.sessionId !== null) parts.sendOrder(machine.sessionId, { kind: 'cancel', jobId: job.id });
  return machine;
};

/** The machine has booted again: what was to be stopped is not gone on with. */
export const endIfStopped = (parts: Parts, machine: Machine): Machine => {
  const job = parts.jobs.active(machine.id);
  return job?.cancelRequested === true ? endStopped(parts, machine, job) : machine;
};

/** Those whose agent has fallen silent since. Call it every few seconds. */
export const endSilentlyStopped = (parts: Parts): void => {
  for (const job of parts.jobs.stopping()) {
    const machine = parts.machines.get(job.machineId);
    if (machine.ok && !parts.machines.isOnline(machine.value)) endStopped(parts, machine.value, job);
  }
};

const endStopped = (parts: Parts, machine: Machine, job: Job): Machine => {
  if (job.kind === 'capture' || job.kind === 'verify') return readingCancelled(parts, machine, job);
  return job.kind === 'build' ? buildCancelled(parts, machine, job) : workCancelled(parts, machine, job);
};

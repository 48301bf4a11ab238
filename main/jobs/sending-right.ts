// Whether an agent may send what is on its disk to the library. For a capture or a build it may ask, send and publish: only for the running
// one of its own machine, and once more for one that is done, whose last answer may have been lost. For a deep check that heals the library
// it may ask and send, while that runs.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Machine } from '../machines/machine.ts';
import type { ImagingJob, Job, VerifyJob } from './job-rows.ts';

/** Failures: `capture.not-yours`, `job.ended`. */
export const mayCapture = (machine: Pick<Machine, 'id' | 'state'> | null, job: Job): Result<ImagingJob> => {
  if (job.kind === 'deploy' || job.kind === 'verify' || machine === null || job.machineId !== machine.id) {
    return failed('capture.not-yours', 'This is no capture of this machine.', 'Nothing was kept; look at the jobs of this machine.');
  }
  const isRunning = machine.state === 'working' && (job.state === 'queued' || job.state === 'running');
  return isRunning || job.state === 'done'
    ? success(job)
    : failed('job.ended', 'This capture has ended.', 'Order it again; what has arrived is not sent again.');
};

/** Failures: `heal.not-yours`, `job.ended`. */
export const mayHeal = (machine: Pick<Machine, 'id' | 'state'> | null, job: Job): Result<VerifyJob> => {
  if (job.kind !== 'verify' || job.wish.heal !== true || machine === null || job.machineId !== machine.id)
    return failed(
      'heal.not-yours',
      'This machine was not asked to heal the library.',
      'Nothing was kept; look at the jobs of this machine.',
    );
  return machine.state === 'working' && (job.state === 'queued' || job.state === 'running')
    ? success(job)
    : failed('job.ended', 'This deep check has ended.', 'Order it again; what has arrived is in the library.');
};

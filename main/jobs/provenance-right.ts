// Whether an agent may have the signed provenance record it asks for: only for its own running job, once the disk was read back.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { JobStepName, provenanceRequestSchema } from '../../agent/protocol/messages.ts';
import type { z } from 'zod';
import type { Job } from './job-rows.ts';

export type ProvenanceRequest = Readonly<z.infer<typeof provenanceRequestSchema>>;
export type StepTimes = readonly { readonly step: JobStepName; readonly endedAtMs: number | null }[];

/** Failures: `provenance.not-yours`, `provenance.not-proven`. */
export const mayHaveRecord = (machineId: string, request: ProvenanceRequest, job: Job, steps: StepTimes): Result<null> => {
  const { disk, osoid, manifestSha256 } = request;
  const sameDisk = disk.serial === job.disk.serial && disk.wwn === job.disk.wwn && disk.sizeBytes === job.disk.sizeBytes;
  const isItsJob = job.machineId === machineId && job.state === 'running' && job.osoid === osoid && job.manifestSha256 === manifestSha256;
  if (!isItsJob || !sameDisk) {
    return failed(
      'provenance.not-yours',
      'The record asked for is not that of the job on this machine.',
      'Nothing was signed; look at the job.',
    );
  }
  // A later attempt begins with `check` again: only what was read back after it counts.
  const began = steps.findLastIndex(({ step }) => step === 'check');
  if (!steps.slice(Math.max(0, began)).some(({ step, endedAtMs }) => step === 'read-back' && endedAtMs !== null)) {
    return failed(
      'provenance.not-proven',
      'The disk was not read back yet.',
      'Nothing was signed; the agent asks again after its read-back.',
    );
  }
  return success(null);
};

// Whether an agent may have the signed provenance record it asks for: only for its own running job, once the disk was read back.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { JobStepName, provenanceRequestSchema } from '../../agent/protocol/messages.ts';
import type { z } from 'zod';
import type { BuildJob, DeployJob, Job } from './job-rows.ts';

export type ProvenanceRequest = Readonly<z.infer<typeof provenanceRequestSchema>>;
export type StepTimes = readonly { readonly step: JobStepName; readonly endedAtMs: number | null }[];

/** What the record says. */
export type RecordRight = Pick<DeployJob, 'osoid' | 'manifestSha256' | 'siteName'> & { readonly settingsSha256?: string };

/** Failures: `provenance.not-yours`, `provenance.not-proven`. */
export const mayHaveRecord = (machineId: string, request: ProvenanceRequest, job: Job, steps: StepTimes): Result<RecordRight> => {
  const { disk, osoid, manifestSha256 } = request;
  const sameDisk = disk.serial === job.disk.serial && disk.wwn === job.disk.wwn && disk.sizeBytes === job.disk.sizeBytes;
  if (
    job.kind !== 'deploy' ||
    job.machineId !== machineId ||
    job.state !== 'running' ||
    job.osoid !== osoid ||
    job.manifestSha256 !== manifestSha256 ||
    !sameDisk
  ) {
    return notYours;
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
  return success({ ...job, ...(job.options.seed === null ? {} : { settingsSha256: job.options.seed.settingsSha256 }) });
};

/**
 * The same for a build: its image is published, so the disk was read to the last used byte. `published` is that image as the library
 * has it; null where it has none. Failure `provenance.not-yours`.
 */
export const mayHaveBuiltRecord = (
  machineId: string,
  request: ProvenanceRequest,
  job: BuildJob,
  published: { readonly osoid: string; readonly manifestSha256: string } | null,
): Result<RecordRight> => {
  const { disk, osoid, manifestSha256 } = request;
  const sameDisk = disk.serial === job.disk.serial && disk.wwn === job.disk.wwn && disk.sizeBytes === job.disk.sizeBytes;
  const isBuilt = job.result?.osoid === osoid && published?.osoid === osoid && published.manifestSha256 === manifestSha256;
  if (job.machineId !== machineId || job.state !== 'running' || !sameDisk || !isBuilt) return notYours;
  return success({ osoid, manifestSha256, siteName: job.siteName });
};

const notYours = failed(
  'provenance.not-yours',
  'The record asked for is not that of the job on this machine.',
  'Nothing was signed; look at the job.',
);

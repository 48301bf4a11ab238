// Jobs: one deploy, capture, build or deep check on one machine, from the word that began it to its result. They outlive the station: what
// was queued or running when it stopped still is when it starts again, and goes on when the machine's agent is heard.
import { randomUUID } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { JobResult, Report } from '../../agent/protocol/messages.ts';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import type { JobView, Progress } from '../../preload/contract/views.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { createJobRows } from './job-rows.ts';
import type {
  Basis,
  BuildBasis,
  BuildJob,
  BuiltImage,
  CaptureBasis,
  CaptureJob,
  DeployBasis,
  DeployJob,
  ImagingJob,
  Job,
  VerifyBasis,
  VerifyJob,
} from './job-rows.ts';
import { overallFraction, PROGRESS_EVERY_MS } from './progress.ts';

type StepReport = Extract<Report, { kind: 'step' }>;
type ProgressReport = Extract<Report, { kind: 'progress' }>;

/** Where and who. */
type Who = { readonly siteId: number; readonly operatorId: number };

export type Jobs = {
  /** In the name of who consented to it. */
  create(basis: Omit<DeployBasis, 'id'>, by: Who): DeployJob;
  createCapture(basis: Omit<CaptureBasis, 'id'>): CaptureJob;
  createVerify(basis: Omit<VerifyBasis, 'id'>): VerifyJob;
  createBuild(basis: Omit<BuildBasis, 'id'>, by: Who): BuildJob;
  get(jobId: string): Result<Job>;
  view(jobId: string): Result<JobView>;
  /** Newest last. */
  list(): readonly JobView[];
  ofMachine(machineId: string): readonly JobView[];
  /** The last deploy on it that ended well. */
  lastDeployed(machineId: string): DeployJob | null;
  /** The machine's queued or running job; there is never more than one. */
  active(machineId: string): Job | null;
  /** The same, where it is a deploy. */
  activeDeploy(machineId: string): DeployJob | null;
  /** Captures and builds that have not ended: what they have brought must stay in the library. */
  unfinishedImaging(): readonly ImagingJob[];
  /** What builds here have made, by their keys: the same content may have been built, or imported, under another key before. */
  builtImages(): readonly BuiltImage[];
  /** Builds that have not ended. */
  builds(): readonly BuildJob[];
  /** Jobs that a person stops and that have not ended yet. */
  stopping(): readonly Job[];
  /** The last progress of every running job, for a window that has just connected. */
  progress(): readonly Progress[];

  /** The order went out, for the first time or again after a reboot; it runs once the agent reports a step. */
  started(jobId: string): Job;
  step(report: StepReport): void;
  progressed(report: ProgressReport): void;
  /** The same job once more after a failure; its next attempt. */
  retry(jobId: string, failure: Failure): Job;
  requestCancel(jobId: string): Job;
  /** `result` is null where the machine's own disk proves that the job ended well and its report was lost. */
  finish(jobId: string, result: JobResult | null): Job;
  captured(jobId: string, result: CaptureResult): Job;
  verified(jobId: string, result: VerifyResult): Job;
  /** The image is there; the job goes on. */
  built(jobId: string, result: CaptureResult): Job;
  /** A build has come to its end, after its image. */
  finishBuild(jobId: string): Job;
  fail(jobId: string, failure: Failure): Job;
  cancelled(jobId: string): Job;
  /** Reads the unfinished jobs again: a machine record was folded into another. */
  reload(): void;
};

export type JobsOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly machineName: (machineId: string) => string;
  readonly onChange: (job: JobView) => void;
  readonly onProgress: (progress: Progress) => void;
};

export const isActive = (job: Pick<Job, 'state'>): boolean => job.state === 'queued' || job.state === 'running';

export const createJobs = ({ database, now, sites, machineName, onChange, onProgress }: JobsOptions): Jobs => {
  const rows = createJobRows(database);
  // Every report of an agent asks for its job, and the unfinished ones are few.
  const unfinished = new Map<string, Job>();
  // Every decision about a build asks for them.
  let builtImages = rows.builtImages();
  const reload = (): void => {
    builtImages = rows.builtImages();
    unfinished.clear();
    for (const job of rows.all().filter(isActive)) unfinished.set(job.id, job);
  };
  reload();
  const find = (jobId: string): Job | null => unfinished.get(jobId) ?? rows.get(jobId);
  const latest = new Map<string, { readonly progress: Progress; readonly shownAtMs: number }>();

  const viewOf = (job: Job): JobView => ({
    id: job.id,
    machineId: job.machineId,
    machineName: machineName(job.machineId),
    kind: job.kind,
    osoid: job.kind === 'deploy' || job.kind === 'verify' ? job.osoid : (job.result?.osoid ?? null),
    imageName: job.imageName,
    state: job.state,
    attempt: job.attempt,
    operator: job.operator,
    siteName: job.siteName,
    createdAtMs: job.createdAtMs,
    endedAtMs: job.endedAtMs,
    steps: rows.steps(job.id),
    result: job.kind === 'deploy' ? job.result : null,
    captured: job.kind === 'capture' || job.kind === 'build' ? job.result : null,
    verified: job.kind === 'verify' ? job.result : null,
    failure: job.failure,
  });
  const known = (jobId: string): Job => {
    const job = find(jobId);
    if (job === null) throw new Error(`no job ${jobId}`);
    return job;
  };
  const save = <T extends Job>(job: T): T => {
    rows.update(job);
    if (isActive(job)) unfinished.set(job.id, job);
    else unfinished.delete(job.id);
    onChange(viewOf(job));
    return job;
  };
  const end = (job: Job, state: 'done' | 'failed' | 'cancelled'): Job => {
    if (!isActive(job)) throw new Error(`job ${job.id} has ended before`);
    rows.endSteps(job.id, null, now());
    latest.delete(job.id);
    return save({ ...job, state, endedAtMs: now() });
  };
  const create = (
    basis: Omit<DeployBasis, 'id'> | Omit<CaptureBasis, 'id'> | Omit<BuildBasis, 'id'> | Omit<VerifyBasis, 'id'>,
    by: Who,
  ): Job => {
    const id = randomUUID();
    rows.insert({ ...basis, id } as Basis, by, now());
    return save(known(id));
  };
  /** Its kind is known to the caller; another one is a bug. */
  const deploy = (job: Job): DeployJob => {
    if (job.kind !== 'deploy') throw new Error(`job ${job.id} is no deploy`);
    return job;
  };
  const capture = (job: Job): CaptureJob => {
    if (job.kind !== 'capture') throw new Error(`job ${job.id} is no capture`);
    return job;
  };
  const build = (job: Job): BuildJob => {
    if (job.kind !== 'build') throw new Error(`job ${job.id} is no build`);
    return job;
  };
  const verify = (job: Job): VerifyJob => {
    if (job.kind !== 'verify') throw new Error(`job ${job.id} is no deep check`);
    return job;
  };
  const active = (machineId: string): Job | null => [...unfinished.values()].find((job) => job.machineId === machineId) ?? null;
  const get = (jobId: string): Result<Job> => {
    const job = find(jobId);
    return job === null ? failed('job.unknown', 'There is no such job here.', 'Look at the list of jobs.') : success(job);
  };

  return {
    create: (basis, by) => deploy(create(basis, by)),
    createCapture: (basis) => capture(create(basis, sites.current())),
    createVerify: (basis) => verify(create(basis, sites.current())),
    createBuild: (basis, by) => build(create(basis, by)),
    get,
    view: (jobId) => {
      const job = get(jobId);
      return job.ok ? success(viewOf(job.value)) : job;
    },
    list: () => rows.all().map(viewOf),
    ofMachine: (machineId) => rows.ofMachine(machineId).map(viewOf),
    lastDeployed: (machineId) =>
      rows.ofMachine(machineId).findLast((job): job is DeployJob => job.kind === 'deploy' && job.state === 'done') ?? null,
    active,
    activeDeploy: (machineId) => {
      const job = active(machineId);
      return job?.kind === 'deploy' ? job : null;
    },
    unfinishedImaging: () => [...unfinished.values()].filter((job) => job.kind === 'capture' || job.kind === 'build'),
    builtImages: () => builtImages,
    builds: () => [...unfinished.values()].filter((job) => job.kind === 'build'),
    stopping: () => [...unfinished.values()].filter(({ cancelRequested }) => cancelRequested),
    progress: () => [...latest.values()].map(({ progress }) => progress),

    started: (jobId) => {
      // The agent counts its progress from one again.
      latest.delete(jobId);
      rows.endSteps(jobId, null, now());
      return save(known(jobId));
    },
    step: ({ jobId, step, state, note }) => {
      const shown = latest.get(jobId);
      if (shown !== undefined && state === 'done') onProgress(shown.progress);
      rows.endSteps(jobId, state === 'done' && note !== '' ? note : null, now());
      if (state === 'started') rows.startStep(jobId, step, note, now());
      const job = known(jobId);
      if (job.state === 'running') onChange(viewOf(job));
      else save({ ...job, state: 'running' });
    },
    progressed: ({ kind: _report, ...report }) => {
      const before = latest.get(report.jobId);
      if (before !== undefined && report.number <= before.progress.number) return;
      const { machineId, kind } = known(report.jobId);
      const progress = { ...report, machineId, fraction: overallFraction(kind, report.step, report.bytesDone, report.bytesTotal) };
      const isDue = before === undefined || now() - before.shownAtMs >= PROGRESS_EVERY_MS;
      latest.set(report.jobId, { progress, shownAtMs: isDue ? now() : before.shownAtMs });
      if (isDue) onProgress(progress);
    },
    retry: (jobId, failure) => {
      const job = known(jobId);
      latest.delete(jobId);
      rows.endSteps(jobId, `${failure.message} (${failure.code})`, now());
      return save({ ...job, attempt: job.attempt + 1 });
    },
    requestCancel: (jobId) => save({ ...known(jobId), cancelRequested: true }),
    finish: (jobId, result) => end({ ...deploy(known(jobId)), result }, 'done'),
    captured: (jobId, result) => end({ ...capture(known(jobId)), result }, 'done'),
    verified: (jobId, result) => end({ ...verify(known(jobId)), result }, 'done'),
    built: (jobId, result) => {
      const job = save({ ...build(known(jobId)), result });
      builtImages = [...builtImages, { key: job.wish.key, osoid: result.osoid }];
      return job;
    },
    finishBuild: (jobId) => end(build(known(jobId)), 'done'),
    fail: (jobId, failure) => end({ ...known(jobId), failure }, 'failed'),
    cancelled: (jobId) => end(known(jobId), 'cancelled'),
    reload,
  };
};

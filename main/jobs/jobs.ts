// Jobs: one deploy on one machine, from its consent to its result. They outlive the station: what was queued or running when it
// stopped still is when it starts again, and goes on when the machine's agent is heard.
import { randomUUID } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { JobResult, Report } from '../../agent/protocol/messages.ts';
import type { JobView, Progress } from '../../preload/contract/views.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { createJobRows } from './job-rows.ts';
import type { Job, JobBasis } from './job-rows.ts';
import { overallFraction, PROGRESS_EVERY_MS } from './progress.ts';

type StepReport = Extract<Report, { kind: 'step' }>;
type ProgressReport = Extract<Report, { kind: 'progress' }>;

export type Jobs = {
  create(basis: Omit<JobBasis, 'id'>): Job;
  get(jobId: string): Result<Job>;
  view(jobId: string): Result<JobView>;
  /** Newest last. */
  list(): readonly JobView[];
  ofMachine(machineId: string): readonly JobView[];
  /** The machine's queued or running job; there is never more than one. */
  active(machineId: string): Job | null;
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
  const reload = (): void => {
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
    kind: 'deploy',
    osoid: job.osoid,
    imageName: job.imageName,
    state: job.state,
    attempt: job.attempt,
    operator: job.operator,
    siteName: job.siteName,
    createdAtMs: job.createdAtMs,
    endedAtMs: job.endedAtMs,
    steps: rows.steps(job.id),
    result: job.result,
    failure: job.failure,
  });
  const known = (jobId: string): Job => {
    const job = find(jobId);
    if (job === null) throw new Error(`no job ${jobId}`);
    return job;
  };
  const save = (job: Job): Job => {
    rows.update(job);
    if (isActive(job)) unfinished.set(job.id, job);
    else unfinished.delete(job.id);
    onChange(viewOf(job));
    return job;
  };
  const end = (jobId: string, state: 'done' | 'failed' | 'cancelled', outcome: Partial<Pick<Job, 'result' | 'failure'>>): Job => {
    const job = known(jobId);
    if (!isActive(job)) throw new Error(`job ${jobId} has ended before`);
    rows.endSteps(jobId, null, now());
    latest.delete(jobId);
    return save({ ...job, ...outcome, state, endedAtMs: now() });
  };
  const get = (jobId: string): Result<Job> => {
    const job = find(jobId);
    return job === null ? failed('job.unknown', 'There is no such job here.', 'Look at the list of jobs.') : success(job);
  };

  return {
    create: (basis) => {
      const id = randomUUID();
      rows.insert({ ...basis, id }, sites.current(), now());
      return save(known(id));
    },
    get,
    view: (jobId) => {
      const job = get(jobId);
      return job.ok ? success(viewOf(job.value)) : job;
    },
    list: () => rows.all().map(viewOf),
    ofMachine: (machineId) => rows.ofMachine(machineId).map(viewOf),
    active: (machineId) => [...unfinished.values()].find((job) => job.machineId === machineId) ?? null,
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
    progressed: ({ kind: _kind, ...report }) => {
      const before = latest.get(report.jobId);
      if (before !== undefined && report.number <= before.progress.number) return;
      const { machineId } = known(report.jobId);
      const progress = { ...report, machineId, fraction: overallFraction(report.step, report.bytesDone, report.bytesTotal) };
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
    finish: (jobId, result) => end(jobId, 'done', { result }),
    fail: (jobId, failure) => end(jobId, 'failed', { failure }),
    cancelled: (jobId) => end(jobId, 'cancelled', {}),
    reload,
  };
};

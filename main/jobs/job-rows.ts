// Prepared statements for jobs and their steps.
import type { DiskIdentity } from '../../agent/protocol/disk.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { JobResult, JobStepName } from '../../agent/protocol/messages.ts';
import type { JobView } from '../../preload/contract/views.ts';
import type { Database } from '../database/open.ts';

/** What a job is bound to from its first second to its last. */
export type JobBasis = {
  readonly id: string;
  readonly machineId: string;
  readonly consentId: string;
  readonly policy: string | null;
  readonly osoid: string;
  readonly manifestSha256: string;
  readonly imageName: string;
  readonly disk: DiskIdentity;
  readonly contentHash: string;
};
export type Job = JobBasis & {
  readonly operator: string;
  readonly siteName: string;
  readonly state: JobView['state'];
  readonly attempt: number;
  readonly cancelRequested: boolean;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly result: JobResult | null;
  readonly failure: Failure | null;
};

export type JobRows = {
  insert(basis: JobBasis, place: { readonly siteId: number; readonly operatorId: number }, nowAtMs: number): void;
  /** Saves what may change in a job. */
  update(job: Job): void;
  get(jobId: string): Job | null;
  all(): readonly Job[];
  ofMachine(machineId: string): readonly Job[];
  steps(jobId: string): JobView['steps'];
  startStep(jobId: string, step: JobStepName, note: string, nowAtMs: number): void;
  endSteps(jobId: string, note: string | null, nowAtMs: number): void;
};

type Row = {
  id: string;
  machine_id: string;
  consent_id: string;
  policy: string | null;
  osoid: string;
  manifest_sha256: string;
  image_name: string;
  disk_serial: string | null;
  disk_wwn: string | null;
  disk_size_bytes: number;
  content_hash: string;
  state: JobView['state'];
  attempt: number;
  cancel_requested: number;
  created_at_ms: number;
  ended_at_ms: number | null;
  result_json: string | null;
  failure_json: string | null;
  operator: string;
  site: string;
};

export const createJobRows = (database: Database): JobRows => {
  const insert = database.prepare(
    `INSERT INTO job(id, kind, machine_id, site_id, operator_id, consent_id, policy, osoid, manifest_sha256, image_name,
       disk_serial, disk_wwn, disk_size_bytes, content_hash, state, attempt, created_at_ms)
     VALUES (?, 'deploy', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1, ?)`,
  );
  const update = database.prepare(
    'UPDATE job SET state = ?, attempt = ?, cancel_requested = ?, ended_at_ms = ?, result_json = ?, failure_json = ? WHERE id = ?',
  );
  const query =
    'SELECT job.*, operator.name AS operator, site.name AS site FROM job JOIN operator ON operator.id = operator_id JOIN site ON site.id = site_id';
  const select = database.prepare<[string], Row>(`${query} WHERE job.id = ?`);
  const selectAll = database.prepare<[], Row>(`${query} ORDER BY job.created_at_ms, job.rowid`);
  const selectMachine = database.prepare<[string], Row>(`${query} WHERE machine_id = ? ORDER BY job.created_at_ms, job.rowid`);
  const selectSteps = database.prepare<[string], { step: JobStepName; started_at_ms: number; ended_at_ms: number | null; note: string }>(
    'SELECT step, started_at_ms, ended_at_ms, note FROM job_step WHERE job_id = ? ORDER BY number',
  );
  const insertStep = database.prepare(
    `INSERT INTO job_step(job_id, number, step, started_at_ms, note)
     SELECT :id, coalesce(max(number), 0) + 1, :step, :at, :note FROM job_step WHERE job_id = :id`,
  );
  const endSteps = database.prepare(
    'UPDATE job_step SET ended_at_ms = :at, note = coalesce(:note, note) WHERE job_id = :id AND ended_at_ms IS NULL',
  );

  return {
    insert: (basis, { siteId, operatorId }, nowAtMs) => {
      const { id, machineId, consentId, policy, osoid, manifestSha256, imageName, disk, contentHash } = basis;
      const about = [id, machineId, siteId, operatorId, consentId, policy, osoid, manifestSha256, imageName];
      insert.run(...about, disk.serial, disk.wwn, disk.sizeBytes, contentHash, nowAtMs);
    },
    update: (job) => {
      const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
      update.run(job.state, job.attempt, job.cancelRequested ? 1 : 0, job.endedAtMs, json(job.result), json(job.failure), job.id);
    },
    get: (jobId) => {
      const row = select.get(jobId);
      return row === undefined ? null : jobOf(row);
    },
    all: () => selectAll.all().map(jobOf),
    ofMachine: (machineId) => selectMachine.all(machineId).map(jobOf),
    steps: (jobId) =>
      selectSteps.all(jobId).map((row) => ({ step: row.step, startedAtMs: row.started_at_ms, endedAtMs: row.ended_at_ms, note: row.note })),
    startStep: (id, step, note, at) => void insertStep.run({ id, step, at, note }),
    endSteps: (id, note, at) => void endSteps.run({ id, note, at }),
  };
};

const jobOf = (row: Row): Job => ({
  id: row.id,
  machineId: row.machine_id,
  consentId: row.consent_id,
  policy: row.policy,
  osoid: row.osoid,
  manifestSha256: row.manifest_sha256,
  imageName: row.image_name,
  disk: { serial: row.disk_serial, wwn: row.disk_wwn, sizeBytes: row.disk_size_bytes },
  contentHash: row.content_hash,
  operator: row.operator,
  siteName: row.site,
  state: row.state,
  attempt: row.attempt,
  cancelRequested: row.cancel_requested === 1,
  createdAtMs: row.created_at_ms,
  endedAtMs: row.ended_at_ms,
  result: row.result_json === null ? null : (JSON.parse(row.result_json) as JobResult),
  failure: row.failure_json === null ? null : (JSON.parse(row.failure_json) as Failure),
});

// Prepared statements for jobs and their steps.
import type { DiskIdentity } from '../../agent/protocol/disk.ts';
import type { IdentityKind } from '../../agent/protocol/identity.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { JobResult, JobStepName } from '../../agent/protocol/messages.ts';
import type { OwnRange, VerifyResult } from '../../agent/protocol/verify.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import type { Seed } from '../../agent/protocol/seed.ts';
import type { Database } from '../database/open.ts';
import type { RecipeKey } from '../recipes/correspond.ts';

/** What a job is bound to from its first second to its last. */
type SharedBasis = { readonly id: string; readonly machineId: string; readonly imageName: string; readonly disk: DiskIdentity };
export type DeployBasis = SharedBasis & {
  readonly kind: 'deploy';
  readonly consentId: string;
  readonly policy: string | null;
  readonly osoid: string;
  readonly manifestSha256: string;
  readonly contentHash: string;
  readonly options: DeployJobOptions;
};
/** Of the image that the disk's record names. */
export type VerifyBasis = SharedBasis & {
  readonly kind: 'verify';
  readonly osoid: string;
  readonly manifestSha256: string;
  readonly wish: VerifyWish;
};
/** `own`: what the deploy reported that it rewrote; null where this station does not know. `heal`: the library gets back what it lacks. */
export type VerifyWish = { readonly own: readonly OwnRange[] | null; readonly before: MachineBefore; readonly heal?: true };
/** What it does beside writing the image, filled in for this machine. The text of settings is forgotten when the job ends. */
export type DeployJobOptions = { readonly grow: string | null; readonly seed: Seed | null };
export type CaptureBasis = SharedBasis & { readonly kind: 'capture'; readonly wish: CaptureWish };
export type BuildBasis = SharedBasis & {
  readonly kind: 'build';
  readonly consentId: string;
  readonly policy: string | null;
  readonly contentHash: string;
  readonly wish: BuildWish;
};
/** What is built, of which it is one: `sha256` is that of the recipe. */
export type BuildWish = {
  readonly labels: Readonly<Record<string, string>>;
  readonly notes: string;
  readonly sha256: string;
  readonly key: RecipeKey;
};
/** What a person wants of a capture, and where the machine was when they said so. */
export type CaptureWish = {
  readonly labels: Readonly<Record<string, string>>;
  readonly notes: string;
  readonly redactSerials: boolean;
  /** Absent in jobs of earlier versions. */
  readonly neutralise?: readonly IdentityKind[];
  readonly before: MachineBefore;
};
/** What the machine goes back to; it holds as long as the agent's session does. */
export type MachineBefore = Pick<MachineView, 'state' | 'question' | 'failure' | 'says' | 'osoid' | 'imageName'> & {
  readonly sessionId: string | null;
  readonly policy: string | null;
};

type Life = {
  readonly operator: string;
  readonly siteName: string;
  readonly state: JobView['state'];
  readonly attempt: number;
  readonly cancelRequested: boolean;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly failure: Failure | null;
};
export type DeployJob = DeployBasis & Life & { readonly result: JobResult | null };
export type CaptureJob = CaptureBasis & Life & { readonly result: CaptureResult | null };
/** Its result is there once the image is; the job goes on to the record and the boot. */
export type BuildJob = BuildBasis & Life & { readonly result: CaptureResult | null };
export type VerifyJob = VerifyBasis & Life & { readonly result: VerifyResult | null };
/** Both make an image of what is on a disk. */
export type ImagingJob = CaptureJob | BuildJob;
export type BuiltImage = { readonly key: RecipeKey; readonly osoid: string };
/** They write nothing to the disk, need no consent, and leave the machine where it was. */
export type ReadingJob = CaptureJob | VerifyJob;
export type Job = DeployJob | ImagingJob | VerifyJob;
export type Basis = DeployBasis | CaptureBasis | BuildBasis | VerifyBasis;

export type JobRows = {
  insert(basis: Basis, place: { readonly siteId: number; readonly operatorId: number }, nowAtMs: number): void;
  /** Saves what may change in a job. */
  update(job: Job): void;
  get(jobId: string): Job | null;
  all(): readonly Job[];
  ofMachine(machineId: string): readonly Job[];
  /** What builds have made, ended well or not. */
  builtImages(): readonly BuiltImage[];
  steps(jobId: string): JobView['steps'];
  startStep(jobId: string, step: JobStepName, note: string, nowAtMs: number): void;
  endSteps(jobId: string, note: string | null, nowAtMs: number): void;
};

type Row = {
  id: string;
  kind: Job['kind'];
  machine_id: string;
  consent_id: string | null;
  policy: string | null;
  osoid: string | null;
  manifest_sha256: string | null;
  image_name: string;
  disk_serial: string | null;
  disk_wwn: string | null;
  disk_size_bytes: number;
  content_hash: string | null;
  wish_json: string | null;
  options_json: string;
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
       disk_serial, disk_wwn, disk_size_bytes, content_hash, wish_json, options_json, state, attempt, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1, ?)`,
  );
  const update = database.prepare(
    'UPDATE job SET state = ?, attempt = ?, cancel_requested = ?, ended_at_ms = ?, result_json = ?, failure_json = ? WHERE id = ?',
  );
  const forget = database.prepare('UPDATE job SET options_json = ? WHERE id = ?');
  const query =
    'SELECT job.*, operator.name AS operator, site.name AS site FROM job JOIN operator ON operator.id = operator_id JOIN site ON site.id = site_id';
  const select = database.prepare<[string], Row>(`${query} WHERE job.id = ?`);
  const selectAll = database.prepare<[], Row>(`${query} ORDER BY job.created_at_ms, job.rowid`);
  const selectMachine = database.prepare<[string], Row>(`${query} WHERE machine_id = ? ORDER BY job.created_at_ms, job.rowid`);
  const selectBuilt = database.prepare<[], Row>(`${query} WHERE kind = 'build' AND result_json IS NOT NULL`);
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
      const { id, kind, machineId, imageName, disk } = basis;
      const isReading = kind === 'capture' || kind === 'verify';
      const consented = isReading ? [null, null] : [basis.consentId, basis.policy];
      const image = kind === 'deploy' || kind === 'verify' ? [basis.osoid, basis.manifestSha256, imageName] : [null, null, imageName];
      const content = [isReading ? null : basis.contentHash, kind === 'deploy' ? null : JSON.stringify(basis.wish)];
      const about = [...consented, ...image, disk.serial, disk.wwn, disk.sizeBytes, ...content];
      insert.run(id, kind, machineId, siteId, operatorId, ...about, JSON.stringify(kind === 'deploy' ? basis.options : {}), nowAtMs);
    },
    update: (job) => {
      const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
      if (job.kind === 'deploy' && job.endedAtMs !== null && job.options.seed !== null)
        forget.run(JSON.stringify({ ...job.options, seed: { ...job.options.seed, files: [] } }), job.id);
      update.run(job.state, job.attempt, job.cancelRequested ? 1 : 0, job.endedAtMs, json(job.result), json(job.failure), job.id);
    },
    get: (jobId) => {
      const row = select.get(jobId);
      return row === undefined ? null : jobOf(row);
    },
    all: () => selectAll.all().map(jobOf),
    ofMachine: (machineId) => selectMachine.all(machineId).map(jobOf),
    builtImages: () =>
      selectBuilt
        .all()
        .map(jobOf)
        .flatMap((job) => (job.kind === 'build' && job.result !== null ? [{ key: job.wish.key, osoid: job.result.osoid }] : [])),
    steps: (jobId) =>
      selectSteps.all(jobId).map((row) => ({ step: row.step, startedAtMs: row.started_at_ms, endedAtMs: row.ended_at_ms, note: row.note })),
    startStep: (id, step, note, at) => void insertStep.run({ id, step, at, note }),
    endSteps: (id, note, at) => void endSteps.run({ id, note, at }),
  };
};

const jobOf = (row: Row): Job => {
  const shared = {
    id: row.id,
    machineId: row.machine_id,
    imageName: row.image_name,
    disk: { serial: row.disk_serial, wwn: row.disk_wwn, sizeBytes: row.disk_size_bytes },
    operator: row.operator,
    siteName: row.site,
    state: row.state,
    attempt: row.attempt,
    cancelRequested: row.cancel_requested === 1,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
    failure: row.failure_json === null ? null : (JSON.parse(row.failure_json) as Failure),
  };
  const result: unknown = row.result_json === null ? null : JSON.parse(row.result_json);
  if (row.kind === 'capture') {
    const wish = JSON.parse(row.wish_json ?? '{}') as CaptureWish;
    return { ...shared, kind: 'capture', wish, result: result as CaptureResult | null };
  }
  if (row.kind === 'verify') {
    const wish = JSON.parse(row.wish_json ?? '{}') as VerifyWish;
    const named = { osoid: row.osoid ?? '', manifestSha256: row.manifest_sha256 ?? '' };
    return { ...shared, ...named, kind: 'verify', wish, result: result as VerifyResult | null };
  }
  // The table's own check sees to it that these have them.
  const consented = { consentId: row.consent_id ?? '', policy: row.policy, contentHash: row.content_hash ?? '' };
  if (row.kind === 'build') {
    const wish = JSON.parse(row.wish_json ?? '{}') as BuildWish;
    return { ...shared, ...consented, kind: 'build', wish, result: result as CaptureResult | null };
  }
  return {
    ...shared,
    ...consented,
    kind: 'deploy',
    osoid: row.osoid ?? '',
    manifestSha256: row.manifest_sha256 ?? '',
    options: { grow: null, seed: null, ...(JSON.parse(row.options_json) as Partial<DeployJobOptions>) },
    result: result as JobResult | null,
  };
};

// Jobs on their own: the order of their lives, progress, and who may have a provenance record.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobStepName } from '../../agent/protocol/messages.ts';
import { overallFraction } from '../../main/jobs/progress.ts';
import { mayHaveRecord } from '../../main/jobs/provenance-right.ts';
import { jobStepNameSchema } from '../../agent/protocol/messages.ts';
import type { DeployJob } from '../../main/jobs/job-rows.ts';
import { hash, inventory, jobResult } from '../journey/fixtures.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

const OF_OTHER_JOBS = ['heal', 'install', 'script', 'survey', 'identity', 'read-send', 'publish'];
const STEPS = {
  deploy: jobStepNameSchema.options.filter((step) => !OF_OTHER_JOBS.includes(step)),
  capture: ['check', 'survey', 'identity', 'read-send', 'publish'],
  build: ['check', 'void-record', 'script', 'survey', 'identity', 'read-send', 'publish', 'boot-entry', 'record'],
  verify: ['check', 'heal', 'compare'],
} as const;
const identity = { serial: 'DISK-1', wwn: null, sizeBytes: 480e9 };
const failure = { code: 'disk.write-failed', message: 'No.', next: 'Change it.' };

describe('the share of the whole job', () => {
  test.each(['deploy', 'capture', 'build', 'verify'] as const)('grows from 0 to 1 over the steps and bytes of a %s', (kind) => {
    const steps = STEPS[kind];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: steps.length - 1 }), fc.nat({ max: 100 })), { minLength: 2, maxLength: 20 }),
        (points) => {
          const ordered = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
          const fractions = ordered.map(([step, done]) => overallFraction(kind, steps[step] ?? 'check', done, 100));
          expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
          expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
        },
      ),
    );
    const last = steps.at(-1) ?? 'check';
    expect(overallFraction(kind, 'check', 0, 0)).toBe(0);
    expect(overallFraction(kind, last, 5, 5)).toBe(1);
    expect(overallFraction(kind, last, 9, 5)).toBe(1);
  });
});

describe('a job', () => {
  let rig: Rig;
  let machineId = '';
  let consentId = '';
  beforeEach(() => {
    rig = createRig();
    machineId = rig.agent().inventory(inventory()).id;
    consentId = rig.station.consents.give({ machineId, sessionId: 's', disk: identity, contentHash: hash('1'), osoid: hash('a') }, null).id;
  });
  afterEach(() => rig.close());
  const create = (): DeployJob =>
    rig.station.jobs.create(
      {
        kind: 'deploy',
        machineId,
        consentId,
        policy: null,
        osoid: hash('a'),
        manifestSha256: hash('e'),
        imageName: 'web',
        options: { grow: null, seed: null },
        disk: identity,
        contentHash: hash('1'),
      },
      rig.station.sites.current(),
    );

  test('is queued, runs at its first step, and ends once', () => {
    const { jobs } = rig.station;
    const { id } = create();
    expect(value(jobs.view(id))).toMatchObject({
      state: 'queued',
      attempt: 1,
      steps: [],
      operator: 'Ada',
      siteName: 'Site A',
      endedAtMs: null,
    });
    jobs.started(id);
    jobs.step({ kind: 'step', jobId: id, step: 'check', state: 'started', note: 'looking' });
    rig.clock.atMs += 10;
    jobs.step({ kind: 'step', jobId: id, step: 'check', state: 'done', note: '' });
    expect(value(jobs.view(id))).toMatchObject({
      state: 'running',
      steps: [{ step: 'check', startedAtMs: 1_000_000, endedAtMs: 1_000_010, note: 'looking' }],
    });
    jobs.step({ kind: 'step', jobId: id, step: 'compare', state: 'started', note: '' });
    expect(jobs.active(machineId)?.id).toBe(id);
    jobs.finish(id, jobResult(hash('a')));
    expect(value(jobs.view(id))).toMatchObject({
      state: 'done',
      endedAtMs: 1_000_010,
      steps: [{}, { step: 'compare', endedAtMs: 1_000_010 }],
    });
    expect(jobs.active(machineId)).toBeNull();
    expect(() => jobs.fail(id, failure)).toThrow(/has ended before/);
  });
  test('is the same one in its second attempt, with what failed the first', () => {
    const { jobs } = rig.station;
    const { id } = create();
    jobs.step({ kind: 'step', jobId: id, step: 'fetch-write', state: 'started', note: '' });
    jobs.retry(id, failure);
    expect(value(jobs.view(id))).toMatchObject({ attempt: 2, state: 'running', steps: [{ note: 'No. (disk.write-failed)' }] });
  });
  test('remembers site and operator of its day, and is listed newest last', () => {
    const first = create();
    rig.station.sites.describe({ siteName: 'Site B', operator: 'Bob' });
    const second = create();
    expect(rig.station.jobs.list().map((job) => [job.id, job.siteName, job.operator])).toEqual([
      [first.id, 'Site A', 'Ada'],
      [second.id, 'Site B', 'Bob'],
    ]);
  });
  test('that is not here is named', () => {
    expect(code(rig.station.jobs.view('x'))).toBe('job.unknown');
    expect(code(rig.station.journey.onCancel('x'))).toBe('job.unknown');
  });

  const done = (...steps: readonly JobStepName[]) => steps.map((step) => ({ step, endedAtMs: 1 }));
  test.each<[string, Partial<DeployJob>, readonly { step: JobStepName; endedAtMs: number | null }[], string | null]>([
    ['after its read-back', {}, done('check', 'read-back'), null],
    ['before its read-back', {}, done('check', 'fetch-write'), 'provenance.not-proven'],
    ['during its read-back', {}, [...done('check'), { step: 'read-back', endedAtMs: null }], 'provenance.not-proven'],
    ['on the read-back of an earlier attempt', {}, done('check', 'read-back', 'check', 'fetch-write'), 'provenance.not-proven'],
    ['of another machine', { machineId: 'other' }, done('check', 'read-back'), 'provenance.not-yours'],
    ['that has ended', { state: 'failed' }, done('check', 'read-back'), 'provenance.not-yours'],
    ['of another manifest', { manifestSha256: hash('f') }, done('check', 'read-back'), 'provenance.not-yours'],
    ['of another disk', { disk: { ...identity, serial: 'X' } }, done('check', 'read-back'), 'provenance.not-yours'],
  ])('may have its record signed, or not: a job %s', (_what, change, steps, expected) => {
    const job: DeployJob = { ...create(), state: 'running', ...change };
    const request = { jobId: job.id, osoid: hash('a'), manifestSha256: hash('e'), disk: identity };
    expect(code(mayHaveRecord(machineId, request, job, steps))).toBe(expected);
  });
});

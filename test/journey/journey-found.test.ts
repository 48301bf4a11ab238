// Decision 2: the image is in the library; asked for, written, read back, and told to windows as it goes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { disk, hash, image, inventory, jobResult, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { failure, identity, localBoot, ready, steps, toWork } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

describe('2: found in the library', () => {
  test('asks before it erases, deploys with what was agreed to, boots what it wrote', () => {
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [disk(), disk({ serial: 'DATA', wwn: null, path: '/dev/sdb' })] }));
    expect(machine.state).toBe('matched');
    const asking = agent.assess(ready());
    expect(asking).toMatchObject({
      state: 'waiting',
      question: {
        kind: 'erase',
        osoid: hash('a'),
        imageName: 'image-a',
        fetchBytes: 2e9,
        disk: { serial: 'DISK-1' },
        untouched: [{ serial: 'DATA' }],
      },
    });
    const job = value(rig.approve(asking));
    expect(job).toMatchObject({ state: 'queued', attempt: 1, operator: 'Ada', siteName: 'Site A', machineName: 'SERIAL-1' });
    expect(agent.last('deploy')).toMatchObject({
      jobId: job.id,
      osoid: hash('a'),
      manifestSha256: hash('e'),
      disk: identity(),
      contentHash: hash('1'),
      eraseCeilingBytes: 480e9,
      operator: 'Ada',
      siteName: 'Site A',
      grow: 'last',
    });
    steps(agent, job.id, 'check', 'void-record', 'fetch-write');
    expect(rig.view(machine.id)).toMatchObject({ state: 'working', jobId: job.id });
    const request = { jobId: job.id, osoid: hash('a'), manifestSha256: hash('e'), disk: identity() };
    expect(code(rig.station.journey.onProvenanceAsked(agent.sessionId, request))).toBe('provenance.not-proven');
    steps(agent, job.id, 'read-back');
    expect(rig.station.journey.onProvenanceAsked(agent.sessionId, request)).toMatchObject({ ok: true });
    expect(code(rig.station.journey.onProvenanceAsked('someone', request))).toBe('provenance.not-yours');
    expect(code(rig.station.journey.onProvenanceAsked(agent.sessionId, { ...request, osoid: hash('b') }))).toBe('provenance.not-yours');
    value(agent.report({ kind: 'finished', jobId: job.id, result: jobResult(hash('a')) }));
    expect(rig.view(machine.id)).toMatchObject({ state: 'provisioned', osoid: hash('a'), jobId: null });
    expect(value(rig.station.jobs.view(job.id))).toMatchObject({
      state: 'done',
      result: { bytesVerified: 8e9 },
      steps: [{ step: 'check', note: 'ok' }, {}, {}, {}],
    });
    expect(agent.last('boot-local')).toMatchObject({ osoid: hash('a') });
    expect(rig.station.localBoots.peek(agent.bootMac)).toEqual(localBoot);
    const row = rig.query('SELECT given_by, end_reason, disk_serial, osoid FROM consent');
    expect(row).toEqual([{ given_by: 'person', end_reason: 'used', disk_serial: 'DISK-1', osoid: hash('a') }]);
  });
  test('an assessment of another image, or to an older order, changes nothing', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    agent.assess(ready('b'));
    expect(rig.view(machine.id).state).toBe('matched');
    agent.assess({ kind: 'already-installed', osoid: hash('b'), disk: identity(), localBoot });
    expect(rig.view(machine.id).state).toBe('matched');
    value(agent.report({ kind: 'assessment', sequence: agent.last('assess').sequence - 1, assessment: ready() }));
    expect(rig.view(machine.id).state).toBe('matched');
  });
  test('what the agent refuses is shown with its reasons, and a retry looks again', () => {
    const agent = rig.agent();
    agent.inventory();
    const view = agent.assess({ kind: 'refused', failures: [failure] });
    expect(view).toMatchObject({ state: 'failed', failure, question: { kind: 'refused', failures: [failure] } });
    expect(rig.station.policies.list()[0]?.used).toBe(0);
    value(rig.station.journey.onRetry(view.id));
    agent.last('rescan');
    expect(agent.inventory()).toMatchObject({ state: 'matched', question: null });
  });
  test('disks that changed since the inventory are looked at again, three times at most', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    for (let times = 0; times < 2; times += 1) {
      agent.assess(ready('a', '2'));
      agent.last('rescan');
      agent.inventory();
    }
    expect(agent.assess(ready('a', '2'))).toMatchObject({ state: 'failed', failure: { code: 'disk.unstable' } });
    value(rig.station.journey.onRetry(machine.id));
    agent.inventory();
    expect(agent.assess(ready())).toMatchObject({ state: 'waiting' });
  });
  test('newest is decided by revision, and an image that is not trusted is none', () => {
    rig.images.push(
      image('c', { name: 'web', revision: 2, labels: { role: 'web' } }),
      image('d', { name: 'web', revision: 3, labels: { role: 'web' }, trust: 'unknown-key' }),
    );
    rig.images.push(image('f', { name: 'web', revision: 1, labels: { role: 'web' } }));
    value(rig.station.policies.add(policy({ name: 'web', rank: 1, outcome: { kind: 'deploy-newest', labels: { role: 'web' } } })));
    const agent = rig.agent();
    expect(agent.inventory()).toMatchObject({ osoid: hash('c'), imageName: 'web' });
  });
});

test('progress reaches windows four times a second at most, in order, as a share of the whole job', () => {
  const { agent, jobId } = toWork(rig);
  const progress = (number: number, bytesDone: number): void =>
    void value(agent.report({ kind: 'progress', jobId, number, step: 'fetch-write', bytesDone, bytesTotal: 100, bytesPerSecond: 1 }));
  steps(agent, jobId, 'check');
  progress(1, 10);
  progress(2, 20);
  rig.clock.atMs += 250;
  progress(3, 50);
  progress(2, 20);
  expect(rig.shown.map((one) => [one.number, one.bytesDone])).toEqual([
    [1, 10],
    [3, 50],
  ]);
  expect(rig.shown[1]?.fraction).toBeGreaterThan(0.4);
  expect(rig.shown[1]?.fraction).toBeLessThan(0.6);
  progress(4, 100);
  expect(rig.station.jobs.progress()).toMatchObject([{ number: 4 }]);
});

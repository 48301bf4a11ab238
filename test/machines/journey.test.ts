// What happens at decision, row by row, with scripted agents on a real database.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Assessment } from '../../agent/protocol/decision.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { blankContent, disk, hash, image, inventory, jobResult, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const identity = (one = disk()) => ({ serial: one.serial, wwn: one.wwn, sizeBytes: one.sizeBytes });
const ready = (letter = 'a', content = '1', one = disk()): Assessment => ({
  kind: 'ready',
  osoid: hash(letter),
  disk: identity(one),
  contentHash: hash(content),
});
const localBoot = { kind: 'uefi' as const, espUuid: 'AAAA-BBBB', loaderPath: null };
/** Up to the running job. */
const toWork = (agent: FakeAgent = rig.agent()): { agent: FakeAgent; machine: MachineView; jobId: string } => {
  const machine = agent.inventory();
  agent.assess(ready());
  const job = value(rig.approve(machine));
  return { agent, machine, jobId: job.id };
};
const steps = (agent: FakeAgent, jobId: string, ...names: readonly ('check' | 'void-record' | 'fetch-write' | 'read-back')[]): void => {
  for (const step of names) {
    value(agent.report({ kind: 'step', jobId, step, state: 'started', note: '' }));
    value(agent.report({ kind: 'step', jobId, step, state: 'done', note: 'ok' }));
  }
};
const failure = { code: 'disk.write-failed', message: 'The disk gave an error.', next: 'Change it.' };

describe('1: already installed', () => {
  test('boots its own disk, downloads nothing, and the next network boot does the same, once', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('a'), manifestSha256: hash('e'), rewrite: false });
    const view = agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
    expect(view).toMatchObject({ state: 'provisioned', osoid: hash('a'), question: null });
    expect(agent.last('boot-local')).toMatchObject({ osoid: hash('a') });
    value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot }));
    expect(rig.ended).toEqual([agent.sessionId]);
    expect(rig.view(machine.id).online).toBe(false);
    rig.station.machines.heard(agent.bootMac, 'firmware');
    expect(rig.view(machine.id).state).toBe('provisioned');
    expect(rig.station.localBoots.take(agent.bootMac)).toEqual(localBoot);
    rig.clock.atMs += 60_000;
    expect(rig.station.localBoots.take(agent.bootMac)).toBeNull();
    expect(rig.station.jobs.list()).toEqual([]);
  });
  test('a system that does not start is not started for ever: the fifth time within a quarter of an hour it is held', () => {
    const states = [1, 2, 3, 4, 5].map(() => {
      const agent = rig.agent();
      agent.inventory();
      const view = agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
      value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot }));
      rig.station.localBoots.take(agent.bootMac);
      rig.clock.atMs += 120_000;
      return view.state;
    });
    expect(states).toEqual(['provisioned', 'provisioned', 'provisioned', 'provisioned', 'failed']);
    rig.clock.atMs += 900_000;
    const later = rig.agent();
    later.inventory();
    expect(later.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot }).state).toBe('provisioned');
  });
  test('an agent that finds otherwise at the last moment takes the local boot back', () => {
    const agent = rig.agent();
    agent.inventory();
    agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
    value(agent.report({ kind: 'refused', sequence: agent.last('boot-local').sequence, failure }));
    expect(rig.station.localBoots.peek(agent.bootMac)).toBeNull();
    expect(rig.station.machines.list()).toMatchObject([{ state: 'failed', failure }]);
  });
});

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
      growLastPartition: true,
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

describe('consent', () => {
  const asked = (): { agent: FakeAgent; machine: MachineView; consentHash: string } => {
    const agent = rig.agent();
    agent.inventory();
    const machine = agent.assess(ready());
    return { agent, machine, consentHash: machine.question?.kind === 'erase' ? machine.question.consentHash : '' };
  };
  test('names the disk by serial or WWN', () => {
    const { machine, consentHash } = asked();
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-2', consentHash }))).toBe('consent.wrong-disk');
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'size:480000000000', consentHash }))).toBe('consent.wrong-disk');
    expect(rig.station.jobs.list()).toEqual([]);
    value(rig.station.journey.onApprove(machine.id, { eraseSerial: ' 0x5000C500A1B2C3D4', consentHash }));
  });
  test('names a disk without either by its size', () => {
    const nameless = disk({ serial: null, wwn: null });
    const agent = rig.agent();
    agent.inventory(inventory({ disks: [nameless] }));
    const { id, question } = agent.assess(ready('a', '1', nameless));
    const consentHash = question?.kind === 'erase' ? question.consentHash : '';
    expect(rig.station.journey.onApprove(id, { eraseSerial: 'size:480000000000', consentHash }).ok).toBe(true);
  });
  test('that cannot be saved orders nothing, and can be given again', () => {
    const { agent, machine, consentHash } = asked();
    const before = rig.view(machine.id);
    const sent = agent.orders();
    rig.exec(`CREATE TRIGGER full BEFORE UPDATE ON machine WHEN new.state = 'working' AND new.order_sequence IS NOT old.order_sequence
      BEGIN SELECT raise(ABORT, 'disk full'); END`);
    expect(() => rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash })).toThrow('disk full');
    expect(agent.orders(), 'the order was taken back').toEqual(sent);
    expect(rig.query('SELECT id FROM consent')).toEqual([]);
    expect(rig.station.jobs.active(machine.id)).toBeNull();
    expect(rig.view(machine.id)).toEqual(before);
    rig.exec('DROP TRIGGER full');
    expect(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash }).ok).toBe(true);
    expect(agent.last('deploy')).toMatchObject({ contentHash: hash('1') });
  });
  test('dies with another question, an agent that is silent, and a machine that asks nothing', () => {
    const { agent, machine, consentHash } = asked();
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash: hash('f') }))).toBe('consent.changed');
    rig.clock.atMs += 60_000;
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash }))).toBe('consent.offline');
    const again = rig.agent(agent.bootMac);
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash }))).toBe('consent.not-asked');
    again.inventory();
    again.assess(ready());
    expect(
      code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash })),
      'another boot is another question',
    ).toBe('consent.changed');
    expect(code(rig.station.journey.onApprove('nobody', { eraseSerial: 'DISK-1', consentHash }))).toBe('machine.unknown');
  });
  test('is voided by what the agent finds before its first write, and asked for anew', () => {
    const { agent, machine, jobId } = toWork();
    value(agent.report({ kind: 'failed', jobId, failure: { ...failure, code: 'disk.content-changed' } }));
    agent.last('rescan');
    expect(value(rig.station.jobs.view(jobId)).state).toBe('failed');
    agent.inventory(inventory({ disks: [disk({ content: { ...blankContent('2'), blank: false, recognisedOs: 'Windows' } })] }));
    expect(agent.assess(ready('a', '2'))).toMatchObject({ state: 'waiting', question: { disk: { content: { recognisedOs: 'Windows' } } } });
    expect(rig.view(machine.id).jobId).toBeNull();
    expect(Object.values(rig.query('SELECT end_reason FROM consent')[0] ?? {})[0]).toBe(failure.message);
  });
  test('a question that stands survives a restart of the station, and so does the answer to it', () => {
    const { agent, machine } = asked();
    rig.restart();
    expect(rig.view(machine.id)).toMatchObject({ state: 'waiting', online: false, question: { kind: 'erase' } });
    rig.station.journey.onContact(agent.sessionId);
    value(rig.approve(machine));
    agent.last('deploy');
  });
});

describe('failures of a job', () => {
  test('the first is tried again under the same consent, the second holds the machine', () => {
    const { agent, machine, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record');
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(agent.assess(ready('a', '9'))).toMatchObject({ state: 'working', jobId });
    expect(agent.last('deploy')).toMatchObject({ jobId, contentHash: hash('1') });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ attempt: 2 });
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', failure, jobId: null });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure });
    expect(rig.station.policies.list()[0]?.used, 'the place under the limit is given back').toBe(0);
  });
  test('a held machine stays held over boots until a person lets it try again', () => {
    const { agent, machine, jobId } = toWork();
    value(agent.report({ kind: 'failed', jobId, failure }));
    agent.assess(ready());
    value(agent.report({ kind: 'failed', jobId, failure }));
    const next = rig.agent(agent.bootMac);
    expect(next.inventory()).toMatchObject({ state: 'failed', question: { kind: 'choose' } });
    expect(next.last('assess').decision.kind).toBe('hold');
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).state).toBe('failed');
    value(rig.station.journey.onRetry(machine.id));
    expect(next.inventory().state).toBe('matched');
  });
  test('reports of a job that has ended, or of a job elsewhere, are dropped', () => {
    const { agent, jobId } = toWork();
    const other = rig.agent('52:54:00:00:00:02');
    other.inventory(inventory({ mac: '52:54:00:00:00:02', serial: 'SERIAL-2' }));
    expect(code(other.report({ kind: 'failed', jobId, failure }))).toBe('job.not-yours');
    value(agent.report({ kind: 'finished', jobId, result: jobResult(hash('a')) }));
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'done', attempt: 1 });
    expect(rig.station.machines.ofSession(agent.sessionId)?.state).toBe('provisioned');
  });
  test('a cancelled job says so, and its machine waits for a person', () => {
    const { agent, machine, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record');
    expect(value(rig.station.journey.onCancel(jobId)).state).toBe('running');
    agent.last('cancel');
    value(agent.report({ kind: 'failed', jobId, failure: { ...failure, code: 'job.stopped' } }));
    expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', failure: { code: 'job.cancelled' } });
    expect(code(rig.station.journey.onCancel(jobId))).toBe('job.ended');
  });
  test('a job of a machine that is off is cancelled at once', () => {
    const { machine, jobId } = toWork();
    rig.clock.atMs += 60_000;
    expect(value(rig.station.journey.onCancel(jobId)).state).toBe('cancelled');
    expect(rig.view(machine.id).jobId).toBeNull();
  });
});

describe('a cut in the middle', () => {
  test('of the station: the job runs on, and its result is taken by the next station', () => {
    const { agent, machine, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record');
    rig.restart();
    expect(value(rig.station.jobs.view(jobId)).state).toBe('running');
    expect(rig.view(machine.id)).toMatchObject({ state: 'working', online: false, jobId });
    rig.station.journey.onContact(agent.sessionId);
    expect(rig.view(machine.id).online).toBe(true);
    expect(
      agent.orders().filter((kind) => kind === 'deploy'),
      'a job that runs is not ordered twice',
    ).toHaveLength(1);
    value(agent.report({ kind: 'finished', jobId, result: jobResult(hash('a')) }));
    expect(rig.view(machine.id).state).toBe('provisioned');
  });
  test('of the station before the agent had its order: it is ordered again', () => {
    const { agent, jobId } = toWork();
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    expect(agent.orders().filter((kind) => kind === 'deploy')).toHaveLength(2);
    expect(agent.last('deploy').jobId).toBe(jobId);
  });
  test('of the power: the next boot goes on with the same job and consent on the same disk', () => {
    const { agent, machine, jobId } = toWork();
    const { consentId } = agent.last('deploy');
    steps(agent, jobId, 'check', 'void-record');
    const next = rig.agent(agent.bootMac);
    expect(rig.view(machine.id).state).toBe('booting');
    expect(next.inventory(inventory({ disks: [disk({ content: blankContent('7') })] })).state).toBe('matched');
    expect(next.last('assess').decision).toMatchObject({ kind: 'deploy', diskHint: { serial: 'DISK-1', wwn: '0x5000c500a1b2c3d4' } });
    expect(next.assess(ready('a', '7'))).toMatchObject({ state: 'working', jobId });
    expect(next.last('deploy')).toMatchObject({ jobId, consentId, contentHash: hash('1') });
    value(next.report({ kind: 'finished', jobId, result: jobResult(hash('a')) }));
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'done', attempt: 1 });
  });
  test('of the power before anything was written: another boot asks again', () => {
    const { agent, jobId } = toWork();
    steps(agent, jobId, 'check');
    const next = rig.agent(agent.bootMac);
    next.inventory();
    expect(next.assess(ready())).toMatchObject({ state: 'waiting', jobId: null });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'consent.voided' } });
  });
  test('of the power for more than a day: the disk may have served for something else, and it asks again', () => {
    const { agent, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record');
    rig.clock.atMs += 24 * 3_600_000 + 1;
    const next = rig.agent(agent.bootMac);
    next.inventory(inventory({ disks: [disk({ content: blankContent('7') })] }));
    expect(next.assess(ready('a', '7'))).toMatchObject({ state: 'waiting', jobId: null, question: { kind: 'erase' } });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'consent.voided' } });
  });
  test('of the power, and another disk in its place: it asks again', () => {
    const { agent, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record');
    const other = disk({ serial: 'DISK-9', wwn: null });
    const next = rig.agent(agent.bootMac);
    next.inventory(inventory({ disks: [other] }));
    expect(next.assess(ready('a', '1', other)).state).toBe('waiting');
    expect(next.orders()).not.toContain('deploy');
  });
  test('of the power, on a disk that has no name: it asks again', () => {
    const nameless = disk({ serial: null, wwn: null });
    const agent = rig.agent();
    agent.inventory(inventory({ disks: [nameless] }));
    const { id, question } = agent.assess(ready('a', '1', nameless));
    const consentHash = question?.kind === 'erase' ? question.consentHash : '';
    const job = value(rig.station.journey.onApprove(id, { eraseSerial: 'size:480000000000', consentHash }));
    steps(agent, job.id, 'check', 'void-record');
    const next = rig.agent(agent.bootMac);
    next.inventory(inventory({ disks: [nameless] }));
    expect(next.assess(ready('a', '1', nameless)).state).toBe('waiting');
  });
  test('of the cable at the last report: the disk itself proves that the job ended well', () => {
    const { agent, jobId } = toWork();
    steps(agent, jobId, 'check', 'void-record', 'read-back');
    const next = rig.agent(agent.bootMac);
    next.inventory();
    expect(next.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot })).toMatchObject({
      state: 'provisioned',
      jobId: null,
    });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'done', result: null });
  });
});

describe('6: hold and ask, never guess', () => {
  const clear = (): void => void value(rig.station.policies.remove('everything'));
  test('nothing fits', () => {
    clear();
    const agent = rig.agent();
    expect(agent.inventory()).toMatchObject({ state: 'unmatched', question: { kind: 'choose' } });
    expect(agent.last('assess').decision).toMatchObject({ kind: 'hold', asks: [] });
    value(rig.station.policies.add(policy()));
    rig.station.journey.onRulesChanged();
    expect(agent.last('assess').decision.kind).toBe('deploy');
  });
  test('two outcomes of equal rank', () => {
    value(rig.station.policies.add(policy({ name: 'rival', outcome: { kind: 'deploy', osoid: hash('b') } })));
    expect(rig.agent().inventory()).toMatchObject({
      state: 'ambiguous',
      question: { kind: 'choose', reason: expect.stringContaining('everything and rival') },
    });
  });
  test('a fact that would decide is missing, and the machine goes on once a person gives it', () => {
    value(
      rig.station.policies.add(
        policy({ name: 'web', rank: 1, when: { fact: 'role', equal: 'web' }, outcome: { kind: 'deploy', osoid: hash('b') } }),
      ),
    );
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'ambiguous', question: { kind: 'fact', facts: ['role'] } });
    expect(agent.last('assess').decision).toMatchObject({ kind: 'hold', asks: ['role'] });
    expect(code(rig.station.journey.onFact(machine.id, 'rol', 'web'))).toBe('fact.unknown');
    const detail = value(rig.station.journey.onFact(machine.id, 'role', 'Web'));
    expect(detail.facts).toContainEqual({ name: 'role', value: 'Web', source: 'person:Ada', filler: false });
    expect(detail).toMatchObject({
      machine: { state: 'matched', osoid: hash('b') },
      trace: { resolution: { kind: 'matched', policy: 'web' } },
    });
  });
  test('a limit that is used up holds; a place that is given back lets the next one in', () => {
    value(rig.station.policies.add(policy({ limit: 1 })));
    const first = rig.agent();
    first.inventory();
    const second = rig.agent('52:54:00:00:00:02');
    const waiting = second.inventory(inventory({ mac: '52:54:00:00:00:02', serial: 'SERIAL-2', disks: [disk({ serial: 'DISK-2' })] }));
    expect(waiting).toMatchObject({ state: 'waiting', question: { kind: 'choose' } });
    first.assess({ kind: 'refused', failures: [failure] });
    rig.station.journey.onRulesChanged();
    expect([rig.view(waiting.id).state, second.last('assess').decision.kind]).toEqual(['waiting', 'hold']);
  });
  test('an image that is not in the library', () => {
    rig.images.length = 0;
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'unmatched', question: { kind: 'choose' } });
    rig.images.push(image('a'));
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).state).toBe('matched');
  });
  test('an image whose key is not trusted', () => {
    rig.images.splice(0, 2, image('a', { trust: 'unknown-key' }));
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'unmatched', question: { kind: 'choose' } });
    expect(code(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('a'), diskSerial: null, rewrite: false }))).toBe(
      'image.gone',
    );
  });
  test.each([
    [{ kind: 'hold' as const, reason: 'Not today.' }, 'waiting', { kind: 'choose' }],
    [{ kind: 'ask' as const, facts: ['rack.position'] }, 'waiting', { kind: 'fact', facts: ['rack.position'] }],
  ])('a policy that says so: %o', (outcome, state, question) => {
    value(rig.station.policies.add(policy({ outcome })));
    expect(rig.agent().inventory()).toMatchObject({ state, question });
  });
  test('a policy may also leave a machine to its own disk', () => {
    value(rig.station.policies.add(policy({ outcome: { kind: 'boot-local' } })));
    const agent = rig.agent();
    expect(agent.inventory().state).toBe('provisioned');
    expect(agent.last('boot-local').osoid).toBeNull();
    expect(rig.station.localBoots.peek(agent.bootMac)).toEqual({ kind: 'uefi', espUuid: null, loaderPath: null });
  });
});

describe("a person's own word", () => {
  test('an image goes before every policy, is asked for all the same, and stays chosen', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    agent.assess(ready());
    expect(code(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('9'), diskSerial: null, rewrite: false }))).toBe(
      'image.gone',
    );
    expect(code(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('b'), diskSerial: 'X', rewrite: true }))).toBe(
      'disk.unknown',
    );
    value(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('b'), diskSerial: 'disk-1', rewrite: true }));
    expect(agent.last('assess').decision).toMatchObject({ osoid: hash('b'), rewrite: true, diskHint: { serial: 'DISK-1' } });
    expect(agent.assess(ready('b'))).toMatchObject({ state: 'waiting', question: { imageName: 'image-b' } });
    const job = value(rig.approve(machine));
    expect(code(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('a'), diskSerial: null, rewrite: false }))).toBe(
      'job.running',
    );
    value(agent.report({ kind: 'finished', jobId: job.id, result: jobResult(hash('b')) }));
    const next = rig.agent(agent.bootMac);
    next.inventory();
    expect(next.last('assess').decision).toMatchObject({ osoid: hash('b'), rewrite: false });
  });
  test('a question that stands is not asked anew when rules change, unless they change it', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    const before = agent.assess(ready()).question;
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).question).toEqual(before);
    value(rig.station.policies.add(policy({ name: 'first', rank: 1, outcome: { kind: 'deploy', osoid: hash('b') } })));
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', question: null, osoid: hash('b') });
  });
  test('hold keeps it from its policies until it may try again', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(value(rig.station.journey.onHold(machine.id))).toMatchObject({ state: 'waiting', question: { kind: 'choose' } });
    const next = rig.agent(agent.bootMac);
    expect(next.inventory().state).toBe('waiting');
    value(rig.station.journey.onRetry(machine.id));
    expect(next.inventory().state).toBe('matched');
  });
  test('its own disk, but only while its agent answers', () => {
    const agent = rig.agent();
    expect(code(rig.station.journey.onBootLocal(rig.station.machines.list()[0]?.id ?? ''))).toBe('machine.not-ready');
    const machine = agent.inventory();
    agent.assess(ready());
    expect(value(rig.station.journey.onBootLocal(machine.id))).toMatchObject({ state: 'provisioned', question: null });
    expect(agent.last('boot-local').osoid).toBeNull();
    rig.clock.atMs += 60_000;
    expect(code(rig.station.journey.onBootLocal(machine.id))).toBe('machine.offline');
  });
  test('beside another server, an unanswered question ends at its own disk', () => {
    rig.close();
    rig = createRig({ ownDiskAfterMs: 30_000 });
    const agent = rig.agent();
    const machine = agent.inventory();
    agent.assess(ready());
    rig.clock.atMs += 29_999;
    rig.station.journey.tick();
    expect(rig.view(machine.id).state).toBe('waiting');
    rig.clock.atMs += 1;
    rig.station.journey.tick();
    expect(rig.view(machine.id).state).toBe('provisioned');
  });
});

describe('an armed site', () => {
  const arm = (change: Partial<Parameters<Rig['station']['arming']['arm']>[0]> = {}): void => {
    const { siteId } = rig.station.sites.current();
    rig.station.arming.arm({ siteId, machinesLeft: 1, untilMs: rig.clock.atMs + 1000, replaceExisting: [], pinned: {}, ...change });
  };
  test('erases a blank disk without asking, for the machines it was armed for, and not after a restart', () => {
    value(rig.station.policies.add(policy({ consent: 'auto' })));
    const agent = rig.agent();
    agent.inventory();
    arm();
    expect(agent.assess(ready()).state).toBe('working');
    expect(Object.values(rig.query('SELECT given_by FROM consent')[0] ?? {})[0]).toBe('armed');
    const second = rig.agent('52:54:00:00:00:02');
    second.inventory(inventory({ mac: '52:54:00:00:00:02', serial: 'SERIAL-2' }));
    expect(second.assess(ready()).state).toBe('waiting');
    arm();
    rig.restart();
    expect(rig.station.arming.current()).toBeNull();
  });
  test('asks where the policy asks, and where a person chose', () => {
    arm();
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(agent.assess(ready()).state).toBe('waiting');
    value(rig.station.policies.add(policy({ consent: 'auto' })));
    value(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('b'), diskSerial: null, rewrite: false }));
    expect(agent.assess(ready('b')).state).toBe('waiting');
  });
});

test('progress reaches windows four times a second at most, in order, as a share of the whole job', () => {
  const { agent, jobId } = toWork();
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

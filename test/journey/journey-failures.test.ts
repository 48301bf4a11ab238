// A job that fails, once and twice, is cancelled, or is spoken of after its end.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hash, inventory, jobResult } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { failure, ready, steps, toWork } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

describe('failures of a job', () => {
  test('the first is tried again under the same consent, the second holds the machine', () => {
    const { agent, machine, jobId } = toWork(rig);
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
    const { agent, machine, jobId } = toWork(rig);
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
  test('a filesystem that could not be grown ends the job at once, and that is what the person reads', () => {
    const { agent, machine, jobId } = toWork(rig);
    const grow = { code: 'deploy.grow-failed', message: 'What partition 1 holds could not be grown.', next: 'Order it with --grow none.' };
    value(agent.report({ kind: 'failed', jobId, failure: grow }));
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', attempt: 1, failure: grow });
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', failure: grow, says: `Held after a failed attempt: ${grow.message}` });
  });
  test('reports of a job that has ended, or of a job elsewhere, are dropped', () => {
    const { agent, jobId } = toWork(rig);
    const other = rig.agent('52:54:00:00:00:02');
    other.inventory(inventory({ mac: '52:54:00:00:00:02', serial: 'SERIAL-2' }));
    expect(code(other.report({ kind: 'failed', jobId, failure }))).toBe('job.not-yours');
    value(agent.report({ kind: 'finished', jobId, result: jobResult(hash('a')) }));
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'done', attempt: 1 });
    expect(rig.station.machines.ofSession(agent.sessionId)?.state).toBe('provisioned');
  });
  test('a cancelled job says so, and its machine waits for a person', () => {
    const { agent, machine, jobId } = toWork(rig);
    steps(agent, jobId, 'check', 'void-record');
    expect(value(rig.station.journey.onCancel(jobId)).state).toBe('running');
    agent.last('cancel');
    value(agent.report({ kind: 'failed', jobId, failure: { ...failure, code: 'job.stopped' } }));
    expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', failure: { code: 'job.cancelled' } });
    expect(code(rig.station.journey.onCancel(jobId))).toBe('job.ended');
  });
  test('a job of a machine that is off is cancelled at once', () => {
    const { machine, jobId } = toWork(rig);
    rig.clock.atMs += 60_000;
    expect(value(rig.station.journey.onCancel(jobId)).state).toBe('cancelled');
    expect(rig.view(machine.id).jobId).toBeNull();
  });

  describe('that a person stops, of a machine that does not hear it any more,', () => {
    const stopped = () => {
      const all = toWork(rig);
      steps(all.agent, all.jobId, 'check', 'void-record');
      expect(value(rig.station.journey.onCancel(all.jobId)).state).toBe('running');
      return all;
    };
    test('ends once the machine is known to be silent', () => {
      const { machine, jobId } = stopped();
      rig.clock.atMs += 40_000;
      rig.station.journey.tick();
      expect(value(rig.station.jobs.view(jobId)).state).toBe('running');
      rig.clock.atMs += 20_000;
      rig.station.journey.tick();
      expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
      expect(rig.view(machine.id)).toMatchObject({ state: 'failed', jobId: null, failure: { code: 'job.cancelled' } });
    });
    test('is not gone on with when the machine boots again', () => {
      const { agent, machine, jobId } = stopped();
      const next = rig.agent(agent.bootMac);
      expect(next.inventory()).toMatchObject({ id: machine.id, state: 'matched', jobId: null });
      expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
      expect(next.assess(ready())).toMatchObject({ state: 'waiting', question: { kind: 'erase' } });
    });
    test('is said again after a restart of the station', () => {
      const { agent, jobId } = stopped();
      rig.restart();
      rig.station.journey.onContact(agent.sessionId);
      expect(agent.last('cancel').jobId).toBe(jobId);
      value(agent.report({ kind: 'failed', jobId, failure }));
      expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
    });
    test('ends at a restart of the station if it had not begun', () => {
      const { agent, jobId } = toWork(rig);
      value(rig.station.journey.onCancel(jobId));
      rig.restart();
      rig.station.journey.onContact(agent.sessionId);
      expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
    });
  });
});

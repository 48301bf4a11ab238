// Power, cable and station cut in the middle of a journey, and how it goes on.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blankContent, disk, hash, inventory, jobResult } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { identity, localBoot, ready, steps, toWork } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

describe('a cut in the middle', () => {
  test('of the station: the job runs on, and its result is taken by the next station', () => {
    const { agent, machine, jobId } = toWork(rig);
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
    const { agent, jobId } = toWork(rig);
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    expect(agent.orders().filter((kind) => kind === 'deploy')).toHaveLength(2);
    expect(agent.last('deploy').jobId).toBe(jobId);
  });
  test('of the power: the next boot goes on with the same job and consent on the same disk', () => {
    const { agent, machine, jobId } = toWork(rig);
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
    const { agent, jobId } = toWork(rig);
    steps(agent, jobId, 'check');
    const next = rig.agent(agent.bootMac);
    next.inventory();
    expect(next.assess(ready())).toMatchObject({ state: 'waiting', jobId: null });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'consent.voided' } });
  });
  test('of the power for more than a day: the disk may have served for something else, and it asks again', () => {
    const { agent, jobId } = toWork(rig);
    steps(agent, jobId, 'check', 'void-record');
    rig.clock.atMs += 24 * 3_600_000 + 1;
    const next = rig.agent(agent.bootMac);
    next.inventory(inventory({ disks: [disk({ content: blankContent('7') })] }));
    const asks = next.assess(ready('a', '7'));
    expect(asks).toMatchObject({ state: 'waiting', jobId: null, question: { kind: 'erase' } });
    expect(asks.says).toMatch(
      /^Waiting for consent .* The yes that was given no longer holds: the job was cut short more than a day ago\.$/,
    );
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'consent.voided' } });
  });
  test('of the power, and another disk in its place: it asks again', () => {
    const { agent, jobId } = toWork(rig);
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
    const { agent, jobId } = toWork(rig);
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

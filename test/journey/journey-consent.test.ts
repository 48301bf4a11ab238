// A consent is for one question: what it names, what ends it, and what is left when it cannot be saved.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MachineView } from '../../preload/contract/views.ts';
import { blankContent, disk, hash, inventory } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';
import { failure, ready, toWork } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

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
    const { agent, machine, jobId } = toWork(rig);
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

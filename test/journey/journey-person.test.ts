// A person's own word goes before every policy.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hash, jobResult, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { ready } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

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

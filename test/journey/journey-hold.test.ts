// Decision 6: ambiguous, unknown, or nothing fits: hold and ask, never guess.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { disk, hash, image, inventory, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { failure, ready } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

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
      'image.untrusted',
    );
    expect(rig.station.journey.acceptsSignature(agent.sessionId, hash('a'))).toBe(false);
  });
  test.each(['unknown-key', 'broken'] as const)('a signature that is %s, until a person accepts it on record', (trust) => {
    rig.images.splice(0, 2, image('a', { trust }));
    const agent = rig.agent();
    const machine = agent.inventory();
    const wish = { osoid: hash('a'), diskSerial: null, rewrite: true, acceptUntrusted: true };
    value(rig.station.journey.onDeployRequest(machine.id, wish));
    expect(rig.station.journey.acceptsSignature(agent.sessionId, hash('a'))).toBe(true);
    expect(rig.station.journey.acceptsSignature(agent.sessionId, hash('b'))).toBe(false);
    const record = {
      operator: 'Ada',
      osoid: hash('a'),
      at_ms: rig.clock.atMs,
      accepted_json: expect.stringContaining(`"verdict":"${trust}"`),
    };
    const recorded = () =>
      rig.query('SELECT operator.name AS operator, osoid, at_ms, accepted_json FROM override JOIN operator ON operator.id = operator_id');
    expect(recorded()).toEqual([record]);
    expect(rig.query("SELECT text FROM event WHERE kind = 'signature.overridden'")).toEqual([
      { text: expect.stringMatching(/^Ada accepted "image-a" \(/) },
    ]);
    agent.assess(ready('a'));
    value(rig.approve(machine));
    expect(agent.last('deploy')).toMatchObject({ acceptSignature: true });
    // Another manifest under the same id is not what was accepted.
    rig.images.splice(0, 1, image('a', { trust, manifestSha256: hash('f') }));
    rig.restart();
    const next = rig.agent();
    expect(next.inventory()).toMatchObject({ state: 'failed', failure: { code: 'image.gone' } });
    expect(recorded()).toEqual([record]);
  });
  test('an image that is bound to another machine, until a person accepts that on record', () => {
    const volumes = [{ number: 2, by: 'luks-tpm2' as const, otherKey: true }];
    const bound = (sourceNames: Record<string, string>) => image('a', { boundToMachine: { volumes, sourceNames } });
    rig.images.splice(0, 2, bound({ 'system.serial': 'ANOTHER-ONE' }));
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({
      state: 'unmatched',
      question: { kind: 'choose', reason: expect.stringMatching(/bound to another machine: partition 2/) },
    });
    const wish = { osoid: hash('a'), diskSerial: null, rewrite: false };
    expect(code(rig.station.journey.onDeployRequest(machine.id, wish))).toBe('image.bound-to-machine');
    expect(rig.query("SELECT text FROM event WHERE kind = 'binding.overridden'")).toEqual([]);
    value(rig.station.journey.onDeployRequest(machine.id, { ...wish, acceptBound: true }));
    expect(rig.view(machine.id).state).toBe('matched');
    expect(rig.query('SELECT accepts_bound FROM override')).toEqual([{ accepts_bound: 1 }]);
    expect(rig.query("SELECT text FROM event WHERE kind = 'binding.overridden'")).toHaveLength(1);
  });
  test('bound to this very machine is no obstacle; bound to one whose names were redacted is', () => {
    const volumes = [{ number: 2, by: 'bitlocker-tpm' as const, otherKey: false }];
    rig.images.splice(0, 2, image('a', { boundToMachine: { volumes, sourceNames: { 'system.serial': 'serial-1' } } }));
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine.state).toBe('matched');
    rig.images.splice(0, 1, image('a', { boundToMachine: { volumes, sourceNames: {} } }));
    expect(code(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('a'), diskSerial: null, rewrite: false }))).toBe(
      'image.bound-to-machine',
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

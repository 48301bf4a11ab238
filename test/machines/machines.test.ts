// The registry: records made from MACs, folded into the machines that they turn out to be, remembered over restarts.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import { disk, inventory, policy } from '../journey/fixtures.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const first = '52:54:00:00:00:01';
const second = '52:54:00:00:00:02';
const views = () => rig.station.machines.list();

describe('from a MAC to a machine', () => {
  test('a MAC that is heard is a record; the inventory makes a machine of the same record', () => {
    const heard = rig.station.machines.heard(first, 'firmware');
    expect(views()).toMatchObject([{ id: heard.id, name: first, state: 'seen', online: false, macs: [first] }]);
    rig.station.machines.heard(first, 'firmware');
    expect(views()).toHaveLength(1);
    const machine = rig.agent(first).inventory();
    expect(machine).toMatchObject({
      id: heard.id,
      name: 'SERIAL-1',
      online: true,
      manufacturer: 'Dell Inc.',
      model: 'PowerEdge R740',
      serial: 'SERIAL-1',
    });
  });
  test('a request that is not answered is no boot, and says why', () => {
    const { machines } = rig.station;
    expect(machines.heard(first, 'loader', 'the station does not listen')).toMatchObject({
      state: 'seen',
      says: 'It asks to boot and is not answered: the station does not listen.',
    });
    expect(machines.heard(first, 'firmware')).toMatchObject({ state: 'seen', says: expect.stringContaining('Heard on the wire') });
    expect(machines.heard(first, 'loader')).toMatchObject({ state: 'booting' });
    // The second request of one boot may come while nobody may answer; what was loaded is loaded.
    expect(machines.heard(first, 'loader', 'the station does not listen')).toMatchObject({ state: 'booting' });
  });
  test('an agent that falls silent before its inventory is not said to run', () => {
    const { sessionId } = rig.agent(first);
    expect(views()[0]).toMatchObject({ state: 'booting', online: true, says: 'The agent runs and reads the hardware.' });
    rig.clock.atMs += SILENT_AFTER_MS;
    expect(views()[0]).toMatchObject({ state: 'booting', online: false, says: expect.stringContaining('not been heard since') });
    rig.station.machines.contact(sessionId);
    expect(views()[0]).toMatchObject({ online: true, says: 'The agent runs and reads the hardware.' });
    rig.clock.atMs += SILENT_AFTER_MS;
    rig.station.machines.heard(first, 'loader');
    rig.station.machines.reached(first, 'kernel');
    expect(views()[0]?.says).not.toContain('heard since');
  });
  test('the same machine on another port is folded into its record, with its events and its session', () => {
    const machine = rig.agent(first).inventory();
    rig.clock.atMs += SILENT_AFTER_MS;
    const agent = rig.agent(second);
    expect(views()).toHaveLength(2);
    const provisional = rig.station.machines.ofSession(agent.sessionId)?.id;
    expect(agent.inventory(inventory({ mac: second })).id).toBe(machine.id);
    expect(views()).toHaveLength(1);
    expect(rig.removed).toEqual([provisional]);
    expect(rig.station.events.list({ afterId: 0, beforeId: null, limit: 100, machineId: machine.id }).map((event) => event.kind)).toContain(
      'machine.recognised',
    );
    expect(Object.values(rig.query('SELECT count(*) FROM event WHERE machine_id = ?', provisional)[0] ?? {})[0]).toBe(0);
    expect(rig.station.machines.ofSession(agent.sessionId)?.id).toBe(machine.id);
  });
  test('what looks like a machine whose agent runs under another MAC is not that machine: it is asked about, the other goes on', () => {
    const machine = rig.agent(first).inventory();
    const stranger = rig.agent(second).inventory(inventory({ mac: second }));
    expect(stranger.id).not.toBe(machine.id);
    expect(rig.view(machine.id)).toMatchObject({ online: true, macs: [first] });
    expect(rig.view(stranger.id)).toMatchObject({ state: 'ambiguous', question: { kind: 'choose' } });
  });
  test('a network card that moved takes nobody along, and its old machine keeps its state', () => {
    const old = rig.agent(first);
    const machine = old.inventory();
    const before = rig.view(machine.id);
    rig.clock.atMs += 60_000;
    const agent = rig.agent(first);
    expect(rig.view(machine.id).state, 'by the MAC alone it looks like the old machine').toBe('booting');
    const other = agent.inventory(inventory({ mac: first, serial: 'SERIAL-2', disks: [disk({ serial: 'DISK-2' })] }));
    expect(other.id).not.toBe(machine.id);
    expect(rig.view(machine.id)).toMatchObject({ state: before.state, stateAtMs: before.stateAtMs, online: false });
    rig.station.machines.heard(first, 'firmware');
    expect(
      views()
        .filter((view) => view.state === 'seen')
        .map((view) => view.id),
      'a MAC of two machines names neither',
    ).not.toContain(machine.id);
  });
  test('two machines that fit equally well are asked about, and a fact that tells them apart is not needed to hold', () => {
    const box = (mac: string, macs = [mac]) => {
      const read = inventory({ mac, serial: null, disks: [] });
      return { ...read, nics: macs.flatMap((one) => read.nics.map((nic) => ({ ...nic, mac: one, permanentMac: one }))) };
    };
    rig.agent(first).inventory(box(first));
    rig.agent(second).inventory(box(second));
    const agent = rig.agent('52:54:00:00:00:03');
    const both = agent.inventory(box('52:54:00:00:00:03', [first, second]));
    expect(both).toMatchObject({ state: 'ambiguous', question: { kind: 'choose', reason: expect.stringContaining(first) } });
    expect(agent.last('assess').decision.kind).toBe('hold');
    expect(views()).toHaveLength(3);
  });
});

describe('signs of life', () => {
  test('an agent that falls silent is offline, and windows hear of it', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    rig.clock.atMs += SILENT_AFTER_MS - 1;
    rig.station.journey.onContact(agent.sessionId);
    rig.clock.atMs += SILENT_AFTER_MS - 1;
    rig.station.journey.tick();
    expect(rig.seen.get(machine.id)?.online).toBe(true);
    rig.clock.atMs += 1;
    rig.station.journey.tick();
    expect(rig.seen.get(machine.id)?.online).toBe(false);
    rig.station.journey.onContact(agent.sessionId);
    expect(rig.seen.get(machine.id)?.online).toBe(true);
  });
  test('a lease that is renewed is no boot, and neither is late news of a boot file', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    rig.station.machines.heard(agent.bootMac, 'agent');
    rig.station.machines.heard(agent.bootMac, 'system');
    rig.station.machines.reached(agent.bootMac, 'stage 2');
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', online: true });
    rig.station.machines.heard(agent.bootMac, 'loader');
    expect(rig.view(machine.id)).toMatchObject({ state: 'booting', online: false });
  });
  test('reports of a session that nobody knows are refused', () => {
    expect(code(rig.station.journey.onReport('nobody', { kind: 'log', level: 'info', text: 'x' }))).toBe('agent.machine-unknown');
  });
});

describe('what is known', () => {
  test('survives a restart: names, facts, disks, boot stages, state', () => {
    rig.station.machines.heard(first, 'firmware');
    rig.clock.atMs += 1000;
    rig.station.machines.reached(first, 'kernel');
    rig.clock.atMs += 1000;
    const agent = rig.agent(first, { isHeard: false });
    rig.clock.atMs += 1000;
    const machine = agent.inventory();
    value(rig.station.machines.rename(machine.id, ' rack 4, top '));
    value(rig.station.journey.onFact(machine.id, 'rack.position', 'R4 U40'));
    const before = value(rig.station.journey.detail(machine.id));
    rig.restart();
    const after = value(rig.station.journey.detail(machine.id));
    expect(after).toEqual({ ...before, machine: { ...before.machine, online: false } });
    expect(after.machine).toMatchObject({ name: 'rack 4, top', position: 'R4 U40' });
    expect(after.boot).toEqual([
      { stage: 'DHCP', startedAtMs: 1_000_000, endedAtMs: 1_001_000 },
      { stage: 'kernel', startedAtMs: 1_001_000, endedAtMs: 1_002_000 },
      { stage: 'agent', startedAtMs: 1_002_000, endedAtMs: 1_003_000 },
      { stage: 'inventory', startedAtMs: 1_003_000, endedAtMs: null },
    ]);
    expect(after.disks).toHaveLength(1);
  });
  test("a person's fact stands where the inventory has none or filler, never over a measurement", () => {
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ serial: 'To be filled by O.E.M.' }));
    const fact = (name: string) => value(rig.station.journey.detail(machine.id)).facts.find((one) => one.name === name);
    expect(fact('system.serial')).toMatchObject({ filler: true });
    value(rig.station.journey.onFact(machine.id, 'system.serial', 'S-77'));
    expect(fact('system.serial')).toMatchObject({ value: 'S-77', filler: false, source: 'person:Ada' });
    value(rig.station.journey.onFact(machine.id, 'memory.size', '1 TiB'));
    expect(fact('memory.size')?.value).toBe(64 * 2 ** 30);
    value(rig.station.journey.onFact(machine.id, 'input.shelf', '3'));
    agent.inventory(inventory({ serial: 'SERIAL-9', disks: [] }));
    expect(fact('system.serial')?.value).toBe('SERIAL-9');
    expect(fact('input.shelf')?.value).toBe('3');
    value(rig.station.journey.onFact(machine.id, 'input.shelf', ' '));
    expect(fact('input.shelf')).toBeUndefined();
    const kept = rig.query("SELECT value_json, source FROM fact_history WHERE name = 'input.shelf' ORDER BY id");
    expect(kept).toEqual([
      { value_json: '"3"', source: 'person:Ada' },
      { value_json: null, source: 'person:Ada' },
    ]);
  });
  test.each([
    ['memory.size', '64 G', 'quantity.unreadable'],
    ['secure-boot', 'perhaps', 'fact.unreadable'],
    ['disk.sizes', '1 TB, big', 'quantity.unreadable'],
    ['input.Shelf', '3', 'fact.unknown'],
    ['input.shelf', '3\u001b[2J', 'fact.unreadable'],
    ['role', 'web\u202edb', 'fact.unreadable'],
  ])('what cannot be read as %s is refused: %s', (name, text, expected) => {
    const machine = rig.agent().inventory();
    expect(code(rig.station.journey.onFact(machine.id, name, text))).toBe(expected);
  });
  test('explain shows every policy with what was seen', () => {
    value(rig.station.policies.add(policy({ name: 'big', rank: 1, when: { fact: 'memory.size', atLeast: '128 GiB' } })));
    const machine = rig.agent().inventory();
    expect(value(rig.station.journey.explain(machine.id, { from: 0, most: 1000 }))).toMatchObject({
      resolution: { kind: 'matched', policy: 'everything' },
      policies: [
        { name: 'big', verdict: 'not-true', condition: { text: 'memory.size ≥ 128 GiB', seen: '64 GiB' } },
        { name: 'everything', verdict: 'won' },
      ],
    });
  });
});

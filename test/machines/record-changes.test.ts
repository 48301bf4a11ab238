// Records joined and parted by hand, and both taken back: what either machine ever was or did is there afterwards.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { blankContent, disk, hash, inventory } from '../journey/fixtures.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const macA = '52:54:00:00:00:0a';
const macB = '52:54:00:00:00:0b';
const nicsOf = (...macs: readonly string[]): Inventory['nics'] =>
  macs.map((mac, index) => ({ ...inventory({ mac }).nics[0]!, name: `eth${index}`, mac, permanentMac: mac }));
const boot = (mac: string, serial: string | null, more: Partial<Inventory> = {}): MachineView =>
  rig.agent(mac).inventory(inventory({ mac, serial, disks: [disk({ serial: `DISK-${mac}` })], ...more }));
const fallSilent = (): void => void (rig.clock.atMs += SILENT_AFTER_MS + 1000);
const merge = (kept: MachineView, other: MachineView) =>
  rig.station.journey.onRecordChange({ kind: 'merge', machineId: kept.id, otherId: other.id });
const split = (machine: MachineView, ...values: readonly string[]) =>
  rig.station.journey.onRecordChange({ kind: 'split', machineId: machine.id, values });
const undo = (changeId: number) => rig.station.journey.onRecordChange({ kind: 'undo', changeId });
const ids = (): string[] => rig.station.machines.list().map(({ id }) => id);

/** Every row of every table that tells of machines; events of merging itself left out. */
const everything = (): Record<string, unknown> => {
  const tables = [
    'machine',
    'reading',
    'evidence',
    'evidence_carrier',
    'fact',
    'override',
    'reservation',
    'session',
    'consent',
    'job',
    'fact_history',
  ];
  const rows = tables.map((table) => [
    table,
    rig
      .query(`SELECT * FROM "${table}"`)
      .map((row) => JSON.stringify(row))
      .toSorted(),
  ]);
  const events = rig.query(
    "SELECT id, machine_id, kind, text FROM event WHERE kind NOT LIKE 'machine.merged' AND kind NOT LIKE 'machine.change-undone'",
  );
  return { ...Object.fromEntries(rows), events };
};

/** A machine with a past: a person's fact, a name, a consent and a finished job. */
const withHistory = (mac: string, serial: string, letter: string): MachineView => {
  const agent = rig.agent(mac);
  const target = disk({ serial: `DISK-${serial}`, content: blankContent(letter) });
  const machine = agent.inventory(inventory({ mac, serial, disks: [target] }));
  value(rig.station.journey.onFact(machine.id, 'role', `role of ${serial}`));
  value(rig.station.machines.rename(machine.id, `name of ${serial}`));
  value(rig.station.journey.onHold(machine.id));
  return rig.view(machine.id);
};

describe('merge', () => {
  test('joins two records with all that either has; undone, every row is as it was', () => {
    const a = withHistory(macA, 'SERIAL-A', '1');
    const b = withHistory(macB, 'SERIAL-B', '2');
    fallSilent();
    rig.station.machines.sweep();
    const before = everything();
    const eventsOfB = rig.query('SELECT count(*) AS n FROM event WHERE machine_id = ?', b.id);

    const change = value(merge(a, b));
    expect(change).toMatchObject({
      kind: 'merge',
      keptId: a.id,
      otherId: b.id,
      keptName: 'name of SERIAL-A',
      otherName: 'name of SERIAL-B',
      undoneAtMs: null,
    });
    expect(ids()).toEqual([a.id]);
    expect(rig.removed).toContain(b.id);
    expect(rig.view(a.id).name).toBe('name of SERIAL-A');
    for (const table of ['event', 'session', 'evidence', 'fact', 'fact_history', 'override'])
      expect([table, ...rig.query(`SELECT count(*) AS n FROM ${table} WHERE machine_id = ?`, b.id)]).toEqual([table, { n: 0 }]);
    expect(rig.query("SELECT value FROM evidence WHERE machine_id = ? AND kind = 'system-serial' ORDER BY value", a.id)).toEqual([
      { value: 'serial-a' },
      { value: 'serial-b' },
    ]);

    rig.restart();
    expect(ids()).toEqual([a.id]);
    expect(value(undo(change.id)).undoneAtMs).not.toBeNull();
    expect(ids().toSorted()).toEqual([a.id, b.id].toSorted());
    expect(everything()).toEqual(before);
    expect(rig.query('SELECT count(*) AS n FROM event WHERE machine_id = ? AND kind <> ?', b.id, 'machine.change-undone')).toEqual(
      eventsOfB,
    );
    expect(rig.view(b.id).name).toBe('name of SERIAL-B');
  });

  test('a run of an image set moves as history: a machine has one open run at most', () => {
    const [a, b] = [withHistory(macA, 'SERIAL-A', '1'), withHistory(macB, 'SERIAL-B', '2')];
    fallSilent();
    for (const { id } of [a, b])
      rig.exec(
        `INSERT INTO set_run(machine_id, site_id, set_name, set_json, final, number, state, started_at_ms) VALUES ('${id}', 1, 'trio', '{}', 'x', 2, 'running', 5)`,
      );
    const change = value(merge(a, b));
    expect(rig.query('SELECT machine_id, state FROM set_run ORDER BY id')).toEqual([
      { machine_id: a.id, state: 'running' },
      { machine_id: a.id, state: 'ended' },
    ]);
    value(undo(change.id));
    expect(rig.query('SELECT machine_id, state, ended_at_ms FROM set_run ORDER BY id')).toEqual([
      { machine_id: a.id, state: 'running', ended_at_ms: null },
      { machine_id: b.id, state: 'ended', ended_at_ms: 5 },
    ]);
  });

  test('that cannot be saved changes nothing, also not in what machines are known by', () => {
    const a = boot(macA, 'SERIAL-A');
    const b = withHistory(macB, 'SERIAL-B', '2');
    fallSilent();
    rig.station.machines.sweep();
    const facts = rig.station.machines.facts(a.id);
    rig.exec("CREATE TRIGGER full BEFORE INSERT ON record_change BEGIN SELECT raise(ABORT, 'disk full'); END");
    expect(() => merge(a, b)).toThrow('disk full');
    expect(rig.station.machines.facts(a.id)).toEqual(facts);
    expect(ids().toSorted()).toEqual([a.id, b.id].toSorted());
    expect(boot(macB, 'SERIAL-B').id).toBe(b.id);
    expect(boot(macA, 'SERIAL-A').id).toBe(a.id);
  });

  test('either serial is recognised as the one machine from then on, and each as its own after undoing', () => {
    const a = boot(macA, 'SERIAL-A');
    const b = boot(macB, 'SERIAL-B');
    fallSilent();
    const change = value(merge(a, b));
    const merged = boot(macB, 'SERIAL-B');
    expect(merged.id).toBe(a.id);
    value(undo(change.id));
    // That boot was the other machine's.
    expect([rig.view(a.id).serial, rig.view(a.id).online, rig.view(b.id).online]).toEqual(['SERIAL-A', false, true]);
    fallSilent();
    expect(boot(macB, 'SERIAL-B').id).toBe(b.id);
    expect(boot(macA, 'SERIAL-A').id).toBe(a.id);
  });

  test('a look-alike that was asked about and is the known machine goes on where that one is decided for', () => {
    const known = boot(macA, null, { nics: nicsOf(macA, '52:54:00:00:00:aa'), disks: [] });
    fallSilent();
    const alike = boot(macB, null, { nics: nicsOf(macB, macA), disks: [disk()] });
    expect(alike.id).not.toBe(known.id);
    expect(rig.view(alike.id)).toMatchObject({ state: 'ambiguous', question: { kind: 'choose' } });
    const change = value(merge(known, alike));
    expect(ids()).toEqual([known.id]);
    expect(rig.view(known.id)).toMatchObject({ online: true, state: 'matched', macs: [macB, macA] });
    expect(rig.orders.at(-1)?.order.kind).toBe('assess');
    value(undo(change.id));
    expect(rig.view(known.id)).toMatchObject({ online: false, macs: [macA, '52:54:00:00:00:aa'] });
    expect(rig.view(alike.id)).toMatchObject({ online: true, state: 'ambiguous' });
  });

  test('a boot after the merge stays with the kept machine when it is undone', () => {
    const a = boot(macA, 'SERIAL-A');
    const b = boot(macB, 'SERIAL-B');
    fallSilent();
    const change = value(merge(a, b));
    rig.clock.atMs += 1000;
    const again = rig.agent(macA);
    again.inventory(inventory({ mac: macA, serial: 'SERIAL-A', memory: { sizeBytes: 1024, modules: [] } }));
    fallSilent();
    value(undo(change.id));
    expect(rig.station.machines.facts(a.id).find((fact) => fact.name === 'memory.size')?.value).toBe(1024);
    expect(rig.station.machines.ofSession(again.sessionId)?.id).toBe(a.id);
    expect(rig.view(b.id).serial).toBe('SERIAL-B');
  });

  test.each([
    ['itself', (a: MachineView) => merge(a, a), 'machine.merge-same'],
    ['nobody', (a: MachineView) => merge(a, { ...a, id: 'nobody' }), 'machine.unknown'],
    ['one that answers at the same moment', (a: MachineView, b: MachineView) => merge(a, b), 'machine.both-online'],
  ])('with %s is refused and changes nothing', (_what, attempt, expected) => {
    const a = boot(macA, 'SERIAL-A');
    const b = boot(macB, 'SERIAL-B');
    const before = everything();
    expect(code(attempt(a, b))).toBe(expected);
    expect(everything()).toEqual(before);
  });
  test('with a machine at work is refused', () => {
    const agent = rig.agent(macA);
    const target = disk();
    const a = agent.inventory(inventory({ mac: macA, serial: 'SERIAL-A', disks: [target] }));
    agent.assess({ kind: 'ready', osoid: hash('a'), disk: target, contentHash: target.content?.hash ?? '' });
    value(rig.approve(a));
    fallSilent();
    const b = boot(macB, 'SERIAL-B');
    expect(code(merge(b, rig.view(a.id)))).toBe('machine.at-work');
  });
});

describe('split', () => {
  test('gives the named values to a machine of their own, which is recognised by them', () => {
    const both = boot(macA, 'SERIAL-A', { nics: nicsOf(macA, macB) });
    fallSilent();
    const before = everything();
    const change = value(split(both, macB.toUpperCase()));
    expect(change).toMatchObject({ kind: 'split', keptId: both.id });
    expect(ids()).toEqual(expect.arrayContaining([both.id, change.otherId]));
    expect(rig.view(change.otherId).name).toBe(macB);
    expect(rig.query('SELECT machine_id FROM evidence WHERE value = ?', macB)).toEqual([{ machine_id: change.otherId }]);
    expect(boot(macB, null, { disks: [] }).id).toBe(change.otherId);
    fallSilent();
    // Undone, the other's history since then is part of the first again.
    value(undo(change.id));
    expect(ids()).toEqual([both.id]);
    expect(rig.query('SELECT DISTINCT machine_id FROM event')).toEqual([{ machine_id: both.id }]);
    expect(rig.query('SELECT value FROM evidence ORDER BY value')).toEqual(
      (before['evidence'] as string[])
        .map((row) => ({ value: (JSON.parse(row) as { value: string }).value }))
        .toSorted((x, y) => (x.value < y.value ? -1 : 1)),
    );
  });

  test('the boot that runs now goes with the values that it booted from', () => {
    const machine = boot(macA, 'SERIAL-A');
    fallSilent();
    rig.station.machines.sweep();
    const second = boot(macB, 'SERIAL-A', { disks: [disk({ serial: 'OTHER' }), disk({ serial: `DISK-${macA}` })] });
    expect(second.id).toBe(machine.id);
    const { sessionId } = value(rig.station.machines.get(machine.id));
    const change = value(split(second, macB));
    expect(rig.station.machines.ofSession(sessionId ?? '')?.id).toBe(change.otherId);
    expect(rig.view(change.otherId)).toMatchObject({ online: true, state: 'matched' });
    expect(rig.view(machine.id)).toMatchObject({ online: false, state: 'seen' });
    expect(rig.query("SELECT machine_id FROM event WHERE kind = 'machine.inventoried' ORDER BY id")).toEqual([
      { machine_id: machine.id },
      { machine_id: change.otherId },
    ]);
    value(undo(change.id));
    expect(ids()).toEqual([machine.id]);
    expect(rig.station.machines.ofSession(sessionId ?? '')?.id).toBe(machine.id);
  });

  test('without values, a look-alike is a machine of its own; what they share tells nobody apart from then on', () => {
    const known = boot(macA, null, { nics: nicsOf(macA, '52:54:00:00:00:aa'), disks: [] });
    fallSilent();
    const alike = boot(macB, null, { nics: nicsOf(macB, macA), disks: [] });
    const change = value(split(alike));
    expect(rig.view(alike.id).state).toBe('matched');
    fallSilent();
    expect(boot(macB, null, { nics: nicsOf(macB, macA), disks: [] }).id).toBe(alike.id);
    fallSilent();
    expect(boot(macA, null, { nics: nicsOf('52:54:00:00:00:aa'), disks: [] }).id).toBe(known.id);
    fallSilent();
    // The adapter that was in both is in a third machine now: nobody is recognised by it.
    expect([known.id, alike.id]).not.toContain(boot(macA, null, { nics: nicsOf(macA), disks: [] }).id);
    expect(value(undo(change.id)).undoneAtMs).not.toBeNull();
  });

  test.each([
    ['what it is not known by', ['nonsense'], 'machine.split-unknown'],
    ['everything', ['serial-a', macA, `disk-${macA}`], 'machine.split-all'],
    ['nothing', [], 'machine.split-all'],
  ])('of %s is refused and changes nothing', (_what, values, expected) => {
    const a = boot(macA, 'SERIAL-A');
    const before = everything();
    expect(code(split(a, ...values))).toBe(expected);
    expect(everything()).toEqual(before);
  });
});

describe('undo', () => {
  test('once only, in reverse order, and only of what there was', () => {
    const a = boot(macA, 'SERIAL-A');
    const b = boot(macB, 'SERIAL-B');
    const c = boot('52:54:00:00:00:0c', 'SERIAL-C');
    fallSilent();
    const first = value(merge(a, b));
    const second = value(merge(c, rig.view(a.id)));
    expect(undo(first.id)).toMatchObject({
      failure: { code: 'machine.undo-order', next: `Take that one back first: rackside machines undo ${second.id}` },
    });
    expect(code(undo(99))).toBe('machine.change-unknown');
    value(undo(second.id));
    value(undo(first.id));
    expect(code(undo(first.id))).toBe('machine.change-undone');
    expect(ids().toSorted()).toEqual([a.id, b.id, c.id].toSorted());
    expect(rig.station.machines.changes.all().map(({ id, undoneAtMs }) => [id, undoneAtMs !== null])).toEqual([
      [first.id, true],
      [second.id, true],
    ]);
  });
});

test('every table that tells of machines is moved with them; a new one is thought of here', () => {
  const tables = rig
    .query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .map((row) => (row as { name: string }).name)
    .filter((name) => rig.query(`PRAGMA table_info("${name}")`).some((column) => (column as { name: string }).name === 'machine_id'));
  const own = ['evidence', 'evidence_carrier', 'fact', 'override', 'reading', 'reservation'];
  const history = ['consent', 'event', 'fact_history', 'job', 'session', 'set_run'];
  // An arming has used machines by the ids of that moment: a merge gives no place back. What was made here says who asked for it first.
  const stays = ['arming_machine', 'construction'];
  expect(tables).toEqual([...own, ...history, ...stays].toSorted());
});

// Merges and splits of the same records are taken back in reverse order: each keeps the rows as they were before it, and an earlier one's
// rows are among those of a later one.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import type { RecordWish } from '../../main/journey/record-step.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { disk, inventory } from '../journey/fixtures.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const LETTERS = ['a', 'b', 'c'] as const;
/** Each boots in its turn; the one before has fallen silent. */
const bootAll = (): MachineView[] =>
  LETTERS.map((letter) => {
    rig.clock.atMs += SILENT_AFTER_MS + 1000;
    const mac = `52:54:00:00:00:0${letter}`;
    return rig.agent(mac).inventory(inventory({ mac, serial: `SERIAL-${letter}`, disks: [disk({ serial: `DISK-${letter}` })] }));
  });
const change = (wish: RecordWish) => rig.station.journey.onRecordChange(wish);
const undo = (changeId: number) => change({ kind: 'undo', changeId });
const rows = (): unknown => ['machine', 'evidence', 'evidence_carrier', 'fact'].map((table) => rig.query(`SELECT * FROM "${table}"`));

test.each<[string, (a: MachineView, c: MachineView) => RecordWish]>([
  ['a second merge into the same record', (a, c) => ({ kind: 'merge', machineId: a.id, otherId: c.id })],
  ['a split of what the merge brought', (a) => ({ kind: 'split', machineId: a.id, values: ['52:54:00:00:00:0b'] })],
])('waits for %s: else two records carry one machine’s serial, and nobody is known by it', (_what, then) => {
  const [a, b, c] = bootAll() as [MachineView, MachineView, MachineView];
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const first = value(change({ kind: 'merge', machineId: a.id, otherId: b.id }));
  const second = value(change(then(a, c)));
  const before = rows();
  expect(code(undo(first.id))).toBe('machine.undo-order');
  expect(rows()).toEqual(before);
  value(undo(second.id));
  value(undo(first.id));
  expect(bootAll().map(({ id }) => id)).toEqual([a.id, b.id, c.id]);
});

const bootOne = (letter: string): MachineView => {
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const mac = `52:54:00:00:00:0${letter}`;
  return rig.agent(mac).inventory(inventory({ mac, serial: `SERIAL-${letter}`, disks: [disk({ serial: `DISK-${letter}`, wwn: null })] }));
};

test('either\u2019s evidence recognises the one machine, however often and in whichever order they boot', () => {
  const [a, b] = bootAll() as [MachineView, MachineView];
  const merged = value(change({ kind: 'merge', machineId: a.id, otherId: b.id }));
  rig.restart();
  expect(['b', 'a', 'a', 'b', 'b', 'a'].map((letter) => bootOne(letter).id)).toEqual(Array(6).fill(a.id));
  value(undo(merged.id));
  expect(['b', 'a', 'b', 'a'].map((letter) => bootOne(letter).id)).toEqual([b.id, a.id, b.id, a.id]);
});

test('a split of the boot that stands there, taken back at once, leaves nothing behind', () => {
  const [a] = bootAll() as [MachineView];
  const before = rig.query('SELECT name, value_json FROM fact WHERE machine_id = ? ORDER BY name', a.id);
  const parted = value(change({ kind: 'split', machineId: a.id, values: ['52:54:00:00:00:0a'] }));
  expect(rig.query('SELECT name FROM fact WHERE machine_id = ?', a.id)).toEqual([]);
  value(undo(parted.id));
  expect(rig.query('SELECT name, value_json FROM fact WHERE machine_id = ? ORDER BY name', a.id)).toEqual(before);
  expect(rig.view(a.id)).toMatchObject({ state: 'matched', model: 'PowerEdge R740' });
});

test('what is left after a split still has a name to be found by', () => {
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const [mac, other] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];
  const [nic] = inventory({ mac }).nics;
  if (nic === undefined) return expect.fail('no card');
  const nics = [nic, { ...nic, mac: other, permanentMac: other }];
  const read = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-a', nics }));
  value(change({ kind: 'split', machineId: read.id, values: [mac] }));
  expect(rig.view(read.id).name).toBe(other);
});

test('a record that was only heard, and heard last, keeps the facts of the one that joins it', () => {
  const [a] = bootAll() as [MachineView];
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const heard = rig.station.machines.heard('52:54:00:00:00:0f', 'firmware');
  value(change({ kind: 'merge', machineId: heard.id, otherId: a.id }));
  expect(rig.view(heard.id)).toMatchObject({ model: 'PowerEdge R740', state: 'seen' });
  expect(rig.station.machines.facts(heard.id)).toContainEqual(expect.objectContaining({ name: 'system.serial', value: 'SERIAL-a' }));
});

test('what a person said of a machine that was only heard goes before what was said of it long ago', () => {
  const [a] = bootAll() as [MachineView];
  value(rig.station.journey.onFact(a.id, 'role', 'web'));
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const mac = '52:54:00:00:00:0f';
  value(rig.station.journey.onFact(rig.station.machines.heard(mac, 'firmware').id, 'role', 'mail'));
  const known = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-a', disks: [disk({ serial: 'DISK-a' })] }));
  expect(known.id).toBe(a.id);
  expect(rig.station.machines.facts(a.id)).toContainEqual(expect.objectContaining({ name: 'role', value: 'mail' }));
});

test('whatever is joined and parted, and whoever boots meanwhile: once all is taken back, each boots as itself', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('merge' as const), machine: fc.nat(9), other: fc.nat(9) }),
    fc.record({ kind: fc.constant('split' as const), machine: fc.nat(9), values: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant('boot' as const), letter: fc.constantFrom(...LETTERS) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );
  const property = fc.property(fc.array(step, { minLength: 2, maxLength: 7 }), (steps) => {
    rig.close();
    rig = createRig();
    const own = bootAll().map(({ id }) => id);
    for (const id of own) value(rig.station.journey.onFact(id, 'role', `role of ${own.indexOf(id)}`));
    const done: number[] = [];
    const pick = (at: number): string => {
      const machines = rig.station.machines.list();
      return machines[at % machines.length]?.id ?? '';
    };
    for (const one of steps) {
      if (one.kind === 'restart') rig.restart();
      else if (one.kind === 'boot') bootOne(one.letter);
      else {
        const machineId = pick(one.machine);
        const known = rig.query('SELECT value FROM evidence WHERE machine_id = ? ORDER BY kind, value', machineId) as { value: string }[];
        const values = one.kind === 'split' ? one.values.flatMap((at) => known[at % Math.max(1, known.length)]?.value ?? []) : [];
        const wish: RecordWish =
          one.kind === 'merge' ? { kind: 'merge', machineId, otherId: pick(one.other) } : { kind: 'split', machineId, values };
        const changed = change(wish);
        if (changed.ok) done.push(changed.value.id);
      }
    }
    for (const id of done.toReversed()) value(undo(id));
    expect(LETTERS.map((letter) => bootOne(letter).id)).toEqual(own);
    expect(own.map((id) => rig.station.machines.facts(id).find(({ name }) => name === 'role')?.value)).toEqual(
      own.map((_, at) => `role of ${at}`),
    );
  });
  fc.assert(property, { numRuns: 40 });
}, 120_000);

// Merges and splits of the same records are taken back in reverse order: each keeps the rows as they were before it, and an earlier one's
// rows are among those of a later one.
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

// Whatever boots, is joined, parted and taken back, and whichever plan comes and goes meanwhile: what the plan says of each machine is
// what it would say if it were taken anew.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import type { RecordWish } from '../../main/journey/record-step.ts';
import { disk, inventory } from '../journey/fixtures.ts';
import { createRig } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const macOf = (number: number): string => `52:54:00:00:00:0${number}`;
const one = fc.integer({ min: 1, max: 3 });
/** 0: not in the row. */
const some = fc.integer({ min: 0, max: 3 });

const stepArbitrary = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('boot' as const), mac: one, serial: one, disk: one, alone: fc.boolean() }),
  },
  fc.record({ kind: fc.constant('heard' as const), mac: one }),
  fc.record({ kind: fc.constant('plan' as const), rows: fc.array(fc.record({ serial: some, mac: some }), { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant('merge' as const), machine: fc.nat(5), other: fc.nat(5) }),
  fc.record({ kind: fc.constant('split' as const), machine: fc.nat(5), value: fc.option(fc.nat(9)) }),
  fc.record({ kind: fc.constantFrom('undo' as const, 'clear' as const, 'restart' as const) }),
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

const csv = (rows: Extract<Step, { kind: 'plan' }>['rows']): string =>
  [
    'serial,mac,role',
    ...rows
      .filter(({ serial, mac }) => serial + mac > 0)
      .map(({ serial, mac }, at) => `${serial === 0 ? '' : `SERIAL-${serial}`},${mac === 0 ? '' : macOf(mac)},role-${at}`),
  ].join('\n');

const walk = (steps: readonly Step[], after: (step: Step) => void): void => {
  const done: number[] = [];
  const pick = (at: number): string => {
    const machines = rig.station.machines.list();
    return machines[at % Math.max(1, machines.length)]?.id ?? 'nobody';
  };
  const change = (wish: RecordWish): void => {
    const changed = rig.station.journey.onRecordChange(wish);
    if (changed.ok && wish.kind !== 'undo') done.push(changed.value.id);
  };
  const valuesOf = (machineId: string, at: number | null): readonly string[] => {
    const known = rig.query('SELECT value FROM evidence WHERE machine_id = ? ORDER BY kind, value', machineId) as { value: string }[];
    return at === null ? [] : known.slice(at % Math.max(1, known.length)).flatMap(({ value }, index) => (index === 0 ? [value] : []));
  };
  for (const step of steps) {
    if (step.kind === 'boot') {
      if (step.alone) rig.clock.atMs += SILENT_AFTER_MS + 1000;
      const mac = macOf(step.mac);
      const disks = [disk({ serial: `DISK-${step.disk}`, wwn: null })];
      rig.agent(mac).inventory(inventory({ mac, serial: `SERIAL-${step.serial}`, disks }));
    } else if (step.kind === 'heard') rig.station.machines.heard(macOf(step.mac), 'firmware');
    else if (step.kind === 'plan') rig.plan().import({ name: 'plan.csv', text: csv(step.rows), replace: true });
    else if (step.kind === 'merge') change({ kind: 'merge', machineId: pick(step.machine), otherId: pick(step.other) });
    else if (step.kind === 'split')
      change({ kind: 'split', machineId: pick(step.machine), values: valuesOf(pick(step.machine), step.value) });
    else if (step.kind === 'clear') rig.plan().clear();
    else if (step.kind === 'restart') rig.restart();
    else {
      const last = done.pop();
      if (last !== undefined) change({ kind: 'undo', changeId: last });
    }
    after(step);
  }
};

const planned = (): unknown =>
  rig.query("SELECT machine_id, name, value_json, source FROM fact WHERE origin = 'plan' ORDER BY machine_id, name");

const isAsTakenAnew = (step: Step): void => {
  const stands = planned();
  rig.plan().apply();
  expect({ step, planned: stands }).toEqual({ step, planned: planned() });
};

test('in any order', () => {
  const property = fc.property(fc.array(stepArbitrary, { minLength: 2, maxLength: 10 }), (steps) => {
    rig.close();
    rig = createRig();
    walk(steps, isAsTakenAnew);
  });
  fc.assert(property, { numRuns: 60 });
}, 120_000);

test('a look-alike that turns out to be another machine leaves its row to the one that has it', () => {
  const boot = (mac: number, serial: number, alone: boolean) => ({ kind: 'boot' as const, mac, serial, disk: 1, alone });
  const plan = { kind: 'plan' as const, rows: [{ serial: 3, mac: 0 }] };
  walk([plan, boot(1, 3, false), boot(3, 3, false), boot(1, 1, false), boot(3, 1, true)], isAsTakenAnew);
});

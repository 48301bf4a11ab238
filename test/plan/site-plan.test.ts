// A site's plan in the station: kept, replaced only when told to, and standing in the facts of its machines below all else.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import { disk, inventory, policy } from '../journey/fixtures.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';
import { expectBounded } from '../bounded-work.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const mac = '52:54:00:00:00:01';
const text = 'serial,mac,role,hostname,model\nSERIAL-1,,web,web1,PowerEdge R740\nSERIAL-2,,db,db1,\n,52:54:00:00:00:77,spare,,\n';
const take = (content = text, replace = false) => rig.plan().import({ name: 'plan.csv', text: content, replace });
const factOf = (id: string, name: string) => rig.station.machines.facts(id).find((fact) => fact.name === name);

test('expected, seen and missing; the plan names the machine and decides for it', () => {
  value(rig.station.policies.add(policy({ name: 'web', rank: 1, when: { fact: 'role', equal: 'web' } as never })));
  expect(value(take())).toMatchObject({
    applied: true,
    plan: { counts: { expected: 3, seen: 0, missing: 3, conflicts: 0, unexpected: 0 } },
  });
  const machine = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-1' }));
  expect(rig.view(machine.id)).toMatchObject({ name: 'web1', state: 'matched' });
  expect(rig.station.machines.get(machine.id)).toMatchObject({ value: { policy: 'web' } });
  expect(factOf(machine.id, 'role')).toMatchObject({ value: 'web', source: 'plan:plan.csv:2' });
  rig.agent('52:54:00:00:00:99').inventory(inventory({ mac: '52:54:00:00:00:99', serial: 'STRANGER' }));
  expect(rig.plan().view()).toMatchObject({
    counts: { expected: 3, seen: 1, missing: 2, conflicts: 0, unexpected: 1 },
    rows: [
      { line: 2, state: 'seen', machine: { id: machine.id, state: 'matched' }, differences: [] },
      { state: 'missing', machine: null },
      { state: 'missing' },
    ],
    unexpected: [{ name: 'STRANGER' }],
  });
});

test('a person goes before the plan, the inventory before both; the plan stands again when a person takes their word back', () => {
  const { id } = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-1' }));
  value(take(text.replace('PowerEdge R740', 'Another model')));
  expect(factOf(id, 'model')?.value).toBe('PowerEdge R740');
  expect(rig.plan().view()?.rows[0]?.differences).toEqual([{ fact: 'model', expected: 'Another model', seen: 'PowerEdge R740' }]);
  value(rig.station.journey.onFact(id, 'role', 'mail'));
  expect(factOf(id, 'role')).toMatchObject({ value: 'mail', source: 'person:Ada' });
  value(rig.station.journey.onFact(id, 'role', ''));
  expect(factOf(id, 'role')).toMatchObject({ value: 'web', source: 'plan:plan.csv:2' });
  const known = value(rig.station.machines.allFacts(id));
  expect(known.facts.filter((fact) => fact.name === 'model').map(({ origin, counts }) => [origin, counts])).toEqual([
    ['inventory', true],
    ['plan', false],
  ]);
});

test('another plan is told by its difference and replaces only when told to; the same one is no difference', () => {
  const { id } = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-1' }));
  value(take());
  const next = text.replace('web,web1', 'mail,web1').replace('SERIAL-2,,db,db1,\n', '');
  const refused = value(take(next));
  expect(refused).toMatchObject({
    applied: false,
    difference: { added: [], removed: ['serial-2'], changed: [{ machine: 'serial-1', column: 'role', before: 'web', after: 'mail' }] },
  });
  expect([factOf(id, 'role')?.value, rig.plan().view()?.counts.expected]).toEqual(['web', 3]);
  expect(value(take())).toMatchObject({ applied: true });
  expect(value(take(next, true))).toMatchObject({ applied: true, difference: refused.difference, plan: { counts: { expected: 2 } } });
  expect(factOf(id, 'role')?.value).toBe('mail');
  expect(rig.station.machines.allFacts(id)).toMatchObject({
    value: {
      history: expect.arrayContaining([
        expect.objectContaining({ name: 'role', value: 'web' }),
        expect.objectContaining({ name: 'role', value: 'mail' }),
      ]),
    },
  });
});

test('a broken plan changes nothing; a cleared one takes its facts along; both survive a restart', () => {
  const { id } = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-1' }));
  value(take());
  expect(code(take('serial,role\nA1,"x', true))).toBe('plan.csv-broken');
  rig.restart();
  expect(rig.plan().view()?.counts).toMatchObject({ expected: 3, seen: 1 });
  value(rig.plan().clear());
  expect([factOf(id, 'role'), rig.plan().view(), code(rig.plan().clear())]).toEqual([undefined, null, 'plan.none']);
  rig.restart();
  expect(rig.plan().view()).toBeNull();
});

test('a machine that is heard for the first time has its planned name before it has booted', () => {
  value(take(text.replace('spare,,', 'spare,cold1,')));
  const heard = rig.station.machines.heard('52:54:00:00:00:77', 'firmware');
  expect(rig.view(heard.id)).toMatchObject({ name: 'cold1', state: 'seen' });
  expect(rig.seen.get(heard.id)?.name).toBe('cold1');
  expect(rig.plan().view()?.counts).toMatchObject({ seen: 1, missing: 2 });
  expect(rig.view(rig.station.machines.heard('52:54:00:00:00:78', 'firmware').id).name).toBe('52:54:00:00:00:78');
});

test('hundreds of machines and rows find each other', () => {
  const rows = Array.from({ length: 300 }, (_, index) => `SERIAL-X${index},,web,web${index},`);
  value(take(`serial,mac,role,hostname,model\n${rows.join('\n')}`));
  expectBounded(20, () => {
    for (let index = 0; index < 300; index++) {
      const own = `52:54:00:01:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`;
      rig.agent(own, { isHeard: false }).inventory(inventory({ mac: own, serial: `SERIAL-X${index}`, disks: [] }));
    }
    expect(rig.plan().view()?.counts).toMatchObject({ expected: 300, seen: 300, missing: 0 });
  });
}, 60_000);

test('a plan belongs to its site', () => {
  const { id } = rig.agent(mac).inventory(inventory({ mac, serial: 'SERIAL-1' }));
  value(take());
  rig.station.sites.describe({ siteName: 'Site B' });
  rig.plan().apply();
  expect([rig.plan().view(), factOf(id, 'role')]).toEqual([null, undefined]);
  rig.station.sites.describe({ siteName: 'Site A' });
  rig.plan().apply();
  expect(factOf(id, 'role')?.value).toBe('web');
});

test('a plan that this version cannot read any more is no plan', () => {
  const { siteId, operatorId } = rig.station.sites.current();
  rig.exec(`INSERT INTO site_plan VALUES (${siteId}, 'old.csv', 'nonsense', 1, ${operatorId})`);
  expect(rig.plan().view()).toBeNull();
});

/** Boots after all others have fallen silent. */
const boot = (number: number, serial: string) => {
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const own = `52:54:00:00:00:0${number}`;
  return rig.agent(own).inventory(inventory({ mac: own, serial, disks: [disk({ serial: `DISK-${number}`, wwn: null })] }));
};
const roles = (...ids: readonly string[]) => ids.map((id) => factOf(id, 'role')?.value);

test('a row that comes to fit two machines is nobody\u2019s, whichever came first; and the first one\u2019s again when the other turns out otherwise', () => {
  value(rig.station.policies.add(policy({ name: 'web', rank: 1, when: { fact: 'role', equal: 'web' } as never })));
  value(take());
  const first = boot(1, 'SERIAL-1');
  const second = boot(2, 'SERIAL-1');
  expect(second.id).not.toBe(first.id);
  expect([roles(first.id, second.id), rig.plan().view()?.rows[0]]).toMatchObject([[undefined, undefined], { state: 'conflict' }]);
  boot(2, 'SERIAL-9');
  expect([roles(first.id, second.id), rig.plan().view()?.rows[0]]).toMatchObject([['web', undefined], { state: 'seen' }]);
});

test('who is online is decided for again when the row that decided is nobody\u2019s any more', () => {
  value(rig.station.policies.add(policy({ name: 'web', rank: 1, when: { fact: 'role', equal: 'web' } as never, whenUnknown: 'skip' })));
  value(take());
  const own = '52:54:00:00:00:01';
  const { id } = rig.agent(own).inventory(inventory({ mac: own, serial: 'SERIAL-1', disks: [disk({ serial: 'DISK-1', wwn: null })] }));
  expect(rig.station.machines.get(id)).toMatchObject({ value: { policy: 'web' } });
  const other = '52:54:00:00:00:02';
  rig.agent(other).inventory(inventory({ mac: other, serial: 'SERIAL-1', disks: [disk({ serial: 'DISK-2', wwn: null })] }));
  expect(rig.station.machines.get(id)).toMatchObject({ value: { policy: 'everything' } });
});

test('records that are joined and parted have what the plan says of them then, and nothing of before', () => {
  value(take(`serial,mac,role\nSERIAL-1,,web\n,52:54:00:00:00:02,db\n`));
  const [one, two] = [boot(1, 'SERIAL-1'), boot(2, 'SERIAL-2')];
  expect(roles(one.id, two.id)).toEqual(['web', 'db']);
  const merged = value(rig.station.journey.onRecordChange({ kind: 'merge', machineId: one.id, otherId: two.id }));
  // What stands there now is the second.
  expect([
    roles(one.id),
    rig
      .plan()
      .view()
      ?.rows.map(({ state }) => state),
  ]).toEqual([['db'], ['missing', 'seen']]);
  value(rig.station.journey.onRecordChange({ kind: 'undo', changeId: merged.id }));
  expect([
    roles(one.id, two.id),
    rig
      .plan()
      .view()
      ?.rows.map(({ state }) => state),
  ]).toEqual([
    ['web', 'db'],
    ['seen', 'seen'],
  ]);
  const again = value(rig.station.journey.onRecordChange({ kind: 'merge', machineId: one.id, otherId: two.id }));
  value(rig.plan().clear());
  value(rig.station.journey.onRecordChange({ kind: 'undo', changeId: again.id }));
  expect(roles(one.id, two.id)).toEqual([undefined, undefined]);
});

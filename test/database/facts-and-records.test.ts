// A database of before facts could come from a plan, and before wandering MACs were remembered: nothing in it is lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { MIGRATIONS } from '../../main/database/migrations/all.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createFactRows } from '../../main/machines/fact-rows.ts';
import { createMachineRows } from '../../main/machines/machine-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'rackside-migrations-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (migrations = MIGRATIONS): Database => {
  const opened = openDatabase(join(folder, 'station.db'), migrations);
  return opened.ok ? opened.value : expect.fail(opened.failure.message);
};

test('facts keep their order, origin and time; MACs and disks of known machines are carriers; what a plan says fits', () => {
  const old = open(MIGRATIONS.filter(({ number }) => number < 6));
  const machine = old.prepare(
    `INSERT INTO machine(id, provisional, state, state_at_ms, says, first_seen_at_ms, last_seen_at_ms) VALUES (?, ?, 'seen', 1, '', 1, 1)`,
  );
  machine.run('a', 0);
  machine.run('b', 0);
  machine.run('p', 1);
  const fact = old.prepare('INSERT INTO fact(machine_id, origin, name, value_json, source, filler, since_ms) VALUES (?, ?, ?, ?, ?, ?, ?)');
  fact.run('a', 'inventory', 'model', '"R640"', 'smbios:1.product', 0, 5);
  fact.run('a', 'person', 'role', '"web"', 'person:Ada', 0, 6);
  fact.run('a', 'inventory', 'asset.tag', '"None"', 'smbios:3.asset-tag', 1, 7);
  const evidence = old.prepare('INSERT INTO evidence(machine_id, kind, value, seen_at_ms) VALUES (?, ?, ?, 1)');
  for (const id of ['a', 'b', 'p']) evidence.run(id, 'mac', 'm1');
  evidence.run('a', 'disk', 'd1');
  evidence.run('p', 'disk', 'd1');
  evidence.run('a', 'system-serial', 's1');
  old.close();

  const database = open();
  const facts = createFactRows(database);
  expect(facts.all('a').map(({ name, value, origin, sinceMs, filler }) => [name, value, origin, sinceMs, filler])).toEqual([
    ['model', 'R640', 'inventory', 5, false],
    ['role', 'web', 'person', 6, false],
    ['asset.tag', 'None', 'inventory', 7, true],
  ]);
  expect(facts.replacePlan('a', [{ name: 'asset.tag', value: 'A-7', source: 'plan:p.csv:2', filler: false }], 9)).toBe(true);
  expect(facts.of('a').find(({ name }) => name === 'asset.tag')?.value).toBe('A-7');
  const rows = createMachineRows(database);
  expect(rows.wandering()).toEqual([{ kind: 'mac', value: 'm1' }]);
  expect(database.pragma('foreign_key_check')).toEqual([]);
  database.close();
});

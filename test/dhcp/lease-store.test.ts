// Leases through SQLite: what was put is there after a restart, and the table's own rules hold.
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { sqlLeaseStore } from '../../main/dhcp/lease-store.ts';
import type { Lease } from '../../main/dhcp/leases.ts';

const TABLE = `CREATE TABLE lease(client_key TEXT PRIMARY KEY, mac TEXT NOT NULL, address TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL, hostname TEXT, updated_at_ms INTEGER NOT NULL) STRICT`;
const lease: Lease = {
  clientKey: 'ff0909/52:54:00:77:01:01',
  mac: '52:54:00:77:01:01',
  address: '10.9.0.10',
  state: 'bound',
  expiresAtMs: 1_763_000_000_000,
  hostname: 'node7',
  updatedAtMs: 1_762_999_000_000,
};

test('a second store on the same database knows the leases of the first, replaced and removed ones included', () => {
  const database = new Database(':memory:');
  database.exec(TABLE);
  const store = sqlLeaseStore(database);
  store.put(lease);
  store.put({ ...lease, clientKey: 'b', address: '10.9.0.11', hostname: null });
  store.put({ ...lease, clientKey: 'c', address: '10.9.0.12' });
  store.put({ ...lease, clientKey: 'b', address: '10.9.0.13', state: 'offered', hostname: null });
  store.remove('c');
  store.save();
  const expected = [lease, { ...lease, clientKey: 'b', address: '10.9.0.13', state: 'offered', hostname: null }];
  expect(store.all()).toEqual(expected);
  expect(sqlLeaseStore(database).all()).toEqual(expected);
  database.close();
});

test('changes that the database refuses are not in memory either', () => {
  const database = new Database(':memory:');
  database.exec(TABLE);
  const store = sqlLeaseStore(database);
  store.put(lease);
  store.save();
  store.put({ ...lease, clientKey: 'fine', address: '10.9.0.12' });
  store.put({ ...lease, clientKey: 'other' });
  expect(() => store.save()).toThrow(/UNIQUE/);
  expect(store.all()).toEqual([lease]);
  expect(sqlLeaseStore(database).all()).toEqual([lease]);
  // What was refused is not tried again with the next change.
  store.put({ ...lease, clientKey: 'next', address: '10.9.0.13' });
  store.save();
  expect(store.all()).toHaveLength(2);
  database.close();
});

test('a group with a bound lease is one commit that is synced; offers alone are not', () => {
  const said: string[] = [];
  const database = new Database(':memory:', { verbose: (sql) => said.push(String(sql).split(' ').slice(0, 4).join(' ')) });
  database.exec(TABLE);
  const store = sqlLeaseStore(database);
  const heard = (): readonly string[] => said.splice(0).filter((sql) => /^(PRAGMA|BEGIN|COMMIT)/.test(sql));
  heard();
  for (let number = 0; number < 50; number += 1)
    store.put({ ...lease, clientKey: `${number}`, address: `10.9.1.${number}`, state: number === 7 ? 'bound' : 'offered' });
  store.save();
  expect(heard()).toEqual(['PRAGMA synchronous = FULL', 'BEGIN', 'COMMIT', 'PRAGMA synchronous = NORMAL']);
  store.put({ ...lease, clientKey: '1', address: '10.9.1.1', state: 'offered' });
  store.save();
  store.save();
  expect(heard()).toEqual(['BEGIN', 'COMMIT']);
  expect(sqlLeaseStore(database).all()).toHaveLength(50);
  database.close();
});

test('where not even the database can be read again, what is known stays, so that no address is given twice', () => {
  const database = new Database(':memory:');
  database.exec(TABLE);
  const store = sqlLeaseStore(database);
  store.put(lease);
  store.save();
  database.exec('ALTER TABLE lease RENAME TO away');
  store.put({ ...lease, clientKey: 'other', address: '10.9.0.11' });
  expect(() => store.save()).toThrow('no such table');
  expect(store.all()).toContainEqual(lease);
  database.close();
});

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
  const expected = [lease, { ...lease, clientKey: 'b', address: '10.9.0.13', state: 'offered', hostname: null }];
  expect(store.all()).toEqual(expected);
  expect(sqlLeaseStore(database).all()).toEqual(expected);
  database.close();
});

test('a put the database refuses is not in memory either', () => {
  const database = new Database(':memory:');
  database.exec(TABLE);
  const store = sqlLeaseStore(database);
  store.put(lease);
  expect(() => store.put({ ...lease, clientKey: 'other' })).toThrow(/UNIQUE/);
  expect(store.all()).toEqual([lease]);
  database.close();
});

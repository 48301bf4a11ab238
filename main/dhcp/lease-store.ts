// Leases in SQLite (table `lease`, made by main/database/migrations): read once, kept in memory, written through. A station that
// restarts knows who has which address.
import type { Database } from 'better-sqlite3';
import { memoryLeaseStore, type Lease, type LeaseState, type LeaseStore } from './leases.ts';

type Row = {
  readonly client_key: string;
  readonly mac: string;
  readonly address: string;
  readonly state: LeaseState;
  readonly expires_at_ms: number;
  readonly hostname: string | null;
  readonly updated_at_ms: number;
};

const leaseOf = (row: Row): Lease => ({
  clientKey: row.client_key,
  mac: row.mac,
  address: row.address,
  state: row.state,
  expiresAtMs: row.expires_at_ms,
  hostname: row.hostname,
  updatedAtMs: row.updated_at_ms,
});

/** The caller opens, migrates and closes the database; nobody else writes the table meanwhile. */
export const sqlLeaseStore = (database: Database): LeaseStore => {
  const put = database.prepare<[Row]>(
    `INSERT INTO lease (client_key, mac, address, state, expires_at_ms, hostname, updated_at_ms)
     VALUES (:client_key, :mac, :address, :state, :expires_at_ms, :hostname, :updated_at_ms)
     ON CONFLICT (client_key) DO UPDATE SET mac = excluded.mac, address = excluded.address, state = excluded.state,
       expires_at_ms = excluded.expires_at_ms, hostname = excluded.hostname, updated_at_ms = excluded.updated_at_ms`,
  );
  const remove = database.prepare<[string]>('DELETE FROM lease WHERE client_key = ?');
  const memory = memoryLeaseStore();
  for (const row of database.prepare<[], Row>('SELECT * FROM lease').all()) memory.put(leaseOf(row));
  return {
    all: memory.all,
    put: (lease) => {
      put.run({
        client_key: lease.clientKey,
        mac: lease.mac,
        address: lease.address,
        state: lease.state,
        expires_at_ms: lease.expiresAtMs,
        hostname: lease.hostname,
        updated_at_ms: lease.updatedAtMs,
      });
      memory.put(lease);
    },
    remove: (clientKey) => {
      remove.run(clientKey);
      memory.remove(clientKey);
    },
  };
};

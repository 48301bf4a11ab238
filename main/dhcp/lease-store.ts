// Leases in SQLite (table `lease`, made by main/database/migrations): read once, kept in memory, written in groups. A station that
// restarts, also after a power cut, knows who was told which address.
import { durably } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import { memoryLeaseStore, type Lease, type LeaseChange, type LeaseState, type LeaseStore } from './leases.ts';

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

const rowOf = (lease: Lease): Row => ({
  client_key: lease.clientKey,
  mac: lease.mac,
  address: lease.address,
  state: lease.state,
  expires_at_ms: lease.expiresAtMs,
  hostname: lease.hostname,
  updated_at_ms: lease.updatedAtMs,
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
  const select = database.prepare<[], Row>('SELECT * FROM lease');
  const write = database.transaction((changes: readonly LeaseChange[]): void => {
    for (const change of changes) {
      if (change.kind === 'put') put.run(rowOf(change.lease));
      else remove.run(change.clientKey);
    }
  });
  const memory = memoryLeaseStore();
  for (const row of select.all()) memory.put(leaseOf(row));
  let unsaved: LeaseChange[] = [];
  return {
    all: memory.all,
    put: (lease) => {
      unsaved.push({ kind: 'put', lease });
      memory.put(lease);
    },
    remove: (clientKey) => {
      unsaved.push({ kind: 'remove', clientKey });
      memory.remove(clientKey);
    },
    save: () => {
      const changes = unsaved;
      unsaved = [];
      if (changes.length === 0) return;
      try {
        // A lost offer costs the client one more question; a lost lease may give its address to a second machine.
        if (changes.some((change) => change.kind === 'put' && change.lease.state === 'bound')) durably(database, () => write(changes));
        else write(changes);
      } catch (error) {
        const kept = select.all();
        for (const { clientKey } of memory.all()) memory.remove(clientKey);
        for (const row of kept) memory.put(leaseOf(row));
        throw error;
      }
    },
  };
};

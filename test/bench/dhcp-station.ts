// Our DHCP server as the station runs it, with its leases in SQLite, alone in a namespace: node dhcp-station.ts NIC ADDRESS DATABASE.
// Prints `ready`; serves until it is stopped.
import { openDatabase } from '../../main/database/open.ts';
import { sqlLeaseStore } from '../../main/dhcp/lease-store.ts';
import { startDhcp } from '../../main/dhcp/service.ts';
import { asProtocol } from '../../main/dhcp/silence.ts';
import { listNics } from '../../main/network/nics.ts';

const [nicName = '', address = '', path = ''] = process.argv.slice(2);
const nic = listNics().find(({ name }) => name === nicName);
const database = openDatabase(path);
if (nic === undefined || !database.ok) throw new Error(`no ${nicName} or no database`);
const leases = sqlLeaseStore(database.value);
const started = await startDhcp({
  mode: 'server',
  endpoint: { kind: 'nic', nic, address, prefixLength: 16 },
  pool: { first: '10.9.1.0', last: '10.9.250.255' },
  leaseSeconds: 3600,
  decideBoot: () => ({ kind: 'none', silence: asProtocol('lease only') }),
  listening: () => true,
  knownMac: () => true,
  leases,
  now: Date.now,
  onEvent: () => undefined,
  foreignProbe: { everyMs: 600_000, listenMs: 300, sendAtMs: [0, 100] },
});
if (!started.ok) throw new Error(started.failure.message);
console.log('ready');
process.on('SIGTERM', () => {
  void started.value.stop().then(() => {
    database.value.close();
    process.exit(0);
  });
});

// A station's DHCP alone, for the wire tests: run inside a namespace with its options as one JSON argument. Prints a JSON line per event,
// `{"started":…}` or `{"failure":…}` at the start, and `{"leases":…}` for every line on standard input.
import type { BootAnswer } from '../../main/dhcp/boot-client.ts';
import { memoryLeaseStore } from '../../main/dhcp/leases.ts';
import { startDhcp } from '../../main/dhcp/service.ts';
import { listNics } from '../../main/network/nics.ts';

export type StationOptions = {
  readonly nic: string;
  readonly mode?: 'server' | 'proxy';
  readonly leaseSeconds?: number;
  readonly pool?: { readonly first: string; readonly last: string };
  readonly everyone?: boolean;
  readonly answer?: BootAnswer;
  readonly probeEveryMs?: number;
  readonly listenMs?: number;
};

const say = (value: unknown): void => console.log(JSON.stringify(value));
const options = JSON.parse(process.argv[2] ?? '{}') as StationOptions;
const nic = listNics().find(({ name }) => name === options.nic);
const home = nic?.addresses[0];
const address = home?.address ?? '10.9.0.1';
const leases = memoryLeaseStore();

const started = await startDhcp({
  mode: options.mode ?? 'server',
  endpoint: { kind: 'nic', nic: nic ?? { name: options.nic, index: null }, address, prefixLength: home?.prefixLength ?? 24 },
  pool: options.pool ?? { first: '10.9.0.100', last: '10.9.0.150' },
  leaseSeconds: options.leaseSeconds ?? 600,
  decideBoot: () => options.answer ?? { kind: 'pxe', bootFile: 'efi/shimx64.efi', server: address },
  listening: () => true,
  knownMac: () => false,
  leaseToEveryone: options.everyone ?? true,
  leases,
  now: Date.now,
  onEvent: say,
  foreignProbe: {
    everyMs: options.probeEveryMs ?? 60_000,
    listenMs: options.listenMs ?? 300,
    sendAtMs: [0, Math.floor((options.listenMs ?? 300) / 3)],
  },
});
if (!started.ok) {
  say({ failure: started.failure });
  process.exit(1);
}
say({ started: started.value.address });
process.stdin.on('data', () => say({ leases: leases.all() }));
process.on('SIGTERM', () => void started.value.stop().then(() => process.exit(0)));

import { beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '../../main/database/events.ts';
import type { BootClient } from '../../main/dhcp/boot-client.ts';
import type { DhcpEvent } from '../../main/dhcp/events.ts';
import type { HttpEvent } from '../../main/http/server.ts';
import type { Machines } from '../../main/machines/machines.ts';
import type { TftpEvent } from '../../main/tftp/events.ts';
import { hearWire } from '../../main/wire/events.ts';
import type { WireHearing } from '../../main/wire/events.ts';

const MAC = '52:54:00:00:00:01';
const STRANGER = '52:54:00:00:00:09';
const ADDRESS = '10.77.0.64';

let clock: number;
let logged: NewEvent[];
let said: string[];
let silences: (string | null)[];
let wire: WireHearing;
let bugs: string[];
let isFull: boolean;
beforeEach(() => {
  // Small on purpose: the first silence is told, however young the clock.
  [clock, logged, said, silences, bugs, isFull] = [5, [], [], [], [], false];
  const machines = {
    idOfMac: (mac: string) => (mac === MAC ? 'm1' : null),
    heard: (mac: string, speaker: string, silence: string | null) => {
      said.push(`${mac} ${speaker}`);
      silences.push(silence);
    },
    reached: (mac: string, stage: string) => said.push(`${mac} ${stage}`),
  } as unknown as Machines;
  const log = (event: NewEvent): void => {
    if (isFull) throw new Error('disk full');
    logged.push(event);
  };
  const onBug = (error: unknown, where: string): void => void bugs.push(`${where}: ${String(error)}`);
  wire = hearWire({ machines, events: { log } as never, onBug, now: () => clock });
});

const client = (change: Partial<BootClient> = {}): BootClient => ({
  mac: MAC,
  architecture: 7,
  firmware: 'uefi',
  vendorClass: null,
  userClass: null,
  uuid: null,
  address: null,
  ...change,
});
const heard = (change: Partial<BootClient> = {}, silence: string | null = null): DhcpEvent => ({
  kind: 'heard',
  message: 'discover',
  client: client(change),
  hostname: null,
  relay: { address: null, information: null },
  answered: silence === null,
  silence: silence === null ? null : { code: 'protocol', text: silence },
});
const tftp = (path: string, kind: 'finished' | 'aborted' = 'finished'): TftpEvent =>
  ({ kind, client: { address: ADDRESS, port: 1 }, path, sizeBytes: 10, bytes: 10, durationMs: 1, code: 0, message: '' }) as never;
const http = (path: string, change: Partial<Extract<HttpEvent, { kind: 'answered' }>> = {}): HttpEvent => ({
  kind: 'answered',
  client: { address: ADDRESS, port: 1 },
  method: 'GET',
  path,
  status: 200,
  bytes: 100,
  durationMs: 1,
  complete: true,
  userAgent: null,
  ...change,
});

test('a database that cannot be written ends nothing', () => {
  isFull = true;
  wire.onDhcp({ kind: 'trouble', failure: { code: 'dhcp.trouble', message: 'No room.', next: 'Make room.' } });
  wire.onHttp({ kind: 'peer-refused', address: ADDRESS });
  wire.onHandOut({ kind: 'handed-out', mac: MAC, what: 'agent', via: 'grub' });
  expect(bugs).toEqual(['dhcp: Error: disk full', 'http: Error: disk full', 'boot files: Error: disk full']);
});

describe('DHCP', () => {
  test('beside another server: what a machine says to that one is no unanswered request, and its address is known', () => {
    const silence = { code: 'leasing-server', text: 'the REQUEST is for the leasing server' } as const;
    wire.onDhcp({ ...heard(), silence, message: 'request' } as DhcpEvent);
    wire.onDhcp({ kind: 'leased-elsewhere', client: client(), address: ADDRESS, serverId: '10.77.0.2' });
    wire.onDhcp({ kind: 'leased-elsewhere', client: client({ mac: STRANGER }), address: '10.77.0.65', serverId: '10.77.0.2' });
    wire.onTftp(tftp('efi/shimx64.efi'));
    expect(silences).toEqual([null]);
    expect(logged.map(({ kind, text }) => [kind, text])).toEqual([
      ['dhcp.leased-elsewhere', `${MAC} asks 10.77.0.2 for the address ${ADDRESS}.`],
    ]);
    expect(said).toEqual([`${MAC} firmware`, `${MAC} loader`]);
  });

  test.each([
    ['uefi', 'firmware'],
    ['bios', 'firmware'],
    ['uefi-http', 'firmware'],
    ['ipxe', 'loader'],
    ['u-boot', 'firmware'],
    ['agent', 'agent'],
    ['other', 'system'],
  ] as const)('a known machine speaking as %s is heard as its %s', (firmware, speaker) => {
    wire.onDhcp(heard({ firmware }));
    expect(said).toEqual([`${MAC} ${speaker}`]);
  });

  test("a stranger's operating system is no machine of this rack, its firmware is", () => {
    wire.onDhcp(heard({ mac: STRANGER, firmware: 'other' }, 'not ours'));
    expect([said, logged]).toEqual([[], []]);
    wire.onDhcp(heard({ mac: STRANGER }));
    expect(said).toEqual([`${STRANGER} firmware`]);
  });

  test('the same silence is told once a minute, another at once', () => {
    for (let times = 0; times < 5; times += 1) wire.onDhcp(heard({}, 'not listening'));
    wire.onDhcp(heard({}, 'no kit'));
    expect(logged.map(({ kind, machineId }) => [kind, machineId])).toEqual([
      ['dhcp.unanswered', 'm1'],
      ['dhcp.unanswered', 'm1'],
    ]);
    clock += 60_000;
    wire.onDhcp(heard({}, 'not listening'));
    expect(logged).toHaveLength(3);
    expect(logged[2]?.text).toBe(`${MAC} asked and was not answered: not listening.`);
  });

  test('what needs a person is a warning', () => {
    wire.onDhcp({ kind: 'refused', client: client(), reason: 'other network' });
    wire.onDhcp({ kind: 'declined', client: client(), address: ADDRESS });
    wire.onDhcp({ kind: 'pool-exhausted', client: client() });
    wire.onDhcp({ kind: 'foreign-server', serverId: '10.0.0.1', source: 'probe' });
    // It is asked for again as long as it is there.
    wire.onDhcp({ kind: 'foreign-server', serverId: '10.0.0.1', source: 'probe' });
    wire.onDhcp({ kind: 'stopped', failure: { code: 'network.gone', message: 'Gone.', next: 'Look.' } });
    wire.onDhcp({ kind: 'malformed', failure: { code: 'dhcp.short', message: 'x', next: 'y' }, from: 'z' });
    expect(logged.map(({ kind }) => kind)).toEqual([
      'dhcp.refused',
      'dhcp.declined',
      'dhcp.pool-exhausted',
      'dhcp.foreign-server',
      'dhcp.stopped',
    ]);
    expect(new Set(logged.map(({ level }) => level))).toEqual(new Set(['warn']));
  });
});

describe('boot files', () => {
  test('who fetched is known by its lease; what broke off is no step, but its bytes went out', () => {
    wire.onTftp(tftp('vmlinuz'));
    expect(said).toEqual([]);
    wire.onDhcp({ kind: 'bound', client: client(), address: ADDRESS, expiresAtMs: 0 });
    wire.onTftp(tftp('vmlinuz'));
    wire.onTftp(tftp('stage1.img', 'aborted'));
    wire.onHttp(http('/boot/stage2.squashfs'));
    wire.onHttp(http('/boot/stage2.squashfs', { complete: false }));
    expect(said).toEqual([`${MAC} kernel`, `${MAC} stage 2`]);
    expect(wire.bytesServed()).toBe(3 * 10 + 2 * 100);
  });

  test('a script names its machine; agents and images count as bytes only', () => {
    wire.onHttp(http(`/boot/ipxe/${STRANGER}`));
    wire.onHttp(http('/agent/report', { method: 'POST' }));
    wire.onHttp(http('/library/x/chunks', { method: 'POST' }));
    expect(said).toEqual([`${STRANGER} loader`]);
    expect(wire.bytesServed()).toBe(300);
  });

  test('a bug in a route is an error, a foreign peer is told once a minute', () => {
    wire.onHttp({ kind: 'crashed', method: 'GET', path: '/x', error: new Error('oops') });
    wire.onHttp({ kind: 'peer-refused', address: '192.168.0.9' });
    wire.onHttp({ kind: 'peer-refused', address: '192.168.0.9' });
    expect(logged.map(({ kind, level }) => [kind, level])).toEqual([
      ['station.bug', 'error'],
      ['http.peer-refused', 'warn'],
    ]);
  });

  test('what a machine was told to boot is said in words', () => {
    for (const what of ['agent', 'local'] as const) wire.onHandOut({ kind: 'handed-out', mac: MAC, what, via: 'grub' });
    expect(logged.map(({ text }) => text)).toEqual([`${MAC} boots our agent (grub).`, `${MAC} boots its own disk (grub).`]);
    expect(said).toEqual([`${MAC} loader`, `${MAC} loader`]);
  });
});

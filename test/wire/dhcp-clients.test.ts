// Debian's real DHCP clients against our server on a real (virtual) wire.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDhcpLab, dhclient, dhcpcd, udhcpc, type DhcpLab } from './dhcp-clients.ts';
import type { Program } from './program.ts';

let lab: DhcpLab;
beforeEach(() => void (lab = createDhcpLab()));
afterEach(() => lab.dispose());

const serving = async (options: Parameters<DhcpLab['startStation']>[0] = {}): Promise<Program> => {
  const station = lab.startStation(options);
  await station.line(/"started"/);
  return station;
};
const field = (line: string, name: string): string => new RegExp(`${name}=(\\S*)`).exec(line)?.[1] ?? '';

test('busybox udhcpc: lease, renewal by unicast, release', async () => {
  const station = await serving();
  const machine = lab.machine('m1', { mac: '52:54:00:77:01:01' });
  const client = machine.start(udhcpc(lab.folder, '-R'));
  const bound = await client.line(/^udhcpc bound/);
  expect(field(bound, 'ip')).toMatch(/^10\.9\.0\.1[0-5][0-9]$/);
  expect([field(bound, 'mask'), field(bound, 'server'), field(bound, 'next'), field(bound, 'router')]).toEqual([
    '24',
    '10.9.0.1',
    '10.9.0.1',
    '',
  ]);
  // udhcpc renews at once when told: from its own address to ours.
  client.signal('SIGUSR1');
  expect(field(await client.line(/^udhcpc renew/), 'ip')).toBe(field(bound, 'ip'));
  await client.stop('SIGTERM');
  await station.line(/"kind":"released"/);
});

test('busybox udhcpc with the broadcast flag, and our agent’s words, longer than one option holds', async () => {
  const words = `rackside.station=http://10.9.0.1:8080 rackside.key=${'k'.repeat(280)}`;
  await serving({ everyone: false, answer: { kind: 'agent', words } });
  const result = await lab.machine('m1').run(udhcpc(lab.folder, '-q', '-n', '-B', '-V', 'rackside-agent', '-O', '224'));
  expect(result.stdout).toMatch(/^udhcpc bound/m);
  const hex = field(/^udhcpc bound.*$/m.exec(result.stdout)?.[0] ?? '', 'words');
  expect(Buffer.from(hex, 'hex').toString()).toBe(words);
});

test('ISC dhclient: lease, release, and the same address again', async () => {
  const station = await serving();
  const machine = lab.machine('m1');
  const first = await machine.run(dhclient(lab.folder, '-1'));
  expect(first.stdout).toMatch(/^dhclient BOUND ip=10\.9\.0\.1\d\d server=10\.9\.0\.1$/m);
  await machine.run(dhclient(lab.folder, '-r'));
  await station.line(/"kind":"released"/);
  const second = await machine.run(dhclient(lab.folder, '-1'));
  const address = (text: string): string => /^dhclient (?:BOUND|REBOOT) ip=(\S+)/m.exec(text)?.[1] ?? 'none';
  expect(address(second.stdout)).toBe(address(first.stdout));
  await machine.run(dhclient(lab.folder, '-x'));
});

test('ISC dhclient with a lease of another network is refused and then gets one of ours', async () => {
  await serving();
  const expiry = '5 2037/01/01 00:00:00';
  writeFileSync(
    join(lab.folder, 'dhclient.leases'),
    `lease {\n  interface "eth0";\n  fixed-address 192.168.7.5;\n  option subnet-mask 255.255.255.0;\n  option dhcp-lease-time 600;\n  option dhcp-server-identifier 192.168.7.1;\n  renew ${expiry};\n  rebind ${expiry};\n  expire ${expiry};\n}\n`,
  );
  const machine = lab.machine('m1');
  const result = await machine.run(dhclient(lab.folder, '-1'));
  expect(result.stderr).toMatch(/DHCPREQUEST for 192\.168\.7\.5[\s\S]*DHCPNAK from 10\.9\.0\.1[\s\S]*bound to 10\.9\.0\.1/);
  await machine.run(dhclient(lab.folder, '-x'));
});

test('dhcpcd, with its own client id and ARP check: lease', async () => {
  await serving();
  const client = lab.machine('m1').start(dhcpcd(lab.folder));
  expect(await client.line(/^dhcpcd BOUND/, 25_000)).toMatch(/ip=10\.9\.0\.1\d\d server=10\.9\.0\.1$/);
});

test('an address somebody uses already is declined by the client, and it gets another', async () => {
  // One address only, held by a machine with a fixed address; then room for a second one.
  const station = await serving({ pool: { first: '10.9.0.100', last: '10.9.0.101' } });
  lab.machine('squatter', { address: '10.9.0.100/24' });
  lab.machine('other', { address: '10.9.0.99/24' });
  const clients = [1, 2].map((number) => lab.machine(`m${number}`).start(udhcpc(lab.folder, '-a', '-A', '1')));
  await station.line(/"kind":"declined".*"address":"10\.9\.0\.100"/);
  const bound = await Promise.any(clients.map((client) => client.line(/^udhcpc bound/)));
  expect(field(bound, 'ip')).toBe('10.9.0.101');
});

test('npm dhcp as a client gets a lease', async () => {
  const station = await serving();
  // The package sends from an ordinary socket, which needs some address and a route for 255.255.255.255.
  const machine = lab.machine('m1', { mac: '52:54:00:77:01:09', address: '169.254.7.9/16' });
  machine.ip('route add default dev eth0');
  const client = machine.start([process.execPath, 'test/wire/dhcp-npm-client.cjs', '52:54:00:77:01:09']);
  const bound = JSON.parse(await client.line(/"bound"/)) as { bound: { address: string; server: string } };
  expect(bound.bound).toMatchObject({ address: expect.stringMatching(/^10\.9\.0\.1\d\d$/), server: '10.9.0.1' });
  await station.line(/"kind":"bound".*52:54:00:77:01:09/);
});

test('perfdhcp, 40 clients by way of a relay: every exchange completes', async () => {
  await serving({ pool: { first: '10.9.0.100', last: '10.9.0.199' } });
  const machine = lab.machine('load', { address: '10.9.0.200/24' });
  const result = await machine.run(['perfdhcp', '-4', '-R', '40', '-r', '40', '-n', '80', '-W', '1000000', '-l', '10.9.0.200', '10.9.0.1']);
  const counts = Array.from(result.stdout.matchAll(/(sent|received) packets: (\d+)/g), ([, what, count]) => [what, Number(count)] as const);
  expect(counts).toEqual([
    ['sent', 80],
    ['received', 80],
    ['sent', 80],
    ['received', 80],
  ]);
});

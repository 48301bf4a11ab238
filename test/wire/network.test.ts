// Device-bound sockets and the NIC watch on real (virtual) hardware: source addresses, broadcasts, cables pulled.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ovmfOptions } from '../dhcp/packets.ts';
import { createDhcpLab, dnsmasq, type DhcpLab } from './dhcp-clients.ts';

let lab: DhcpLab;
beforeEach(() => void (lab = createDhcpLab()));
afterEach(() => lab.dispose());

test('on an interface with several addresses, datagrams carry the chosen one, broadcasts included', async () => {
  lab.station.ip('addr flush dev eth0');
  lab.station.ip('addr add 10.8.0.1/24 dev eth0');
  lab.station.ip('addr add 10.9.0.1/24 dev eth0');
  const witness = lab.machine('witness', { address: '10.9.0.2/24' });
  const tcpdump = witness.start(['tcpdump', '-l', '-n', '-i', 'eth0', 'udp port 6767']);
  await tcpdump.line(/listening on/);
  const station = lab.station.node('test/wire/network-send.ts', ['10.9.0.1', '6767']);
  expect(await station.line(/proven/)).toContain('"device"');
  expect(await tcpdump.line(/> 255\.255\.255\.255\.6767/)).toContain('IP 10.9.0.1.6767 >');
  expect(await tcpdump.line(/> 10\.9\.0\.2\.6767/)).toContain('IP 10.9.0.1.6767 >');
});

test('cable out and into a network with another server: suspended, then stopped before anyone was answered there', async () => {
  const station = lab.startStation({ listenMs: 500 });
  await station.line(/"started"/);
  lab.station.ip('link set eth0 down');
  expect(await station.line(/"suspended"/)).toContain('network.no-link');
  const foreign = lab.machine('foreign', { address: '10.9.0.2/24' });
  await foreign.start(dnsmasq('10.9.0.200,10.9.0.210', '--no-ping')).line(/DHCP, IP range/);
  lab.station.ip('link set eth0 up');
  expect(await station.line(/"stopped"/)).toContain('dhcp.foreign-server');
  expect(station.output()).not.toContain('"resumed"');
});

test('cable out and in again: serving resumes; the adapter unplugged: it stops', async () => {
  const station = lab.startStation({ listenMs: 200 });
  await station.line(/"started"/);
  lab.station.ip('link set eth0 down');
  await station.line(/"suspended"/);
  lab.station.ip('link set eth0 up');
  await station.line(/"resumed"/);
  const question = {
    port: 68,
    type: 'discover',
    options: { 60: Buffer.from(ovmfOptions.get(60) ?? []).toString('hex') },
    to: '255.255.255.255',
    toPort: 67,
    listenMs: 500,
  };
  const client = lab.machine('m1').node('test/wire/dhcp-ask.ts', [JSON.stringify(question)]);
  expect(await client.line(/"answer"/)).toContain('"serverId":"10.9.0.1"');
  lab.station.ip('link del eth0');
  expect(await station.line(/"stopped"/)).toContain('network.nic-gone');
});

test('no cable at the start', async () => {
  lab.station.ip('link set eth0 down');
  expect(await lab.startStation().line(/"failure"/)).toMatch(/network\.(no-link|address-missing)/);
});

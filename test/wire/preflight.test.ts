// Preflight on wires with the faults it is there for: another DHCP server, a taken port, a pulled cable, no address.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PreflightCheck, PreflightReport } from '../../main/preflight/report.ts';
import { writeSampleKit } from '../boot/sample-kit.ts';
import { createLab } from './netns.ts';
import type { Lab, Namespace } from './netns.ts';

let folder: string;
let lab: Lab;
let station: Namespace;
let other: Namespace;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-preflight-'));
  await writeSampleKit(folder);
  lab = createLab('preflight');
  station = lab.namespace('station');
  other = lab.namespace('other');
  lab.cable({ namespace: station, name: 'eth0', address: '10.8.0.1/24' }, { namespace: other, name: 'eth0', address: '10.8.0.2/24' });
});
afterEach(async () => {
  await lab.dispose();
  rmSync(folder, { recursive: true });
});

const preflight = async (mode = 'server', probeMs = 5000): Promise<Partial<Record<string, PreflightCheck>>> => {
  const program = station.node('test/wire/preflight-run.ts', [folder, folder, mode, String(probeMs)]);
  const { stdout, stderr } = await program.ended;
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as PreflightReport;
  return Object.fromEntries(report.checks.map((check) => [check.id, check]));
};

/** Waits until dnsmasq has opened its sockets, which it says after it has. */
const dnsmasq = async (where: Namespace, ...words: readonly string[]): Promise<void> => {
  const program = where.start(['dnsmasq', '-k', '-C', '/dev/null', '--log-facility=-', '--port=0', '--user=root', '--pid-file=', ...words]);
  await program.line(/started/);
};

test('a wire as it should be: nothing fails', async () => {
  const checks = await preflight('server', 500);
  expect(Object.values(checks).filter((check) => check?.verdict === 'fail')).toEqual([]);
  expect([checks['binding']?.verdict, checks['ports']?.verdict, checks['foreign-dhcp']?.verdict, checks['boot-kit']?.verdict]).toEqual([
    'pass',
    'pass',
    'pass',
    'pass',
  ]);
  expect(checks['ports']?.facts).toEqual({ 'udp-67': 'free', 'udp-69': 'free', 'udp-4011': 'free', 'tcp-8080': 'free' });
});

test('another DHCP server: server mode must not start beside it, proxy mode may', async () => {
  await dnsmasq(other, '--dhcp-range=10.8.0.100,10.8.0.150,1h', '--interface=eth0', '--dhcp-leasefile=/dev/null');
  expect((await preflight())['foreign-dhcp']).toMatchObject({ verdict: 'fail', message: expect.stringContaining('10.8.0.2') });
  expect((await preflight('proxy'))['foreign-dhcp']).toMatchObject({ verdict: 'pass' });
});

test('another DHCP server that tells firmware, and nobody else, what to boot', async () => {
  const boots = ['--dhcp-vendorclass=set:pxe,PXEClient', '--dhcp-boot=tag:pxe,pxelinux.0'];
  await dnsmasq(other, '--dhcp-range=10.8.0.100,10.8.0.150,1h', '--interface=eth0', '--dhcp-leasefile=/dev/null', ...boots);
  expect((await preflight('proxy'))['foreign-dhcp']).toMatchObject({ verdict: 'warn', message: expect.stringContaining('pxelinux.0') });
});

test('proxy mode without anyone who gives addresses', async () => {
  expect((await preflight('proxy', 500))['foreign-dhcp']).toMatchObject({ verdict: 'warn' });
});

test('a port that another program holds is named with it', async () => {
  await dnsmasq(station, '--enable-tftp', '--tftp-root=/tmp', '--interface=eth0', '--bind-interfaces');
  const { ports } = await preflight('server', 0);
  expect(ports).toMatchObject({
    verdict: 'fail',
    message: expect.stringContaining('dnsmasq'),
    facts: { 'udp-69': 'taken', 'udp-67': 'free' },
  });
});

test('a pulled cable and a missing address', async () => {
  other.ip('link set eth0 down');
  expect((await preflight('server', 500))['link']).toMatchObject({ verdict: 'fail', next: expect.stringContaining('cable') });
  other.ip('link set eth0 up');
  station.ip('address flush dev eth0');
  const checks = await preflight('server', 500);
  expect(checks['address']).toMatchObject({ verdict: 'fail', next: expect.stringContaining('ip address add') });
  expect(checks['foreign-dhcp']).toMatchObject({ verdict: 'warn' });
});

test('a switch that speaks spanning tree, and a device with our address', async () => {
  const quiet = await preflight('server', 3000);
  expect([quiet['spanning-tree']?.verdict, quiet['own-address']?.verdict]).toEqual(['pass', 'pass']);
  other.ip('link add br0 type bridge stp_state 1 hello_time 100 forward_delay 400');
  other.ip('addr flush dev eth0');
  other.ip('link set eth0 master br0');
  other.ip('addr add 10.8.0.1/24 dev br0');
  other.ip('link set br0 up');
  // Until the bridge forwards, nothing is answered behind it.
  await expect.poll(() => other.ip('-d link show eth0'), { timeout: 30_000 }).toMatch(/state forwarding/);
  const checks = await preflight('server', 3000);
  expect(checks['spanning-tree']).toMatchObject({ verdict: 'warn', number: 11, facts: { protocol: 'STP', forwardDelaySeconds: 4 } });
  const mac = /link\/ether (\S+)/.exec(other.ip('link show br0'))?.[1] ?? 'none';
  expect(checks['own-address']).toMatchObject({ verdict: 'fail', message: expect.stringContaining(mac) });
});

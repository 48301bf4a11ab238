// `rackside serve` on a wire that is not as it should be: it starts, says what is wrong and who is in the way, and goes on by itself
// once that is gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StationView } from '../../preload/contract/views.ts';
import { writeDemoKit } from '../rack/demo-kit.ts';
import { udhcpc } from './dhcp-clients.ts';
import { createLab } from './netns.ts';
import type { Lab, Namespace } from './netns.ts';
import type { Program } from './program.ts';

let folder: string;
let lab: Lab;
let station: Namespace;
let other: Namespace;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-serve-'));
  await writeDemoKit(join(folder, 'kit'));
  lab = createLab('serve');
  station = lab.namespace('station');
  other = lab.namespace('other');
  lab.cable({ namespace: station, name: 'eth0', address: '10.8.0.1/24' }, { namespace: other, name: 'eth0', address: '10.8.0.2/24' });
});
afterEach(async () => {
  await lab.dispose();
  rmSync(folder, { recursive: true });
});

const words = (...more: readonly string[]): readonly string[] => [...more, '--data', join(folder, 'station')];
const serve = async (...more: readonly string[]): Promise<StationView['wire']> => {
  const program = station.node(
    'main/command/rackside.ts',
    words('serve', '--nic', 'eth0', '--kit', join(folder, 'kit'), '--listen', '--json', ...more),
  );
  return (JSON.parse(await program.line(/^\{"url"/, 60_000)) as { readonly station: StationView }).station.wire;
};
const rackside = async (...more: readonly string[]): Promise<string> =>
  (await station.node('main/command/rackside.ts', words(...more)).ended).stdout;
const follow = (): Program => station.node('main/command/rackside.ts', words('events', '--follow'));
/** Resolves once nothing is wrong with the wire, looking whenever the station says that something happened. */
const serves = async (): Promise<StationView['wire']> => {
  for (;;) {
    const { wire } = JSON.parse(await rackside('status', '--json')) as StationView;
    if (wire.problem === null) return wire;
  }
};
/** Holds a port until it is stopped. */
const hold = async (protocol: 'udp' | 'tcp', port: number): Promise<Program> => {
  const listen =
    protocol === 'udp'
      ? `require('dgram').createSocket('udp4').bind(${port}, '10.8.0.1', () => console.log('holding'))`
      : `require('net').createServer().listen(${port}, '10.8.0.1', () => console.log('holding'))`;
  const program = station.start([process.execPath, '-e', `process.title = 'squatter'; ${listen}`]);
  await program.line(/holding/);
  return program;
};

test.each([
  ['udp', 67, 'network.port-taken'],
  ['udp', 69, 'network.port-taken'],
  ['tcp', 8067, 'http.port-taken'],
] as const)('%s port %i in use: the holder is named; once it is gone the station serves', async (protocol, port, code) => {
  const holder = await hold(protocol, port);
  const { problem } = await serve();
  expect(problem?.code).toBe(code);
  expect(problem?.message).toMatch(new RegExp(`\\S+ \\(process \\d+\\) already .*port ${port}`));
  expect(await rackside('status')).toContain('PROBLEM');
  expect(await rackside('events')).toMatch(/warn\s+wire\.stopped\s+\S+ \(process \d+\) already/);
  // A third program, started by nobody of ours, is what a person would look for by this number.
  expect(Number(/process (\d+)/.exec(problem?.message ?? '')?.[1])).toBeGreaterThan(1);
  await holder.stop();
  expect(await serves()).toMatchObject({ httpPort: 8067, problem: null });
});

test('no link: the station waits for the cable and serves when it is in', async () => {
  other.ip('link set eth0 down');
  // The kernel takes up to a second to tell programs of it.
  await expect.poll(() => station.ip('-o link show eth0'), { timeout: 20_000 }).toMatch(/state (LOWERLAYER)?DOWN/);
  // Without a link the port shows no address, so that it has to be named.
  const refused = await station.node('main/command/rackside.ts', words('serve', '--nic', 'eth0')).ended;
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/no link on eth0[^]*--address[^]*\(wire\.no-link\)/) });
  const { problem } = await serve('--address', '10.8.0.1/24');
  expect(problem).toMatchObject({ code: 'wire.no-link', message: 'There is no link on eth0.', next: expect.stringContaining('cable') });
  const events = follow();
  await events.line(/wire\.stopped.*no link/i, 60_000);
  other.ip('link set eth0 up');
  expect(await serves()).toMatchObject({ problem: null });
  // Pulled out while serving: nobody is answered, and it is said.
  other.ip('link set eth0 down');
  await events.line(/dhcp\.suspended/, 60_000);
  other.ip('link set eth0 up');
  await events.line(/dhcp\.resumed/, 60_000);
});

test('a system on a machine that nobody knows gets no address; with --lease-to-all it does, and the router that was set', async () => {
  other.ip('addr flush dev eth0');
  const ask = () => other.start(udhcpc(folder, '-n', '-q')).ended;
  const program = station.node('main/command/rackside.ts', words('serve', '--nic', 'eth0', '--kit', join(folder, 'kit'), '--json'));
  await program.line(/^\{"url"/, 60_000);
  expect((await ask()).stdout).toMatch(/udhcpc leasefail/);
  await program.stop();
  await serve('--lease-to-all', '--router', '10.8.0.254');
  expect((await ask()).stdout).toMatch(/udhcpc bound ip=10\.8\.0\.\d+ mask=24 server=10\.8\.0\.1 .* router=10\.8\.0\.254 /);
});

test('on another port and in another mode without a restart: listening ends with the port, and stays with the mode', async () => {
  const third = lab.namespace('third');
  lab.cable({ namespace: station, name: 'eth1', address: '10.8.1.1/24' }, { namespace: third, name: 'eth0' });
  await serve('--lease-to-all');
  const ports = JSON.parse(await rackside('wire', 'ports', '--json')) as readonly { readonly name: string }[];
  expect(ports.map(({ name }) => name)).toEqual(expect.arrayContaining(['eth0', 'eth1', 'lo']));
  const status = async (): Promise<StationView> => JSON.parse(await rackside('status', '--json')) as StationView;

  expect(await rackside('wire', 'serve', '--nic', 'eth0', '--mode', 'proxy')).toContain('serves on eth0 10.8.0.1 (proxy)');
  expect(await status()).toMatchObject({ wire: { nic: 'eth0', mode: 'proxy', httpPort: 8067, problem: null }, listening: { on: true } });

  expect(await rackside('wire', 'serve', '--nic', 'eth1')).toContain('serves on eth1 10.8.1.1 (server)');
  expect(await status()).toMatchObject({ wire: { nic: 'eth1', mode: 'server', problem: null }, listening: { on: false } });
  expect(await rackside('events')).toMatch(/wire\.chosen .*serve on eth1 10\.8\.1\.1\./);
  // The old port is nobody's any more.
  await (await hold('udp', 69)).stop();

  const nowhere = await station.node('main/command/rackside.ts', words('wire', 'serve', '--nic', 'eth9')).ended;
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('(wire.no-such-nic)') });
  expect((await status()).wire.nic).toBe('eth1');
});

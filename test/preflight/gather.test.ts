import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAddressManager, readFirewall, readLibraryFolder, readRights } from '../../main/preflight/gather-system.ts';
import type { Ask } from '../../main/preflight/gather-system.ts';
import { runPreflight } from '../../main/preflight/preflight.ts';
import { preflightReportSchema } from '../../preload/contract/views.ts';
import { writeSampleKit } from '../boot/sample-kit.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-preflight-'));
});
afterEach(() => rm(folder, { recursive: true }));

const answers =
  (table: Record<string, string>): Ask =>
  async (program, words) =>
    table[[program, ...words].join(' ')] ?? null;
const units = (states: string): Ask => answers({ 'systemctl is-active firewalld ufw nftables': states });

test('the active firewall', async () => {
  const ufw = join(folder, 'ufw.conf');
  expect(await readFirewall(units('inactive\ninactive\ninactive\n'), ufw)).toEqual({ kind: 'none' });
  expect(await readFirewall(units('active\ninactive\ninactive\n'), ufw)).toEqual({ kind: 'firewalld' });
  expect(await readFirewall(units('inactive\nactive\nactive\n'), ufw)).toEqual({ kind: 'nftables' });
  await writeFile(ufw, '# a comment\nENABLED=yes\nLOGLEVEL=low\n');
  expect(await readFirewall(units('inactive\nactive\ninactive\n'), ufw)).toEqual({ kind: 'ufw' });
  await writeFile(ufw, 'ENABLED=no\n');
  expect(await readFirewall(async () => null, ufw)).toEqual({ kind: 'none' });
});

test('the firewall of Windows, until a rule of our name lets us in, and that of macOS', async () => {
  const shell =
    (profiles: string, rule: string): Ask =>
    async (_program, words) =>
      (words.at(-1) ?? '').includes('Get-NetFirewallRule') ? rule : profiles;
  const on = (asked: Ask, platform: NodeJS.Platform) => readFirewall(asked, 'none', platform);
  expect(await on(shell('Private\r\nPublic\r\n', ''), 'win32')).toEqual({ kind: 'windows' });
  expect(await on(shell('Private\r\n', '{7E3A}\r\n'), 'win32')).toEqual({ kind: 'none' });
  expect(await on(shell('', ''), 'win32')).toEqual({ kind: 'none' });
  expect(await on(async () => 'Firewall is enabled. (State = 1)\n', 'darwin')).toEqual({ kind: 'macos' });
  expect(await on(async () => 'Firewall is disabled. (State = 0)\n', 'darwin')).toEqual({ kind: 'none' });
  expect(await on(async () => null, 'darwin')).toEqual({ kind: 'none' });
});

test('who manages the address', async () => {
  const connection = 'nmcli -g GENERAL.CONNECTION device show eth0';
  expect(
    await readAddressManager('eth0', answers({ [connection]: 'Wired 1\n', 'nmcli -g ipv4.method connection show Wired 1': 'auto\n' })),
  ).toEqual({
    connection: 'Wired 1',
    method: 'auto',
  });
  expect(await readAddressManager('eth0', answers({ [connection]: '--\n' }))).toBeNull();
  expect(await readAddressManager('eth0', async () => null)).toBeNull();
});

test('the rights of this very process', async () => {
  const rights = await readRights();
  expect(rights).toMatchObject({ platform: process.platform, userId: process.getuid?.() ?? null });
  expect(rights.mayBindLowPorts || rights.userId !== 0).toBe(true);
});

test('library folders', async () => {
  expect(await readLibraryFolder(folder, null)).toMatchObject({ state: 'writable', freeBytes: expect.any(Number) });
  expect(await readLibraryFolder(join(folder, 'no'), null)).toMatchObject({ state: 'new' });
  expect(await readLibraryFolder(join(folder, 'data', 'library'), join(folder, 'data'))).toMatchObject({ state: 'new' });
  expect(await readLibraryFolder(join(folder, 'stick', 'library'), join(folder, 'data'))).toMatchObject({ state: 'missing' });
  await writeFile(join(folder, 'file'), '');
  expect(await readLibraryFolder(join(folder, 'file'), null)).toMatchObject({ state: 'no-folder' });
});

// Root writes to anything that is not mounted read-only.
test.skipIf(process.getuid?.() === 0)('a library folder without write permission', async () => {
  await chmod(folder, 0o500);
  expect(await readLibraryFolder(folder, null)).toMatchObject({ state: 'read-only' });
});

const rehearsal = async (httpPort: number, verifyKit = false) =>
  runPreflight({
    nicName: null,
    address: null,
    mode: 'server',
    httpPort,
    kitFolder: folder,
    libraryFolder: folder,
    dataFolder: null,
    serving: false,
    verifyKit,
  });

test('a rehearsal on loopback: ports, kit and library', async () => {
  await writeSampleKit(folder);
  const report = await rehearsal(0, true);
  expect(preflightReportSchema.parse(report)).toEqual(report);
  expect(report.checks.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['ports', 'pass'],
    ['boot-kit', 'pass'],
    ['library', expect.stringMatching(/pass|warn/)],
  ]);
  await writeFile(join(folder, 'vmlinuz'), Buffer.alloc(20_000, 'x'));
  expect((await rehearsal(0, true)).checks.find(({ id }) => id === 'boot-kit')).toMatchObject({
    verdict: 'fail',
    message: expect.stringContaining('vmlinuz'),
  });
});

test('a taken HTTP port and no kit fail with what to do', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const report = await rehearsal((holder.address() as AddressInfo).port);
  expect(report.verdict).toBe('fail');
  expect(report.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)).toEqual(['ports', 'boot-kit']);
  holder.close();
});

test('a port that does not exist ends with the first check, not with an error', async () => {
  const report = await runPreflight({
    nicName: 'nic-of-nobody',
    address: null,
    mode: 'server',
    httpPort: 0,
    kitFolder: folder,
    libraryFolder: folder,
    dataFolder: null,
    serving: false,
  });
  expect(report.checks[0]).toMatchObject({ id: 'nic', number: 1, verdict: 'fail' });
  expect(report.checks.map(({ id }) => id)).toEqual(['nic', 'rights', 'boot-kit', 'library', 'firewall']);
});

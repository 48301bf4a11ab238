// Reads what the operating system knows: rights of this process, active firewall, NetworkManager, free space. Linux; of Windows and macOS
// the firewall, written from their documentation and not run there; else neutral values.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { AddressManager } from './judge-port.ts';
import type { Firewall, Rights } from './judge-serving.ts';
import type { LibraryFolder } from './judge-stock.ts';

const exec = promisify(execFile);

/** Standard output, or null when the program is missing, fails or takes too long. */
export type Ask = (program: string, words: readonly string[]) => Promise<string | null>;

const ask: Ask = async (program, words) => {
  try {
    return (await exec(program, words, { timeout: 5000, env: { ...process.env, LC_ALL: 'C' } })).stdout;
  } catch (error) {
    // `systemctl is-active` answers with its exit code as well as with words.
    const stdout = error instanceof Error && 'stdout' in error ? error.stdout : null;
    return typeof stdout === 'string' && stdout !== '' ? stdout : null;
  }
};

/** linux/capability.h */
const CAP_NET_BIND_SERVICE = 10n;

export const readRights = async (): Promise<Rights> => {
  const status = await readText('/proc/self/status');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const start = await readText('/proc/sys/net/ipv4/ip_unprivileged_port_start');
  return {
    platform: process.platform,
    userId: process.getuid?.() ?? null,
    mayBindLowPorts: ((effective >> CAP_NET_BIND_SERVICE) & 1n) === 1n,
    unprivilegedPortStart: start === '' ? null : Number(start),
  };
};

const MAC_FIREWALL = '/usr/libexec/ApplicationFirewall/socketfilterfw';

/** Off in every profile, or with a rule of our name that is on: then nothing is in the way. netsh would answer in the user's language. */
const windowsFirewall = async (asked: Ask): Promise<Firewall> => {
  const shell = (command: string) => asked('powershell', ['-NoProfile', '-NonInteractive', '-Command', command]);
  const profiles = (await shell('(Get-NetFirewallProfile | Where-Object Enabled).Name'))?.trim() ?? '';
  const rule =
    (await shell('(Get-NetFirewallRule -DisplayName Rackside -ErrorAction Ignore | Where-Object Enabled -eq True).Name'))?.trim() ?? '';
  return { kind: profiles !== '' && rule === '' ? 'windows' : 'none' };
};

/** Rules themselves are for root to read; that a firewall is switched on everybody may see. */
export const readFirewall = async (
  asked: Ask = ask,
  ufwConfig = '/etc/ufw/ufw.conf',
  platform: NodeJS.Platform = process.platform,
): Promise<Firewall> => {
  if (platform === 'win32') return windowsFirewall(asked);
  // Documentation of socketfilterfw: "Firewall is enabled. (State = 1)", or 2 where it blocks everything.
  if (platform === 'darwin')
    return { kind: /State = [12]/.test((await asked(MAC_FIREWALL, ['--getglobalstate'])) ?? '') ? 'macos' : 'none' };
  const services = ['firewalld', 'ufw', 'nftables'];
  const states = (await asked('systemctl', ['is-active', ...services]))?.split('\n') ?? [];
  const active = services.filter((_, index) => states[index]?.trim() === 'active');
  if (active.includes('firewalld')) return { kind: 'firewalld' };
  // The unit is active even while ufw itself is off.
  if (/^\s*ENABLED\s*=\s*yes/im.test(await readText(ufwConfig))) return { kind: 'ufw' };
  return { kind: active.includes('nftables') ? 'nftables' : 'none' };
};

/** NetworkManager's connection on a NIC and how it gets its IPv4 address (`auto`, `manual`, `shared`, …). */
export const readAddressManager = async (nicName: string, asked: Ask = ask): Promise<AddressManager> => {
  const connection = (await asked('nmcli', ['-g', 'GENERAL.CONNECTION', 'device', 'show', nicName]))?.trim();
  if (!connection || connection === '--') return null;
  const method = (await asked('nmcli', ['-g', 'ipv4.method', 'connection', 'show', connection]))?.trim();
  return method ? { connection, method } : null;
};

/** `dataFolder` is the station's own, which it makes at its first start; elsewhere it makes the library's folder, but not the one around it. */
export const readLibraryFolder = async (path: string, dataFolder: string | null): Promise<LibraryFolder> => {
  const found = await stat(path).catch(() => null);
  if (!found) {
    const parent = dirname(path);
    const isMade = parent === dataFolder || ((await stat(parent).catch(() => null))?.isDirectory() ?? false);
    return { path, state: isMade ? 'new' : 'missing', freeBytes: null };
  }
  if (!found.isDirectory()) return { path, state: 'no-folder', freeBytes: null };
  const space = await statfs(path).catch(() => null);
  const freeBytes = space && space.bavail * space.bsize;
  const writable = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  return { path, state: writable ? 'writable' : 'read-only', freeBytes };
};

const readText = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).trim();

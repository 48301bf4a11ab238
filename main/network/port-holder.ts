// Who holds a port: /proc/net/udp and /proc/net/tcp give the socket's inode, /proc/PID/fd its owner (proc(5)). Linux; Windows and macOS
// are asked by port-holder-elsewhere.ts.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { holdersElsewhere } from './port-holder-elsewhere.ts';
import type { PortHolder } from './port-holder-elsewhere.ts';

/** Programs with a UDP socket on `port`. Another user's program stays unnamed unless we are root. */
export const udpPortHolders = (port: number, procRoot = '/proc'): readonly PortHolder[] =>
  holdersElsewhere('udp', port) ??
  holdersOf([...inodesOn(`${procRoot}/net/udp`, port), ...inodesOn(`${procRoot}/net/udp6`, port)], procRoot);

/** Programs that listen on the TCP `port`; named as far as for UDP. */
export const tcpPortHolders = (port: number, procRoot = '/proc'): readonly PortHolder[] =>
  holdersElsewhere('tcp', port) ??
  holdersOf([...inodesOn(`${procRoot}/net/tcp`, port, LISTEN), ...inodesOn(`${procRoot}/net/tcp6`, port, LISTEN)], procRoot);

/** `NAME (process PID)`, several joined; `Another program` where the system does not tell. */
export const holderText = (holders: readonly PortHolder[]): string =>
  holders.map(({ name, pid }) => (pid === process.pid ? 'This station itself' : `${name} (process ${pid})`)).join(' and ') ||
  'Another program';

const holdersOf = (sockets: readonly string[], procRoot: string): readonly PortHolder[] => {
  const inodes = new Set(sockets);
  if (inodes.size === 0) return [];
  const pids = list(procRoot).filter((name) => /^[0-9]+$/.test(name));
  return pids
    .filter((pid) => list(`${procRoot}/${pid}/fd`).some((fd) => inodes.has(socketInode(`${procRoot}/${pid}/fd/${fd}`))))
    .map((pid) => ({ pid: Number(pid), name: nameOf(`${procRoot}/${pid}`) }));
};

/** What Node calls its first thread, and therefore any program that runs on it, another station too. */
const NODE = 'MainThread';

const nameOf = (folder: string): string => {
  const name = read(`${folder}/comm`).trim();
  if (name !== NODE) return name;
  const script = read(`${folder}/cmdline`)
    .split('\0')
    .slice(1)
    .find((word) => word !== '' && !word.startsWith('-'));
  return script !== undefined && isOurs(resolve(linkTarget(`${folder}/cwd`), script)) ? 'Rackside' : 'node';
};

/** Whether a program's own package is this one: a checkout may have any name, and what lies in a folder of our name need not be ours. */
const isOurs = (script: string): boolean => {
  if (!existsSync(script)) return false;
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const text = read(join(folder, 'package.json'));
    if (text !== '') return /"name":\s*"rackside"/.test(text);
    if (folder === dirname(folder)) return false;
  }
};

/** TCP_LISTEN of the kernel's include/net/tcp_states.h, as these files print it. */
const LISTEN = '0A';

const inodesOn = (file: string, port: number, state?: string): readonly string[] =>
  read(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) === port && (state === undefined || fields[3] === state))
    .map((fields) => fields[9] ?? '');

const socketInode = (link: string): string => /^socket:\[([0-9]+)\]$/.exec(linkTarget(link))?.[1] ?? 'none';

const linkTarget = (link: string): string => {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
};

/** Processes end and hide while we look. */
const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** What to do about those that are known to sit on the ports of DHCP and TFTP. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /SharedAccess/i,
    "Switch Internet Connection Sharing off, which Hyper-V's Default Switch uses too: Stop-Service SharedAccess, as administrator.",
  ],
  [/^(bootpd|launchd)$/, 'Switch Internet Sharing off in the system settings, or: sudo launchctl bootout system/com.apple.bootpd.'],
  [/WDSServer/i, 'Stop Windows Deployment Services: Stop-Service WDSServer, as administrator.'],
  [/DHCPServer/i, "Stop this computer's DHCP server: Stop-Service DHCPServer, as administrator."],
];

/** A next step for these holders, or null where stopping the program is all that can be said. */
export const holderAdvice = (holders: readonly PortHolder[]): string | null =>
  ADVICE.find(([name]) => holders.some((holder) => name.test(holder.name)))?.[1] ?? null;

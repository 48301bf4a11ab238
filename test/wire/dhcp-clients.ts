// Debian's DHCP clients and servers as the wire tests run them, each confined to a namespace and a temporary folder.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, type Lab, type Namespace } from './netns.ts';
import type { Program } from './program.ts';
import type { StationOptions } from './dhcp-station.ts';

export type DhcpLab = Lab & {
  /** Holds the switch `br0` that every machine hangs on. The station's own NIC on it is `eth0`, 10.9.0.1/24. */
  readonly station: Namespace;
  readonly folder: string;
  /** A machine on the switch with NIC `eth0`; with `address` it is a host of its own, else a DHCP client. */
  machine(name: string, options?: { readonly mac?: string; readonly address?: string }): Namespace;
  startStation(options?: Partial<StationOptions>): Program;
};

export const createDhcpLab = (): DhcpLab => {
  const lab = createLab('dhcp');
  const folder = mkdtempSync(join(tmpdir(), 'rackside-dhcp-'));
  const ground = lab.namespace('switch');
  lab.bridge(ground, 'br0');
  const station = lab.namespace('station');
  let ports = 0;
  const plug = (namespace: Namespace, options: { readonly mac?: string; readonly address?: string }): void =>
    lab.cable({ namespace: ground, name: `p${(ports += 1)}`, bridge: 'br0' }, { namespace, name: 'eth0', ...options });
  plug(station, { address: '10.9.0.1/24' });
  return {
    ...lab,
    station,
    folder,
    machine: (name, options = {}) => {
      const namespace = lab.namespace(name);
      plug(namespace, options);
      return namespace;
    },
    startStation: (options = {}) => station.node('test/wire/dhcp-station.ts', [JSON.stringify({ nic: 'eth0', ...options })]),
    dispose: async () => {
      await lab.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** A hook script that prints what the client learned in one line and, when bound, sets the address. */
const script = (folder: string, name: string, body: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
};

export const udhcpc = (folder: string, ...options: readonly string[]): readonly string[] => [
  'busybox',
  ...'udhcpc -f -i eth0 -t 5 -T 1 -s'.split(' '),
  script(
    folder,
    'udhcpc.sh',
    '[ "$1" = bound ] && busybox ip addr add $ip/$mask dev $interface\n' +
      'echo "udhcpc $1 ip=$ip mask=$mask server=$serverid next=$siaddr file=$boot_file router=$router words=$opt224 message=$message"',
  ),
  ...options,
];

export const dhclient = (folder: string, ...options: readonly string[]): readonly string[] => [
  ...`dhclient -4 -v -lf ${folder}/dhclient.leases -pf ${folder}/dhclient.pid -sf`.split(' '),
  script(
    folder,
    'dhclient.sh',
    'case $reason in BOUND|REBOOT) ip addr add $new_ip_address/24 dev $interface;; RELEASE) ip addr flush dev $interface;; esac\n' +
      'echo "dhclient $reason ip=$new_ip_address server=$new_dhcp_server_identifier"',
  ),
  ...options,
  'eth0',
];

/** dhcpcd keeps its state in fixed places; the namespace's own mount table hides them. */
export const dhcpcd = (folder: string): readonly string[] => [
  'sh',
  '-c',
  `mount -t tmpfs tmpfs /var/lib/dhcpcd && mount -t tmpfs tmpfs /run && exec dhcpcd -4 -B -A -d --timeout 15 -c ${script(folder, 'dhcpcd.sh', 'echo "dhcpcd $reason ip=$new_ip_address server=$new_dhcp_server_identifier"')} eth0`,
];

/** `options` beyond one range on eth0; by default it pings an address for 3 s before offering it. */
export const dnsmasq = (range: string, ...options: readonly string[]): readonly string[] => [
  ...`dnsmasq -d -C /dev/null -p 0 --leasefile-ro --log-dhcp --dhcp-range=${range},2m`.split(' '),
  ...options,
];

// The station's network interfaces with what matters before serving on one: kind, link, addresses. Linux reads /sys/class/net
// (Documentation/ABI/testing/sysfs-class-net); elsewhere Node's own list has to do, with link and kind partly unknown.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

export type NicKind = 'wired' | 'wireless' | 'loopback' | 'virtual' | 'bridge';

export type Nic = {
  readonly name: string;
  /** The kernel's interface index; null where it cannot be read. */
  readonly index: number | null;
  /** Lower-case colon form; all zeros for loopback. */
  readonly mac: string;
  /** IPv4 only. */
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  /** A cable with something alive at the other end; null when the system does not tell (or the interface is down). */
  readonly carrier: boolean | null;
  readonly speedMbps: number | null;
  readonly kind: NicKind;
  /** Administratively up. */
  readonly up: boolean;
  /** Hangs on USB: may be unplugged at any time. */
  readonly usb: boolean;
};

export type NicSources = {
  /** Another root than /sys/class/net, for tests. */
  readonly sysRoot?: string;
  readonly interfaces?: typeof networkInterfaces;
};

/** Sorted by name; reads afresh at every call. */
export const listNics = ({ sysRoot = '/sys/class/net', interfaces = networkInterfaces }: NicSources = {}): readonly Nic[] => {
  const known = interfaces();
  const names = existsSync(sysRoot)
    ? readdirSync(sysRoot).filter((name) => existsSync(join(sysRoot, name, 'ifindex')))
    : Object.keys(known);
  const read = existsSync(sysRoot)
    ? (name: string) => sysNic(join(sysRoot, name), name, known[name])
    : (name: string) => plainNic(name, known[name]);
  return names.map(read).toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

type Infos = ReturnType<typeof networkInterfaces>[string];

const addressesOf = (infos: Infos): Nic['addresses'] =>
  (infos ?? [])
    .filter((info) => info.family === 'IPv4')
    .map((info) => ({ address: info.address, prefixLength: Number(info.cidr?.split('/')[1] ?? 32) }));

const sysNic = (folder: string, name: string, infos: Infos): Nic => {
  const flags = Number(attribute(folder, 'flags') ?? 0);
  const speed = Number(attribute(folder, 'speed') ?? -1);
  const carrier = attribute(folder, 'carrier');
  return {
    name,
    index: Number(attribute(folder, 'ifindex') ?? 0) || null,
    mac: (attribute(folder, 'address') ?? '').toLowerCase(),
    addresses: addressesOf(infos),
    carrier: carrier === null ? null : carrier === '1',
    speedMbps: speed > 0 ? speed : null,
    kind: sysKind(folder),
    up: (flags & 1) === 1,
    usb: deviceOf(folder)?.includes('/usb') ?? false,
  };
};

/** ARPHRD_LOOPBACK, include/uapi/linux/if_arp.h. */
const LOOPBACK_TYPE = '772';

const sysKind = (folder: string): NicKind => {
  if (attribute(folder, 'type') === LOOPBACK_TYPE) return 'loopback';
  if (existsSync(join(folder, 'wireless')) || existsSync(join(folder, 'phy80211'))) return 'wireless';
  if (existsSync(join(folder, 'bridge'))) return 'bridge';
  // Only what hangs on a bus has a `device`: veth, tun, VPN and container interfaces do not.
  return deviceOf(folder) === null ? 'virtual' : 'wired';
};

/** Reading `carrier` or `speed` of an interface that is down is an EINVAL, and an unplugged one is gone between two reads. */
const attribute = (folder: string, name: string): string | null => {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return null;
  }
};

const deviceOf = (folder: string): string | null => {
  try {
    return realpathSync(join(folder, 'device'));
  } catch {
    return null;
  }
};

const plainNic = (name: string, infos: Infos): Nic => {
  const first = infos?.[0];
  return {
    name,
    // Node tells the index only as the scope of an IPv6 link-local address.
    index: infos?.find((info) => info.family === 'IPv6' && info.scopeid > 0)?.['scopeid'] ?? null,
    mac: (first?.mac ?? '').toLowerCase(),
    addresses: addressesOf(infos),
    carrier: null,
    speedMbps: null,
    kind: plainKind(name, first?.internal ?? false),
    up: true,
    usb: false,
  };
};

/** Windows and macOS names. Unknown counts as wired: a person chooses the NIC, and the self-test of its binding does not depend on this. */
const plainKind = (name: string, internal: boolean): NicKind => {
  if (internal) return 'loopback';
  if (/wi-?fi|wlan|wireless|^wl|^awdl|^llw|^ath/i.test(name)) return 'wireless';
  if (/^bridge/i.test(name)) return 'bridge';
  return /^vEthernet|^utun|^tun|^tap|vmware|virtualbox|^docker|^veth/i.test(name) ? 'virtual' : 'wired';
};

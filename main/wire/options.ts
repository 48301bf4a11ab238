// On which wire a station serves and how: a NIC of this computer, or loopback for the software rack. Words of the command line
// become values here, with the defaults a technician expects.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { broadcastAddress, contains, formatIpv4, isIpv4, networkAddress, parseCidr, parseIpv4, rangeSize } from '../network/ipv4.ts';
import type { Ipv4Network, Ipv4Range } from '../network/ipv4.ts';
import { LEASE_OPTIONS, parseLeaseWords } from './lease-words.ts';
import type { LeaseWords } from './lease-words.ts';
import { listNics } from '../network/nics.ts';
import type { Nic } from '../network/nics.ts';

export type WireOptions =
  | {
      readonly kind: 'rack';
      readonly nic: string;
      readonly network: Ipv4Network;
      readonly mode: 'server' | 'proxy';
      readonly pool: Ipv4Range;
      readonly httpPort: number;
      readonly leaseSeconds: number;
      readonly lease?: LeaseWords;
    }
  /** Everything on 127.0.0.1 and free ports; no rights needed, nothing leaves this computer. */
  | {
      readonly kind: 'loopback';
      readonly leases: number;
      /** 0 takes a free one; a station that is to be found again after a restart needs its own. */
      readonly httpPort?: number;
    };

export const DEFAULT_HTTP_PORT = 8067;
const LEASE_SECONDS = 3600;

export const WIRE_OPTIONS = {
  nic: { type: 'string', value: 'NIC', help: 'wired port to serve on (see: rackside preflight)' },
  address: { type: 'string', value: 'CIDR', help: "the port's address, e.g. 10.77.0.1/24 (default: the one it has)" },
  mode: {
    type: 'string',
    value: 'server|proxy',
    help: 'hand out addresses (isolated switch), or only boot files beside another DHCP server',
  },
  pool: { type: 'string', value: 'FIRST-LAST', help: 'addresses to hand out (default: the upper three quarters of the subnet)' },
  ...LEASE_OPTIONS,
  'http-port': { type: 'string', value: 'PORT', help: `port for targets (default ${DEFAULT_HTTP_PORT})` },
  'window-port': { type: 'string', value: 'PORT', help: 'port of the window on 127.0.0.1 (default: any free one)' },
  'window-address': {
    type: 'string',
    value: 'ADDRESS',
    help: 'serve the window for other computers too, at this address of ours; wants a certificate and its key',
  },
  'window-certificate': { type: 'string', value: 'FILE', help: 'certificate (PEM) for --window-address' },
  'window-key': { type: 'string', value: 'FILE', help: 'its key (PEM)' },
  kit: { type: 'string', value: 'FOLDER', help: 'boot kit (default: the one that came with the program)' },
  library: {
    type: 'string',
    multiple: true,
    value: 'FOLDER',
    help: 'image library (default: in the data folder); given several times, the first is written and all are read',
  },
  site: { type: 'string', value: 'NAME', help: 'where this is' },
  operator: { type: 'string', value: 'NAME', help: 'who is at the laptop' },
  listen: { type: 'boolean', help: 'answer boot requests at once' },
  loopback: { type: 'boolean', help: 'serve the software rack on 127.0.0.1 instead of a NIC' },
} as const;

type Words = {
  text(name: keyof typeof WIRE_OPTIONS): string | undefined;
  list(name: keyof typeof WIRE_OPTIONS): readonly string[];
  flag(name: keyof typeof WIRE_OPTIONS): boolean;
};

/** Leaves the lower quarter of the subnet for things with fixed addresses: switches, consoles, the station. */
const defaultPool = (network: Ipv4Network): Ipv4Range => {
  const first = parseIpv4(networkAddress(network)) ?? 0;
  const last = parseIpv4(broadcastAddress(network)) ?? 0;
  return { first: formatIpv4(first + Math.max(1, Math.ceil((last - first + 1) / 4))), last: formatIpv4(last - 1) };
};

const parsePool = (text: string | undefined, network: Ipv4Network): Result<Ipv4Range> => {
  if (text === undefined) {
    const pool = defaultPool(network);
    return rangeSize(pool) > 0
      ? success(pool)
      : failed(
          'wire.pool-invalid',
          `${network.address}/${network.prefixLength} has no addresses to hand out.`,
          'Give the port a larger subnet, e.g. 10.77.0.1/24, or use --mode proxy.',
        );
  }
  const [first = '', last = '', ...more] = text.split('-').map((part) => part.trim());
  const isHost = (address: string): boolean =>
    isIpv4(address) && contains(network, address) && address !== networkAddress(network) && address !== broadcastAddress(network);
  if (more.length > 0 || !isHost(first) || !isHost(last) || rangeSize({ first, last }) === 0) {
    return failed(
      'wire.pool-invalid',
      `"${text}" is no range of addresses in ${network.address}/${network.prefixLength}.`,
      'Write e.g. --pool 10.77.0.100-10.77.0.200.',
    );
  }
  return success({ first, last });
};

const pickNic = (name: string | undefined, nics: readonly Nic[]): Result<Nic> => {
  const wired = nics.filter((nic) => nic.kind === 'wired' || nic.kind === 'bridge' || nic.kind === 'virtual');
  if (name !== undefined) {
    const found = nics.find((nic) => nic.name === name);
    const choose = `Name a wired port: ${wired.map((nic) => nic.name).join(', ') || 'there is none; a USB network adapter is one'}.`;
    if (found === undefined)
      return failed(
        'wire.no-such-nic',
        `There is no network interface "${name}".`,
        `There are: ${nics.map((nic) => nic.name).join(', ') || 'none'}.`,
      );
    if (found.kind === 'wireless') return failed('wire.nic-wireless', `${name} is Wi-Fi. Targets are never answered over Wi-Fi.`, choose);
    if (found.kind === 'loopback')
      return failed(
        'wire.nic-loopback',
        `${name} is loopback; no rack machine can be reached over it.`,
        `${choose} To rehearse: --loopback.`,
      );
    return success(found);
  }
  const [only] = wired;
  if (only !== undefined && wired.length === 1) return success(only);
  return failed(
    'wire.nic-wanted',
    wired.length === 0 ? 'This computer has no wired network port.' : `Several wired ports: ${wired.map((nic) => nic.name).join(', ')}.`,
    'Name the one that leads to the rack with --nic.',
  );
};

/** Failure `wire.port-invalid`. */
export const portOf = (text: string | undefined, fallback: number): Result<number> => {
  const port = text === undefined ? fallback : /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return port >= 0 && port < 65_536
    ? success(port)
    : failed('wire.port-invalid', `"${text ?? ''}" is no port.`, 'Ports are 1 to 65535; 0 takes a free one.');
};

/** Failure `wire.mode-invalid`. */
export const modeOf = (text: string | undefined): Result<'server' | 'proxy'> => {
  const mode = text ?? 'server';
  return mode === 'server' || mode === 'proxy'
    ? success(mode)
    : failed('wire.mode-invalid', `"${mode}" is no mode.`, 'Use server or proxy.');
};

/** Failures `wire.no-such-nic`, `wire.nic-wanted`, `wire.nic-wireless`, `wire.nic-loopback`, `wire.no-link`, `wire.no-address`, `wire.address-invalid`, `wire.pool-invalid`, `wire.lease-invalid`, `wire.port-invalid`, `wire.mode-invalid`. */
export const parseWireOptions = (words: Words, nics: readonly Nic[] = listNics()): Result<WireOptions> => {
  if (words.flag('loopback')) {
    const httpPort = portOf(words.text('http-port'), 0);
    return httpPort.ok ? success({ kind: 'loopback', leases: 1000, httpPort: httpPort.value }) : httpPort;
  }
  const nic = pickNic(words.text('nic'), nics);
  if (!nic.ok) return nic;
  const typed = words.text('address');
  const own = nic.value.addresses[0];
  // A port without a link shows no address: one that is named is believed until the cable is in, and then checked by binding to it.
  const isDark = own === undefined && (nic.value.carrier === false || !nic.value.up);
  if (typed === undefined && isDark) {
    return failed(
      'wire.no-link',
      `There is no link on ${nic.value.name}, so its address is not known.`,
      'Check the cable and the switch port, or name the address with --address; the station then waits for the link.',
    );
  }
  if (typed === undefined && own === undefined) {
    return failed(
      'wire.no-address',
      `${nic.value.name} has no IPv4 address.`,
      `Give it one, e.g.: ip addr add 10.77.0.1/24 dev ${nic.value.name}`,
    );
  }
  const network = typed === undefined ? (own ?? null) : parseCidr(typed);
  if (network === null)
    return failed('wire.address-invalid', `"${typed ?? ''}" is no address with its prefix.`, 'Write e.g. --address 10.77.0.1/24.');
  if (!isDark && !nic.value.addresses.some((address) => address.address === network.address)) {
    return failed(
      'wire.no-address',
      `${nic.value.name} does not have the address ${network.address}.`,
      `Give it to the port: ip addr add ${network.address}/${network.prefixLength} dev ${nic.value.name}`,
    );
  }
  const typedMode = modeOf(words.text('mode'));
  if (!typedMode.ok) return typedMode;
  const mode = typedMode.value;
  // A proxy hands out no address: its pool is never looked at.
  const pool = mode === 'proxy' ? success(defaultPool(network)) : parsePool(words.text('pool'), network);
  if (!pool.ok) return pool;
  const lease = parseLeaseWords(words, network, mode);
  if (!lease.ok) return lease;
  const httpPort = portOf(words.text('http-port'), DEFAULT_HTTP_PORT);
  if (!httpPort.ok) return httpPort;
  return success({
    kind: 'rack',
    nic: nic.value.name,
    network,
    mode,
    pool: pool.value,
    httpPort: httpPort.value,
    leaseSeconds: LEASE_SECONDS,
    lease: lease.value,
  });
};

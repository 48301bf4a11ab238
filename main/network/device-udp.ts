// UDP bound to one network interface, so that nothing is ever heard from or answered on another: SO_BINDTODEVICE (Linux socket(7)),
// IP_BOUND_IF (macOS ip(4), not verified there), elsewhere a socket bound to the interface's address.
import type { Socket } from 'node:dgram';
import { success, type Result } from '../../agent/protocol/failure.ts';
import { bindSocket, datagramsOver, type Datagrams } from './datagrams.ts';
import { nativeSockets, type NativeError, type NativeSockets } from './native.ts';
import type { Nic } from './nics.ts';
import { socketFailure } from './socket-failures.ts';

export type DeviceUdpOptions = {
  readonly nic: Pick<Nic, 'name' | 'index'>;
  /** The interface's own IPv4 address: what replies carry as their source. `0.0.0.0` for an interface that has none yet. */
  readonly address: string;
  /** 0 picks one. */
  readonly port: number;
  /** Hear broadcasts too (default). Without, one socket on the address is enough: TFTP transfers. */
  readonly broadcasts?: boolean;
  /** Bind beside another program's socket if that one allows it (port 68 of a DHCP client). Default: refuse a taken port. */
  readonly share?: boolean;
  /** For tests of the fallback. */
  readonly native?: NativeSockets | null;
};

export const openDeviceUdp = async (options: DeviceUdpOptions): Promise<Result<Datagrams>> => {
  const { nic, address, port, broadcasts = true, share = false, native = nativeSockets() } = options;
  const opened =
    native === null
      ? await addressSockets(address, port, broadcasts)
      : await deviceSockets(native, options, boundAddresses(options), share);
  if (typeof opened === 'string') return { ok: false, failure: socketFailure(opened, { address, port, nicName: nic.name }) };
  return success(datagramsOver(opened, native === null ? 'address' : 'device', { address, port: opened[0].address().port }));
};

/** Below it macOS lets an ordinary user bind the wildcard address alone. */
const FIRST_HIGH_PORT = 1024;

/** The addresses of the sockets that one port takes, in the order in which they are bound; the last one sends. */
export const boundAddresses = (
  { address, port, broadcasts = true }: Pick<DeviceUdpOptions, 'address' | 'port' | 'broadcasts'>,
  platform: NodeJS.Platform = process.platform,
): readonly string[] => {
  const wildcardAlone = address === '0.0.0.0' || (platform === 'darwin' && port > 0 && port < FIRST_HIGH_PORT);
  return wildcardAlone ? ['0.0.0.0'] : broadcasts ? ['0.0.0.0', address] : [address];
};

type Sockets = readonly [Socket, ...Socket[]];

/**
 * Two sockets on one port: a wildcard one that hears broadcasts, and one on the address, which hears unicast and sends, so that
 * the source address is right on an interface with several. The wildcard one is bound first and without SO_REUSEADDR: so the kernel
 * refuses when another program already serves this interface, but not when it is bound to another one (libvirt's dnsmasq).
 */
const deviceSockets = async (
  native: NativeSockets,
  options: DeviceUdpOptions,
  [first = options.address, second]: readonly string[],
  share: boolean,
): Promise<Sockets | string> => {
  const fds: number[] = [];
  const fail = (errno: string): string => {
    fds.forEach((fd) => native.close(fd));
    return errno;
  };
  const bound = (address: string, port: number, reuse: boolean): NativeError | null => {
    const fd = native.open();
    if (typeof fd !== 'number') return fd;
    fds.push(fd);
    const steps = [() => native.setReuse(fd, reuse), () => native.bindToDevice(fd, options.nic), () => native.bind(fd, address, port)];
    for (const step of steps) {
      const error = step();
      if (error !== null) return error;
    }
    return null;
  };
  const error = bound(first, options.port, share);
  const [wildcard] = fds;
  if (error !== null || wildcard === undefined) return fail(error?.errno ?? 'unknown');
  if (second !== undefined) {
    // Only now, so that our own second socket may join.
    native.setReuse(wildcard, true);
    const joined = bound(second, native.localPort(wildcard), true);
    if (joined !== null) return fail(joined.errno);
  }
  const sockets: Socket[] = [];
  for (const fd of fds) {
    const socket = await bindSocket({ fd });
    if (typeof socket === 'string') {
      sockets.forEach((other) => other.close());
      return fail(socket);
    }
    sockets.push(socket);
    // libuv turns SO_REUSEADDR on when it adopts a socket; off again, or a second server could bind beside us unnoticed.
    if (!share) native.setReuse(fd, false);
  }
  const [sender, ...hearers] = sockets.toReversed();
  return sender === undefined ? fail('unknown') : [sender, ...hearers];
};

/**
 * Without native calls. The address decides where datagrams leave; what comes in by other interfaces is heard too, which is why
 * proveBinding refuses this while another interface is up. On Windows a socket on the address hears the interface's broadcasts.
 */
const addressSockets = async (address: string, port: number, broadcasts: boolean): Promise<Sockets | string> => {
  const pair = broadcasts && process.platform !== 'win32';
  const wildcard = pair ? await bindSocket({ address: '0.0.0.0', port }, true) : null;
  if (typeof wildcard === 'string') return wildcard;
  const sender = await bindSocket({ address, port: wildcard?.address().port ?? port }, pair);
  if (typeof sender === 'string') {
    wildcard?.close();
    return sender;
  }
  sender.setBroadcast(true);
  return wildcard === null ? [sender] : [sender, wildcard];
};

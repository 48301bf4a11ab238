// Asks the wire whether another DHCP server answers: DISCOVER (RFC 2131) from a made-up client, never a REQUEST, so no lease is taken.
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { success, type Result } from '../../agent/protocol/failure.ts';
import { PROBE_VENDOR_CLASS } from '../dhcp/boot-client.ts';
import { decode, encode } from '../dhcp/codec.ts';
import { addressOption, messageType, messageTypeOption, OPTION, textBytes, textOption } from '../dhcp/options.ts';
import { BROADCAST_FLAG, macBytes, NO_ADDRESS, type DhcpPacket } from '../dhcp/packet.ts';
import type { Datagrams } from './datagrams.ts';
import { openDeviceUdp, type DeviceUdpOptions } from './device-udp.ts';

export type ForeignDhcpServer = {
  /** Option 54, or the sender's address when the offer lacks it. */
  readonly serverId: string;
  /** Where the offer came from; differs from `serverId` behind a relay. */
  readonly sentFrom: string;
  /** What it would lease; null for a proxyDHCP offer. */
  readonly offeredAddress: string | null;
  /** What it has machines boot; some servers say so to firmware alone (`asFirmware`). */
  readonly bootFile: string | null;
  /** Another Rackside station. */
  readonly rackside: boolean;
};

export type ForeignProbeOptions = {
  readonly nic: DeviceUdpOptions['nic'];
  readonly address: string;
  /** Our own server ids, which do not count. */
  readonly ownServerIds: readonly string[];
  /** dnsmasq pings an address for 3 s before it offers it; less than 5 s misses it. */
  readonly listenMs?: number;
  readonly sendAtMs?: readonly number[];
  /** The made-up client, locally administered; for a caller that must know it again on port 67. */
  readonly mac?: string;
  /** Every question is put once more as x64 UEFI firmware would. */
  readonly asFirmware?: boolean;
  readonly signal?: AbortSignal;
  /** For tests: another way to a socket on port 68. */
  readonly open?: () => Promise<Result<Datagrams>>;
};

/** `02:…` with five random bytes: locally administered, unicast. */
export const randomLocalMac = (): string => `02:${Array.from(randomBytes(5), (byte) => byte.toString(16).padStart(2, '0')).join(':')}`;

/**
 * Every DHCP server that answered within `listenMs`, each once. Failures are those of opening port 68 (network.port-taken,
 * network.port-denied, …): the wire is then unknown, not free.
 */
export const probeForeignDhcp = async (options: ForeignProbeOptions): Promise<Result<readonly ForeignDhcpServer[]>> => {
  const { nic, address, ownServerIds, listenMs = 5000, sendAtMs = [0, 1000], mac = randomLocalMac(), asFirmware = false, signal } = options;
  // Shared: the system's own DHCP client may sit on port 68, and does no harm there.
  const opened = await (options.open ?? (() => openDeviceUdp({ nic, address, port: 68, share: true })))();
  if (!opened.ok) return opened;
  const socket = opened.value;
  const found = new Map<string, ForeignDhcpServer>();
  const transactionId = randomInt(2 ** 32);
  socket.onMessage((bytes, from) => {
    const decoded = decode(bytes);
    if (!decoded.ok) return;
    const server = serverIn(decoded.value, transactionId, from.address);
    if (server === null || ownServerIds.includes(server.serverId)) return;
    const bootFile = server.bootFile ?? found.get(server.serverId)?.bootFile ?? null;
    found.set(server.serverId, { ...server, bootFile });
  });
  const stop = new AbortController();
  const ending = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal: ending }).catch(() => undefined);
  const questions = [PROBE_OPTIONS, ...(asFirmware ? [FIRMWARE_OPTIONS] : [])].map((asks) => encode(discover(mac, transactionId, asks)));
  try {
    const asking = sendAtMs.map(async (atMs) => {
      await wait(atMs);
      for (const question of questions) if (!ending.aborted) await socket.send(question, { address: '255.255.255.255', port: 67 });
    });
    await Promise.all([...asking, wait(listenMs)]);
    return success([...found.values()]);
  } finally {
    stop.abort();
    await socket.close();
  }
};

type Asks = readonly (readonly [number, Uint8Array])[];

const PROBE_OPTIONS: Asks = [[OPTION.vendorClass, textBytes(PROBE_VENDOR_CLASS)]];

/** A user class that no firmware sends tells another station that nobody boots here. */
const FIRMWARE_OPTIONS: Asks = [
  [OPTION.vendorClass, textBytes('PXEClient:Arch:00007:UNDI:003000')],
  [OPTION.architecture, Uint8Array.of(0, 7)],
  [OPTION.userClass, textBytes(PROBE_VENDOR_CLASS)],
];

/** The broadcast flag is a must: a unicast offer would go to a MAC that no NIC has. */
const discover = (mac: string, transactionId: number, asks: Asks): DhcpPacket => ({
  op: 1,
  hardwareType: 1,
  hardwareAddress: macBytes(mac),
  hops: 0,
  transactionId,
  seconds: 0,
  flags: BROADCAST_FLAG,
  clientAddress: NO_ADDRESS,
  yourAddress: NO_ADDRESS,
  serverAddress: NO_ADDRESS,
  relayAddress: NO_ADDRESS,
  serverName: '',
  bootFile: '',
  options: new Map([
    [OPTION.messageType, messageTypeOption('discover')],
    ...asks,
    [OPTION.parameterList, Uint8Array.of(OPTION.subnetMask, OPTION.router, OPTION.serverId, OPTION.tftpServerName, OPTION.bootFileName)],
  ]),
});

/** The server behind an OFFER to our question; null for anything else. Pure. */
export const serverIn = (packet: DhcpPacket, transactionId: number, sentFrom: string): ForeignDhcpServer | null => {
  if (packet.op !== 2 || packet.transactionId !== transactionId || messageType(packet) !== 'offer') return null;
  return {
    serverId: addressOption(packet, OPTION.serverId) ?? sentFrom,
    sentFrom,
    offeredAddress: packet.yourAddress === NO_ADDRESS ? null : packet.yourAddress,
    bootFile: textOption(packet, OPTION.bootFileName) ?? (packet.bootFile || null),
    rackside: textOption(packet, OPTION.vendorClass) === PROBE_VENDOR_CLASS,
  };
};

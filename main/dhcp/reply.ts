// Builds server replies: RFC 2131 table 3, boot options for PXE, HTTP boot and our agent, and where the reply goes (section 4.1).
import { subnetMask, type Ipv4Network } from '../network/ipv4.ts';
import type { BootAnswer, BootClient } from './boot-client.ts';
import { addressBytes, messageTypeOption, OPTION, textBytes, uint32Bytes, type DhcpMessage } from './options.ts';
import { NO_ADDRESS, type DhcpPacket } from './packet.ts';

/** Where a reply goes. `sender` = back to the datagram's own source address and port (4011). */
export type Destination =
  | { readonly kind: 'broadcast' }
  | { readonly kind: 'unicast'; readonly address: string; readonly port: number }
  | { readonly kind: 'sender' };

export type DhcpAction = { readonly kind: 'send'; readonly packet: DhcpPacket; readonly to: Destination };

/** What leases carry besides the address. Router and name servers only when a person set them: a rack switch has no way out. */
export type NetworkConfig = {
  /** Our own address, option 54. */
  readonly serverId: string;
  /** The network the leases are for. */
  readonly network: Ipv4Network;
  readonly leaseSeconds: number;
  readonly routers?: readonly string[];
  readonly nameServers?: readonly string[];
  readonly domainName?: string;
};

type Options = Map<number, Uint8Array>;

/** A reply's fixed part; `options` beyond message type, server id and the echoes are the caller's. */
export const replyTo = (
  request: DhcpPacket,
  type: DhcpMessage,
  serverId: string,
  body: {
    readonly yourAddress?: string;
    readonly clientAddress?: string;
    readonly serverAddress?: string;
    readonly serverName?: string;
    readonly bootFile?: string;
    readonly options?: ReadonlyMap<number, Uint8Array>;
  } = {},
): DhcpPacket => {
  const options: Options = new Map([
    [OPTION.messageType, messageTypeOption(type)],
    [OPTION.serverId, addressBytes(serverId)],
    ...(body.options ?? []),
  ]);
  // RFC 6842: the client identifier goes back. RFC 4578: so does the machine id. RFC 3046: relay information goes back, last.
  for (const code of [OPTION.clientId, OPTION.machineId, OPTION.relayInformation]) {
    const value = request.options.get(code);
    if (value !== undefined) options.set(code, value);
  }
  return {
    op: 2,
    hardwareType: request.hardwareType,
    hardwareAddress: request.hardwareAddress,
    hops: 0,
    transactionId: request.transactionId,
    seconds: 0,
    flags: request.flags,
    clientAddress: body.clientAddress ?? NO_ADDRESS,
    yourAddress: body.yourAddress ?? NO_ADDRESS,
    serverAddress: body.serverAddress ?? NO_ADDRESS,
    relayAddress: request.relayAddress,
    serverName: body.serverName ?? '',
    bootFile: body.bootFile ?? '',
    options,
  };
};

/**
 * Relay, else the client's own address, else everybody: a client without an address cannot be reached by unicast from an ordinary
 * socket (it would be ARPed for), and RFC 2131 section 4.1 allows the broadcast even when the client's flag does not ask for it.
 */
export const destinationOf = (request: DhcpPacket, type: DhcpMessage): Destination => {
  if (request.relayAddress !== NO_ADDRESS) return { kind: 'unicast', address: request.relayAddress, port: 67 };
  if (type !== 'nak' && request.clientAddress !== NO_ADDRESS) return { kind: 'unicast', address: request.clientAddress, port: 68 };
  return { kind: 'broadcast' };
};

/** Mask first: RFC 2132 section 3.3 wants it before the routers. */
export const networkOptions = (config: NetworkConfig): Options => {
  const options: Options = new Map([[OPTION.subnetMask, addressBytes(subnetMask(config.network.prefixLength))]]);
  if (config.routers?.length) options.set(OPTION.router, addressBytes(...config.routers));
  if (config.nameServers?.length) options.set(OPTION.domainNameServer, addressBytes(...config.nameServers));
  if (config.domainName) options.set(OPTION.domainName, textBytes(config.domainName));
  return options;
};

/** Lease time and RFC 2131 section 4.4.5's T1 (half) and T2 (seven eighths). */
export const leaseOptions = ({ leaseSeconds }: NetworkConfig): Options =>
  new Map([
    [OPTION.leaseSeconds, uint32Bytes(leaseSeconds)],
    [OPTION.renewalSeconds, uint32Bytes(Math.floor(leaseSeconds / 2))],
    [OPTION.rebindingSeconds, uint32Bytes(Math.floor((leaseSeconds * 7) / 8))],
  ]);

export type BootParts = {
  readonly serverAddress?: string;
  readonly serverName?: string;
  readonly bootFile?: string;
  readonly options: ReadonlyMap<number, Uint8Array>;
};

/** PXE_DISCOVERY_CONTROL (6) = 8: "do not look for boot servers, use the file named here" (PXE 2.1 section 2.4), then End. */
const SKIP_DISCOVERY = Uint8Array.of(6, 1, 8, 255);

/** The same in answer to a client that picked a boot menu item (sub-option 71), which wants its choice back. */
const vendorInformation = (request: DhcpPacket): Uint8Array => {
  const sent = request.options.get(OPTION.vendorInformation);
  return sent?.[0] === 71 && sent[1] === 4 && sent.byteLength >= 6 ? Uint8Array.of(6, 1, 8, ...sent.subarray(0, 6), 255) : SKIP_DISCOVERY;
};

/**
 * The boot options. The file goes into the header as well as into option 67, and siaddr as well as 66: shim derives its second
 * stage's folder from the header alone. `none` and an answer that the client cannot use give no boot options.
 */
export const bootParts = (request: DhcpPacket, client: BootClient, answer: BootAnswer): BootParts => {
  const options: Options = new Map();
  if (answer.kind === 'none') return { options };
  if (answer.kind === 'agent') return { options: options.set(OPTION.agentWords, textBytes(answer.words)) };
  if (client.vendorClass?.startsWith('PXEClient')) {
    options.set(OPTION.vendorClass, textBytes('PXEClient')).set(OPTION.vendorInformation, vendorInformation(request));
  } else if (client.vendorClass?.startsWith('HTTPClient')) {
    // UEFI HTTP boot takes an offer only if it says so itself.
    options.set(OPTION.vendorClass, textBytes('HTTPClient'));
  }
  if (answer.kind === 'http') return { options: options.set(OPTION.bootFileName, textBytes(answer.url)) };
  options.set(OPTION.tftpServerName, textBytes(answer.server)).set(OPTION.bootFileName, textBytes(answer.bootFile));
  // RFC 5859: for those who ask for it, by address where option 66 has a name.
  if (request.options.get(OPTION.parameterList)?.includes(OPTION.tftpServerAddress)) {
    options.set(OPTION.tftpServerAddress, addressBytes(answer.server));
  }
  return {
    serverAddress: answer.server,
    serverName: answer.server,
    // A URL for iPXE may be longer than the header field; then option 67 alone carries it.
    bootFile: Buffer.byteLength(answer.bootFile, 'latin1') < 128 ? answer.bootFile : '',
    options,
  };
};

// proxyDHCP as one pure function (PXE 2.1 section 2.2.3 and chapter 3): another server leases the addresses, we only say what to
// boot. The OFFER on port 67 already names server and file, which every firmware we know takes; port 4011 answers those that insist.
import { bootClientOf, isProbe, PROBE_VENDOR_CLASS, type BootAnswer, type BootClient } from './boot-client.ts';
import { heardEvent, type DhcpEvent } from './events.ts';
import { addressOption, messageType, OPTION, textBytes, type DhcpMessage } from './options.ts';
import { NO_ADDRESS, type DhcpPacket } from './packet.ts';
import { bootParts, destinationOf, replyTo, type Destination, type DhcpAction } from './reply.ts';
import { asProtocol, silence } from './silence.ts';
import type { Silence } from './silence.ts';

export type ProxyConfig = {
  readonly serverId: string;
  /** Whether this boot client is answered at all. */
  answers(client: BootClient): boolean;
};

export type ProxyOutcome = { readonly actions: readonly DhcpAction[]; readonly events: readonly DhcpEvent[] };

/** @param port where the packet came in: 67 or 4011. */
export const serveProxy = (
  packet: DhcpPacket,
  port: 67 | 4011,
  config: ProxyConfig,
  decideBoot: (client: BootClient) => BootAnswer,
): ProxyOutcome => {
  const message = messageType(packet);
  if (packet.op !== 1 || message === null || packet.hardwareAddress.byteLength !== 6) return { actions: [], events: [] };
  const client = bootClientOf(packet);
  // Another station looks for servers: it is told that we are here, and of no address. It is no machine, and not reported.
  if (isProbe(client)) return { actions: message === 'discover' ? [hereWeAre(packet, config)] : [], events: [] };
  const answer = decide(packet, message, port, client, config, decideBoot);
  const heard = heardEvent(packet, message, client, 'code' in answer ? answer : null);
  if ('code' in answer) return { actions: [], events: [heard, ...leasedElsewhere(packet, message, port, client)] };
  const { type, to, boot } = answer;
  const parts = bootParts(packet, client, boot);
  // yiaddr stays 0 always: the address is the other server's to give.
  const reply = replyTo(packet, type, config.serverId, {
    serverAddress: config.serverId,
    ...parts,
    clientAddress: type === 'ack' ? packet.clientAddress : NO_ADDRESS,
  });
  const told: DhcpEvent[] = [];
  if (boot.kind === 'pxe') told.push({ kind: 'boot-answered', client, bootFile: boot.bootFile });
  if (boot.kind === 'http') told.push({ kind: 'boot-answered', client, bootFile: boot.url });
  return { actions: [{ kind: 'send', packet: reply, to }], events: [heard, ...told] };
};

/** Its REQUEST is broadcast, so that every server hears which one was chosen (RFC 2131 section 3.1): it says the address as well. */
const leasedElsewhere = (packet: DhcpPacket, message: DhcpMessage, port: 67 | 4011, client: BootClient): readonly DhcpEvent[] => {
  const address = addressOption(packet, OPTION.requestedAddress);
  if (message !== 'request' || port !== 67 || address === null) return [];
  return [{ kind: 'leased-elsewhere', client, address, serverId: addressOption(packet, OPTION.serverId) }];
};

const hereWeAre = (packet: DhcpPacket, config: ProxyConfig): DhcpAction => {
  const options = new Map([[OPTION.vendorClass, textBytes(PROBE_VENDOR_CLASS)]]);
  return { kind: 'send', packet: replyTo(packet, 'offer', config.serverId, { options }), to: destinationOf(packet, 'offer') };
};

type Reply = { readonly type: 'offer' | 'ack'; readonly to: Destination; readonly boot: BootAnswer };

/** The reply to make, or why there is none. */
const decide = (
  packet: DhcpPacket,
  message: DhcpMessage,
  port: 67 | 4011,
  client: BootClient,
  config: ProxyConfig,
  decideBoot: (client: BootClient) => BootAnswer,
): Reply | Silence => {
  const reply = replyKind(packet, message, port, client);
  if ('code' in reply) return reply;
  if (!config.answers(client)) return silence('not-listening', 'not answering this client');
  const boot = decideBoot(client);
  if (boot.kind === 'none') return boot.silence;
  return { ...reply, boot };
};

const replyKind = (packet: DhcpPacket, message: DhcpMessage, port: 67 | 4011, client: BootClient): Omit<Reply, 'boot'> | Silence => {
  if (client.firmware === 'agent') {
    // The agent has its lease from the other server; an OFFER without an address would only confuse its DHCP client, so it asks by INFORM.
    return message === 'inform'
      ? { type: 'ack', to: destinationOf(packet, 'ack') }
      : silence('leasing-server', 'the agent asks a proxy by INFORM');
  }
  // An iPXE that lost its vendor class would take our yiaddr-less OFFER for a broken lease.
  if (!/^(PXE|HTTP)Client/.test(client.vendorClass ?? '')) return asProtocol('not a boot client');
  if (port === 4011) {
    // iPXE sends from port 68, EDK2 from 4011: the answer goes where the question came from.
    return message === 'request' || message === 'inform' ? { type: 'ack', to: { kind: 'sender' } } : asProtocol(`${message} on port 4011`);
  }
  if (message === 'discover') return { type: 'offer', to: destinationOf(packet, 'offer') };
  return silence(
    'leasing-server',
    message === 'request' ? 'the REQUEST is for the leasing server' : `${message} is for the leasing server`,
  );
};

// The DHCP server of RFC 2131 section 4.3 as one pure function: a packet, the time and the leases in; replies, lease changes and
// events out. Boot answers come from the `decideBoot` callback. service.ts carries them to and from the wire.
import { assertNever } from '../../agent/protocol/failure.ts';
import { broadcastAddress, contains, inRange, networkAddress, type Ipv4Range } from '../network/ipv4.ts';
import { bootClientOf, isProbe, PROBE_VENDOR_CLASS, type BootAnswer, type BootClient } from './boot-client.ts';
import { heardEvent, type DhcpEvent } from './events.ts';
import { chooseAddress, clientKeyOf, declinedKey, isLive, type Lease, type LeaseChange } from './leases.ts';
import { addressOption, messageType, OPTION, textBytes, textOption, type DhcpMessage } from './options.ts';
import { NO_ADDRESS, type DhcpPacket } from './packet.ts';
import { asProtocol, silence } from './silence.ts';
import type { Silence } from './silence.ts';
import { bootParts, destinationOf, leaseOptions, networkOptions, replyTo, type DhcpAction, type NetworkConfig } from './reply.ts';

export type ServerConfig = NetworkConfig & {
  readonly pool: Ipv4Range;
  /** Whether a NAK may be sent for addresses we know nothing of: true only where this is the wire's one DHCP server. */
  readonly authoritative: boolean;
  /** `boot`: lease and boot file. `lease`: lease only. `ignore`: heard, not answered. */
  answers(client: BootClient): 'boot' | 'lease' | 'ignore';
  /** Why one is ignored, for the event log, in a few words that follow "is not answered:". */
  whyIgnored?(client: BootClient): Silence;
};

export type ServerOutcome = {
  readonly actions: readonly DhcpAction[];
  readonly leaseChanges: readonly LeaseChange[];
  readonly events: readonly DhcpEvent[];
};

/** An offer nobody takes up blocks its address only this long. */
export const OFFER_MS = 30_000;
/** A declined address is in use by something that did not ask us; leave it alone for a while. */
export const DECLINED_MS = 600_000;

type Outcome = Omit<ServerOutcome, 'events'> & { readonly events?: readonly DhcpEvent[]; readonly silence?: Silence };
const silent = (silence: Silence, leaseChanges: readonly LeaseChange[] = [], events: readonly DhcpEvent[] = []): Outcome => ({
  actions: [],
  leaseChanges,
  events,
  silence,
});

/** @param now epoch milliseconds. Replies from servers, plain BOOTP and non-Ethernet clients give an empty outcome. */
export const serve = (
  packet: DhcpPacket,
  now: number,
  leases: readonly Lease[],
  config: ServerConfig,
  decideBoot: (client: BootClient) => BootAnswer,
): ServerOutcome => {
  const message = messageType(packet);
  if (packet.op !== 1 || message === null || packet.hardwareAddress.byteLength !== 6) return { actions: [], leaseChanges: [], events: [] };
  const exchange = exchangeOf(packet, message, now, leases, config, decideBoot);
  // Another station listening for servers is no machine: answered, not reported.
  if (exchange !== null && isProbe(exchange.client)) return { ...probed(exchange), events: [] };
  const outcome =
    exchange === null ? silent(silence('other-network', `relayed from another network by ${packet.relayAddress}`)) : answer(exchange);
  const heard = heardEvent(packet, message, exchange?.client ?? bootClientOf(packet), outcome.silence ?? null);
  return { actions: outcome.actions, leaseChanges: outcome.leaseChanges, events: [heard, ...(outcome.events ?? [])] };
};

/** One client's packet with everything needed to answer it. */
type Exchange = {
  readonly packet: DhcpPacket;
  readonly message: DhcpMessage;
  readonly now: number;
  readonly leases: readonly Lease[];
  readonly config: ServerConfig;
  readonly client: BootClient;
  readonly clientKey: string;
  readonly own: Lease | undefined;
  readonly requested: string | null;
  /** Never given out: our own address, routers and name servers, the network's and the broadcast address. */
  readonly reserved: ReadonlySet<string>;
  decideBoot(client: BootClient): BootAnswer;
};

const exchangeOf = (
  packet: DhcpPacket,
  message: DhcpMessage,
  now: number,
  leases: readonly Lease[],
  config: ServerConfig,
  decideBoot: (client: BootClient) => BootAnswer,
): Exchange | null => {
  const { network } = config;
  // One pool, one subnet: addresses for a relay's other network would be wrong there.
  if (packet.relayAddress !== NO_ADDRESS && !contains(network, packet.relayAddress)) return null;
  const client = bootClientOf(packet);
  const clientKey = clientKeyOf(packet, client);
  const own = leases.find((lease) => lease.clientKey === clientKey);
  const requested = addressOption(packet, OPTION.requestedAddress);
  const named = [...(config.routers ?? []), ...(config.nameServers ?? [])];
  const reserved = new Set([config.serverId, networkAddress(network), broadcastAddress(network), ...named]);
  return { packet, message, now, leases, config, client, clientKey, own, requested, reserved, decideBoot };
};

const answer = (exchange: Exchange): Outcome => {
  switch (exchange.message) {
    case 'discover':
      return discover(exchange);
    case 'request':
      return request(exchange);
    case 'decline':
      return decline(exchange);
    case 'release':
      return release(exchange);
    case 'inform':
      return inform(exchange);
    case 'offer':
    case 'ack':
    case 'nak':
      return silent(asProtocol('a server message in a client packet'));
    default:
      return assertNever(exchange.message);
  }
};

const whyIgnored = ({ config, client }: Exchange): Silence =>
  config.whyIgnored?.(client) ?? silence('not-listening', 'not answering this client');

/** Tells another station's probe that we are here. The offer names our own address: none is spent on it. */
const probed = (exchange: Exchange): Outcome => {
  if (exchange.message !== 'discover') return silent(asProtocol('a probe takes no lease'));
  const { serverId } = exchange.config;
  const options = new Map([...leaseOptions(exchange.config), [OPTION.vendorClass, textBytes(PROBE_VENDOR_CLASS)] as const]);
  return send(exchange, 'offer', replyTo(exchange.packet, 'offer', serverId, { yourAddress: serverId, options }));
};

const discover = (exchange: Exchange): Outcome => {
  const { now, config, client, clientKey, requested, leases, reserved, own } = exchange;
  const wanted = config.answers(client);
  if (wanted === 'ignore') return silent(whyIgnored(exchange));
  const choice = chooseAddress({ clientKey, mac: client.mac, requested }, leases, config.pool, reserved, now);
  if (choice === null) return silent(silence('pool-full', 'pool full'), [], [{ kind: 'pool-exhausted', client }]);
  const boot = bootFor(exchange, wanted, choice.address);
  const nothing = whyNothing(wanted, boot);
  if (nothing !== null) return silent(nothing);
  // A client that holds a live lease keeps its full time while it thinks about our offer.
  const held = own !== undefined && own.state === 'bound' && own.address === choice.address && isLive(own, now);
  const lease: Lease = held ? own : leaseOf(exchange, choice.address, 'offered', now + OFFER_MS);
  const changes: LeaseChange[] = [
    ...(choice.evicts === null ? [] : [{ kind: 'remove' as const, clientKey: choice.evicts.clientKey }]),
    ...(held ? [] : [{ kind: 'put' as const, lease }]),
  ];
  const offered: DhcpEvent = { kind: 'offered', client: boot.client, address: lease.address, expiresAtMs: lease.expiresAtMs };
  return send(exchange, 'offer', grant(exchange, 'offer', choice.address, boot), changes, [offered]);
};

const request = (exchange: Exchange): Outcome => {
  const { packet, config, own, requested, now } = exchange;
  const chosen = addressOption(packet, OPTION.serverId);
  const { clientAddress } = packet;
  // RFC 2131 section 4.3.2: the three kinds of REQUEST are told apart by server id, requested address and ciaddr.
  if (chosen !== null && chosen !== config.serverId) {
    const freed: LeaseChange[] = own?.state === 'offered' ? [{ kind: 'remove', clientKey: own.clientKey }] : [];
    return silent(silence('other-server', 'chose another server'), freed, [
      { kind: 'foreign-server', serverId: chosen, source: 'overheard' },
    ]);
  }
  const renewing = requested === null && clientAddress !== NO_ADDRESS;
  // Some clients (npm's `dhcp` is one) name neither address nor server in their REQUEST: what they mean is our live offer.
  const meant = own !== undefined && isLive(own, now) ? own.address : NO_ADDRESS;
  const address = requested ?? (renewing ? clientAddress : meant);
  if (address === NO_ADDRESS) return silent(asProtocol('REQUEST without an address'));
  const holder = exchange.leases.find((lease) => lease.address === address);
  const taken = holder !== undefined && holder.clientKey !== exchange.clientKey && isLive(holder, now);
  const mine = own?.address === address;
  const usable = inRange(config.pool, address) && !exchange.reserved.has(address) && !taken;

  const wanted = config.answers(exchange.client);
  // Who holds a live lease may keep it whatever `answers` says: a running job must not lose its network to a switch in the window.
  if (wanted === 'ignore' && !(renewing && mine && own.state === 'bound' && isLive(own, now))) return silent(whyIgnored(exchange));

  if (chosen !== null) return usable ? bind(exchange, address, holder, wanted) : refuse(exchange, 'address is not free');
  if (!contains(config.network, address)) {
    return config.authoritative ? refuse(exchange, 'address is not on this network') : silent(asProtocol('address is not on this network'));
  }
  if (mine && usable) return bind(exchange, address, holder, wanted);
  if (taken || (own !== undefined && !mine && !renewing) || !usable) {
    return config.authoritative ? refuse(exchange, "address is not this client's") : silent(asProtocol("address is not this client's"));
  }
  // Unknown to us. RFC 2131: silence for a rebooting client; one that is renewing shows that the address is its own, after a lost lease file.
  return renewing && config.authoritative ? bind(exchange, address, holder, wanted) : silent(asProtocol('no record of this client'));
};

const bind = (exchange: Exchange, address: string, holder: Lease | undefined, wanted: 'boot' | 'lease' | 'ignore'): Outcome => {
  const { now, config, clientKey } = exchange;
  const boot = bootFor(exchange, wanted, address);
  const lease = leaseOf(exchange, address, 'bound', now + config.leaseSeconds * 1000);
  const changes: LeaseChange[] = [
    ...(holder !== undefined && holder.clientKey !== clientKey ? [{ kind: 'remove' as const, clientKey: holder.clientKey }] : []),
    { kind: 'put', lease },
  ];
  const events: DhcpEvent[] = [{ kind: 'bound', client: boot.client, address, expiresAtMs: lease.expiresAtMs }];
  if (boot.answer.kind === 'pxe') events.push({ kind: 'boot-answered', client: boot.client, bootFile: boot.answer.bootFile });
  if (boot.answer.kind === 'http') events.push({ kind: 'boot-answered', client: boot.client, bootFile: boot.answer.url });
  return send(exchange, 'ack', grant(exchange, 'ack', address, boot), changes, events);
};

const refuse = (exchange: Exchange, reason: string): Outcome => {
  const options = new Map([[OPTION.message, textBytes(reason)]]);
  const nak = replyTo(exchange.packet, 'nak', exchange.config.serverId, { options });
  // A relay must broadcast a NAK on its side: the client's address is the thing in doubt (RFC 2131 section 4.3.2).
  const relayed = exchange.packet.relayAddress === NO_ADDRESS ? nak : { ...nak, flags: nak.flags | 0x8000 };
  return send(exchange, 'nak', relayed, [], [{ kind: 'refused', client: exchange.client, reason }]);
};

const decline = (exchange: Exchange): Outcome => {
  const { packet, requested, own, config, now, client } = exchange;
  // Only the client we gave the address to may take it out of the pool.
  if (addressOption(packet, OPTION.serverId) !== config.serverId || requested === null || own?.address !== requested) {
    return silent(asProtocol('DECLINE of an address that is not its own'));
  }
  const lease: Lease = { ...leaseOf(exchange, requested, 'declined', now + DECLINED_MS), clientKey: declinedKey(requested) };
  const changes: LeaseChange[] = [
    { kind: 'remove', clientKey: own.clientKey },
    { kind: 'put', lease },
  ];
  return silent(asProtocol('DECLINE has no answer'), changes, [{ kind: 'declined', client, address: requested }]);
};

const release = (exchange: Exchange): Outcome => {
  const { packet, own, now, client } = exchange;
  if (own === undefined || own.address !== packet.clientAddress || own.state !== 'bound')
    return silent(asProtocol('RELEASE of an address that is not its own'));
  // Expired, not removed: the same machine gets the same address again while nobody else needs it.
  const changes: LeaseChange[] = isLive(own, now) ? [{ kind: 'put', lease: { ...own, expiresAtMs: now, updatedAtMs: now } }] : [];
  return silent(asProtocol('RELEASE has no answer'), changes, [{ kind: 'released', client, address: own.address }]);
};

/** Parameters without a lease (RFC 2131 section 4.3.5): no yiaddr, no lease time. */
const inform = (exchange: Exchange): Outcome => {
  const { packet, config } = exchange;
  const wanted = config.answers(exchange.client);
  if (wanted === 'ignore' || packet.clientAddress === NO_ADDRESS) return silent(whyIgnored(exchange));
  const boot = bootFor(exchange, wanted, packet.clientAddress);
  const parts = bootParts(packet, boot.client, boot.answer);
  const options = new Map([...networkOptions(config), ...parts.options]);
  return send(exchange, 'ack', replyTo(packet, 'ack', config.serverId, { ...parts, clientAddress: packet.clientAddress, options }));
};

type Boot = { readonly client: BootClient; readonly answer: BootAnswer };

const bootFor = (exchange: Exchange, wanted: 'boot' | 'lease' | 'ignore', address: string): Boot => {
  const client = bootClientOf(exchange.packet, address);
  return { client, answer: wanted === 'boot' ? exchange.decideBoot(client) : { kind: 'none', silence: asProtocol('lease only') } };
};

/** Why firmware is better off without an offer than waiting on one, in the words of who decides; the agent always needs its lease. */
const whyNothing = (wanted: 'boot' | 'lease' | 'ignore', { client, answer: decided }: Boot): Silence | null => {
  const isFirmware = client.firmware !== 'agent' && client.firmware !== 'other';
  return wanted === 'boot' && isFirmware && decided.kind === 'none' ? decided.silence : null;
};

const grant = ({ packet, config }: Exchange, type: 'offer' | 'ack', address: string, boot: Boot): DhcpPacket => {
  const parts = bootParts(packet, boot.client, boot.answer);
  const options = new Map([...leaseOptions(config), ...networkOptions(config), ...parts.options]);
  // siaddr is the next boot server; ours even without a boot file, as ROMs that read only the header expect.
  return replyTo(packet, type, config.serverId, {
    serverAddress: config.serverId,
    ...parts,
    yourAddress: address,
    clientAddress: type === 'ack' ? packet.clientAddress : NO_ADDRESS,
    options,
  });
};

const leaseOf = (
  { clientKey, packet, client, own, now }: Exchange,
  address: string,
  state: Lease['state'],
  expiresAtMs: number,
): Lease => ({
  clientKey,
  mac: client.mac,
  address,
  state,
  expiresAtMs,
  hostname: textOption(packet, OPTION.hostName) ?? own?.hostname ?? null,
  updatedAtMs: now,
});

const send = (
  exchange: Exchange,
  type: DhcpMessage,
  packet: DhcpPacket,
  leaseChanges: readonly LeaseChange[] = [],
  events: readonly DhcpEvent[] = [],
): Outcome => ({
  actions: [{ kind: 'send', packet, to: destinationOf(exchange.packet, type) }],
  leaseChanges,
  events,
});

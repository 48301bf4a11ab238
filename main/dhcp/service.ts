// Carries DHCP packets between sockets and the pure server or proxy: opens the ports on one NIC (or on loopback for the software
// rack), refuses to lease addresses beside another DHCP server, and stops when one appears.
import { failed, success, type Failure, type Result } from '../../agent/protocol/failure.ts';
import type { Datagrams, Endpoint } from '../network/datagrams.ts';
import { contains, type Ipv4Network, type Ipv4Range } from '../network/ipv4.ts';
import type { BootAnswer, BootClient } from './boot-client.ts';
import { decode, encode } from './codec.ts';
import type { DhcpEvent } from './events.ts';
import type { LeaseStore } from './leases.ts';
import { openPorts, type DhcpEndpoint } from './ports.ts';
import { relayPorts } from './relay-port.ts';
import { serveProxy } from './proxy.ts';
import type { Destination, DhcpAction } from './reply.ts';
import { serve, type ServerConfig } from './server.ts';
import { silence } from './silence.ts';
import { createWireGuard, type GuardState, type GuardTiming } from './wire-guard.ts';
import { macOf, type DhcpPacket } from './packet.ts';

export type DhcpOptions = {
  /** `server` leases addresses; `proxy` only says what to boot, beside somebody else's server. */
  readonly mode: 'server' | 'proxy';
  readonly endpoint: DhcpEndpoint;
  /** Unused in proxy mode. */
  readonly pool: Ipv4Range;
  readonly leaseSeconds: number;
  readonly routers?: readonly string[];
  readonly nameServers?: readonly string[];
  readonly domainName?: string;
  decideBoot(client: BootClient): BootAnswer;
  /** Whether boot requests are answered at the moment. They are heard and reported always. */
  listening(): boolean;
  /** Of each request, before it is decided: the names that a switch gives the port of this machine. */
  onRelayed?(mac: string, ports: readonly string[]): void;
  /** A machine of ours, which gets a lease in its own operating system as well. */
  knownMac(mac: string): boolean;
  /** Also lease to strangers' operating systems. Default no. */
  readonly leaseToEveryone?: boolean;
  readonly leases: LeaseStore;
  readonly now: () => number;
  onEvent(event: DhcpEvent): void;
  /** Defaults: every 60 s, listening 5 s. Always off on loopback. */
  readonly foreignProbe?: GuardTiming;
  /** Ends the start, which on a NIC takes seconds. */
  readonly signal?: AbortSignal;
};

export type RunningDhcp = {
  readonly mode: 'server' | 'proxy';
  readonly address: Endpoint;
  /** Port 4011, in proxy mode. */
  readonly proxyAddress: Endpoint | null;
  /** `suspended`: no link, or link back and asking for other servers. `stopped`: also by a foreign server or a lost interface. */
  state(): GuardState;
  stop(): Promise<void>;
};

/**
 * Failure codes: dhcp.pool-outside, dhcp.foreign-server, dhcp.start-cancelled, network.no-link, network.unproven and the socket failures (network.port-taken, …).
 * In server mode on a NIC it takes as long as the probe listens (5 s); what asks meanwhile is reported, not answered.
 */
export const startDhcp = async (options: DhcpOptions): Promise<Result<RunningDhcp>> => {
  const { mode, endpoint } = options;
  const network = networkOf(options);
  if (mode === 'server' && (!contains(network, options.pool.first) || !contains(network, options.pool.last))) {
    return failed(
      'dhcp.pool-outside',
      `The addresses ${options.pool.first} to ${options.pool.last} are not on the interface's network ${network.address}/${network.prefixLength}.`,
      "Choose addresses on that network, or change the interface's address.",
    );
  }
  const opened = await openPorts(endpoint, mode);
  if (!opened.ok) return opened;
  const ports = opened.value;
  const onEvent = options.onEvent;
  const guard = createWireGuard({
    mode,
    endpoint,
    timing: options.foreignProbe ?? {},
    onEvent,
    close: async () => void (await Promise.all([ports.main.close(), ports.proxy?.close()])),
  });

  const config = serverConfig(options, network, () => guard.state() === 'serving');
  const decideBoot = (client: BootClient): BootAnswer => options.decideBoot(client);
  const decide = (packet: DhcpPacket, port: 67 | 4011): Decided => {
    if (mode === 'proxy') {
      return serveProxy(
        packet,
        port,
        { serverId: endpoint.address, answers: () => guard.state() === 'serving' && options.listening() },
        decideBoot,
      );
    }
    const outcome = serve(packet, options.now(), options.leases.all(), config, decideBoot);
    for (const change of outcome.leaseChanges) {
      if (change.kind === 'put') options.leases.put(change.lease);
      else options.leases.remove(change.clientKey);
    }
    return outcome;
  };

  const trouble = (error: unknown): void => onEvent({ kind: 'trouble', failure: troubleFailure(error) });
  const tell = ({ actions, events }: Decided, socket: Datagrams, from: Endpoint): void => {
    if (guard.state() !== 'stopped')
      for (const { packet, to } of actions) void socket.send(encode(packet), endpointOf(to, from, endpoint.kind));
    for (const event of events) onEvent(event);
    const foreign = events.find((event) => event.kind === 'foreign-server');
    if (foreign !== undefined) guard.foreignServer(foreign.serverId);
  };
  // A lease is on the disk before its ACK leaves. Whatever is heard in one turn of the event loop shares one write, so that a rack
  // that powers on together does not wait for the disk fifty times.
  let waiting: (() => void)[] = [];
  const saveAndTell = (): void => {
    const answers = waiting;
    waiting = [];
    try {
      options.leases.save();
    } catch (error) {
      // A full disk under the lease store must not end the service; the clients ask again.
      return trouble(error);
    }
    for (const answer of answers) answer();
  };
  const whenSaved = (answer: () => void): void => {
    if (waiting.length === 0) setImmediate(saveAndTell);
    waiting.push(answer);
  };
  /** A bug in one answer must not end the service either. */
  const safely = (work: () => void) => (): void => {
    try {
      work();
    } catch (error) {
      trouble(error);
    }
  };

  const listenOn = (socket: Datagrams, port: 67 | 4011): void => {
    socket.onError(trouble);
    socket.onMessage((bytes, from) => {
      const decoded = decode(bytes);
      if (!decoded.ok) return onEvent({ kind: 'malformed', failure: decoded.failure, from: from.address });
      // Our own probe comes back to us on the same wire.
      if (guard.state() === 'stopped' || guard.isOwnProbe(macOf(decoded.value))) return;
      safely(() => {
        options.onRelayed?.(macOf(decoded.value), relayPorts(decoded.value));
        const decided = decide(decoded.value, port);
        const answer = safely(() => tell(decided, socket, from));
        if (mode === 'proxy') answer();
        else whenSaved(answer);
      })();
    });
  };
  listenOn(ports.main, 67);
  if (ports.proxy !== null) listenOn(ports.proxy, 4011);

  const begun = await guard.begin(options.signal);
  if (!begun.ok) return begun;
  return success({
    mode,
    address: ports.main.address,
    proxyAddress: ports.proxy?.address ?? null,
    state: guard.state,
    stop: async () => {
      saveAndTell();
      await guard.stop();
    },
  });
};

type Decided = { readonly actions: readonly DhcpAction[]; readonly events: readonly DhcpEvent[] };

/** On loopback the leases are for an imagined network, that of the pool. */
const networkOf = ({ endpoint, pool }: DhcpOptions): Ipv4Network =>
  endpoint.kind === 'nic'
    ? { address: endpoint.address, prefixLength: endpoint.prefixLength }
    : { address: pool.first, prefixLength: endpoint.prefixLength ?? 16 };

const serverConfig = (options: DhcpOptions, network: Ipv4Network, serving: () => boolean): ServerConfig => ({
  serverId: options.endpoint.address,
  network,
  leaseSeconds: options.leaseSeconds,
  pool: options.pool,
  // Server mode runs only where no other server answers.
  authoritative: true,
  ...(options.routers === undefined ? {} : { routers: options.routers }),
  ...(options.nameServers === undefined ? {} : { nameServers: options.nameServers }),
  ...(options.domainName === undefined ? {} : { domainName: options.domainName }),
  answers: (client) => {
    if (!serving()) return 'ignore';
    const leasing = options.knownMac(client.mac) || options.leaseToEveryone === true;
    if (client.firmware === 'other') return leasing ? 'lease' : 'ignore';
    // A known machine's agent keeps its network when listening is switched off in the middle of a job.
    if (!options.listening()) return client.firmware === 'agent' && leasing ? 'lease' : 'ignore';
    return 'boot';
  },
  whyIgnored: (client) => {
    if (!serving()) return silence('not-serving', 'the station still asks whether another DHCP server is on this wire');
    return client.firmware === 'other'
      ? silence('stranger', 'it runs a system that this station does not know')
      : silence('not-listening', 'the station does not listen');
  },
});

const endpointOf = (to: Destination, from: Endpoint, kind: DhcpEndpoint['kind']): Endpoint => {
  // The software rack's clients share one address: only the source port tells them apart.
  if (to.kind === 'sender' || kind === 'loopback') return from;
  return to.kind === 'broadcast' ? { address: '255.255.255.255', port: 68 } : to;
};

const troubleFailure = (error: unknown): Failure =>
  failed(
    'dhcp.trouble',
    `A DHCP packet could not be handled: ${error instanceof Error ? error.message : String(error)}.`,
    'Check the network cable and the free disk space.',
  ).failure;

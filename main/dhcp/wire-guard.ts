// Decides whether a DHCP service may answer at this moment: not before the wire was asked for other servers, not without a link, and
// never again once another server was heard or the interface is gone.
import { assertNever, failed, success, type Failure, type Result } from '../../agent/protocol/failure.ts';
import { probeForeignDhcp, randomLocalMac, type ForeignDhcpServer, type ForeignProbeOptions } from '../network/foreign-probe.ts';
import { watchNic, type NicChange, type NicWatch, type NicWatchOptions } from '../network/watch-nic.ts';
import type { DhcpEvent } from './events.ts';
import { linkVerdict, noLink } from './link-guard.ts';
import type { DhcpEndpoint } from './ports.ts';

export type GuardState = 'suspended' | 'serving' | 'stopped';

export type GuardTiming = {
  /** From the end of one probe to the beginning of the next; 60 s. */
  readonly everyMs?: number;
  /** 5 s, and asking at 0 and 1 s, unless set. */
  readonly listenMs?: number;
  readonly sendAtMs?: readonly number[];
  readonly probe?: (options: ForeignProbeOptions) => Promise<Result<readonly ForeignDhcpServer[]>>;
  readonly watch?: NicWatchOptions;
};

export type WireGuard = {
  state(): GuardState;
  /**
   * Asks the wire for the first time (server mode). Afterwards `serving`, or `suspended` when the link went meanwhile. A failure
   * (dhcp.foreign-server, dhcp.start-cancelled, network.no-link, …) has stopped everything.
   */
  begin(signal?: AbortSignal): Promise<Result<GuardState>>;
  /** Our own probes come back to us on port 67. */
  isOwnProbe(mac: string): boolean;
  /** Another server was overheard. */
  foreignServer(serverId: string): void;
  stop(): Promise<void>;
};

export type WireGuardOptions = {
  readonly mode: 'server' | 'proxy';
  readonly endpoint: DhcpEndpoint;
  readonly timing: GuardTiming;
  onEvent(event: DhcpEvent): void;
  /** Closes the service's ports; may be called twice. */
  close(): Promise<void>;
};

export const createWireGuard = ({ mode, endpoint, timing, onEvent, close }: WireGuardOptions): WireGuard => {
  const { everyMs = 60_000, probe = probeForeignDhcp, watch, ...questions } = timing;
  const mac = randomLocalMac();
  const ending = new AbortController();
  let state: GuardState = 'suspended';
  let begun = false;
  let stoppedBy: Failure | null = null;
  let link: NicWatch | null = null;
  let linked = true;
  /** Counts link changes: an answer about the wire before the last one is about another network. */
  let wire = 0;
  let timer: NodeJS.Timeout | undefined;

  const stop = (): Promise<void> => {
    state = 'stopped';
    ending.abort();
    clearTimeout(timer);
    link?.stop();
    return close();
  };
  const stopBecause = (failure: Failure): void => {
    if (state === 'stopped') return;
    stoppedBy = failure;
    void stop();
    // Before it has begun, the failure is begin's own result.
    if (begun) onEvent({ kind: 'stopped', failure });
  };
  const foreignServer = (serverId: string): void => stopBecause(foreignFailure(serverId));

  const serve = (): void => {
    if (state !== 'suspended' || !linked) return;
    state = 'serving';
    if (begun) onEvent({ kind: 'resumed' });
  };

  /** One question to the wire and what follows from it. A probe that could not listen leaves the state as it is. */
  const ask = async (nic: ForeignProbeOptions['nic']): Promise<Result<readonly ForeignDhcpServer[]>> => {
    const asked = wire;
    const result = await probe({
      nic,
      address: endpoint.address,
      ownServerIds: [endpoint.address],
      mac,
      signal: ending.signal,
      ...questions,
    });
    if (ending.signal.aborted) return result;
    if (!result.ok) {
      onEvent({ kind: 'trouble', failure: result.failure });
      return result;
    }
    // A station in proxy mode gives no addresses; it is for preflight to name.
    const servers = result.value.filter(({ rackside, offeredAddress }) => !rackside || offeredAddress !== null);
    for (const { serverId } of servers) onEvent({ kind: 'foreign-server', serverId, source: 'probe' });
    const [server] = servers;
    if (server !== undefined) foreignServer(server.serverId);
    else if (asked === wire) serve();
    return result;
  };
  const askAgain = (nic: ForeignProbeOptions['nic']): void => {
    if (ending.signal.aborted) return;
    timer = setTimeout(() => void ask(nic).then(() => askAgain(nic)), everyMs);
    timer.unref();
  };

  const linkChanged = (nic: ForeignProbeOptions['nic'], change: NicChange): void => {
    const verdict = linkVerdict(change, nic.name, endpoint.address);
    switch (verdict.kind) {
      case 'carry-on':
        return;
      case 'stop':
        return stopBecause(verdict.failure);
      case 'suspend':
        wire += 1;
        linked = false;
        if (state === 'serving') state = 'suspended';
        return onEvent({ kind: 'suspended', failure: verdict.failure });
      case 'resume':
        wire += 1;
        linked = true;
        if (mode === 'proxy') serve();
        else void ask(nic);
        return;
      default:
        assertNever(verdict);
    }
  };

  const begin = async (signal?: AbortSignal): Promise<Result<GuardState>> => {
    if (endpoint.kind === 'nic') {
      const { nic } = endpoint;
      link = watchNic(nic.name, (change) => linkChanged(nic, change), watch);
      const current = link.current();
      if (current !== null && (!current.up || current.carrier === false)) stopBecause(noLink(nic.name));
      else if (mode === 'server') {
        const cancel = (): void => stopBecause(failed('dhcp.start-cancelled', 'Starting DHCP was cancelled.', 'Start it again.').failure);
        signal?.addEventListener('abort', cancel, { once: true });
        const first = await ask(nic);
        signal?.removeEventListener('abort', cancel);
        if (!first.ok) stopBecause(first.failure);
        askAgain(nic);
      }
    }
    if (stoppedBy !== null) {
      await stop();
      return { ok: false, failure: stoppedBy };
    }
    if (mode === 'proxy' || endpoint.kind === 'loopback') serve();
    begun = true;
    return success(state);
  };

  return { state: () => state, begin, isOwnProbe: (candidate) => candidate === mac, foreignServer, stop };
};

const foreignFailure = (serverId: string): Failure =>
  failed(
    'dhcp.foreign-server',
    `Another DHCP server, ${serverId}, answers on this network.`,
    'Disconnect it or choose another interface; to work beside it, use proxy mode.',
  ).failure;

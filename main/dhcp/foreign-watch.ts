// Keeps asking whether another DHCP server is on the wire: once before serving, then every minute for as long as we serve.
import type { Result } from '../../agent/protocol/failure.ts';
import { probeForeignDhcp, randomLocalMac, type ForeignDhcpServer, type ForeignProbeOptions } from '../network/foreign-probe.ts';
import type { DhcpEvent } from './events.ts';

export type ForeignWatchOptions = {
  /** From the end of one probe to the beginning of the next. */
  readonly everyMs?: number;
  readonly listenMs?: number;
  readonly sendAtMs?: readonly number[];
  readonly probe?: (options: ForeignProbeOptions) => Promise<Result<readonly ForeignDhcpServer[]>>;
};

export type ForeignWatch = {
  /** The first probe's result. */
  readonly first: Promise<Result<readonly ForeignDhcpServer[]>>;
  isOwnProbe(mac: string): boolean;
  stop(): void;
};

export const startForeignWatch = (
  options: ForeignWatchOptions &
    Pick<ForeignProbeOptions, 'nic' | 'address'> & { onEvent(event: DhcpEvent): void; onForeign(serverId: string): void },
): ForeignWatch => {
  const { everyMs = 60_000, listenMs, sendAtMs, probe = probeForeignDhcp, nic, address } = options;
  const mac = randomLocalMac();
  const ending = new AbortController();
  const once = async (): Promise<Result<readonly ForeignDhcpServer[]>> => {
    const timing = { ...(listenMs === undefined ? {} : { listenMs }), ...(sendAtMs === undefined ? {} : { sendAtMs }) };
    const result = await probe({ nic, address, ownServerIds: [address], mac, signal: ending.signal, ...timing });
    if (!ending.signal.aborted) report(result);
    return result;
  };
  const report = (result: Result<readonly ForeignDhcpServer[]>): void => {
    if (!result.ok) return options.onEvent({ kind: 'trouble', failure: result.failure });
    for (const { serverId } of result.value) options.onEvent({ kind: 'foreign-server', serverId, source: 'probe' });
  };
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    if (ending.signal.aborted) return;
    timer = setTimeout(() => {
      void once().then((result) => {
        const [server] = result.ok ? result.value : [];
        if (server !== undefined && !ending.signal.aborted) options.onForeign(server.serverId);
        again();
      });
    }, everyMs);
    timer.unref();
  };
  const end = (): void => {
    clearTimeout(timer);
    ending.abort();
  };
  const first = once();
  void first.then(again);
  return { first, isOwnProbe: (candidate) => candidate === mac, stop: end };
};

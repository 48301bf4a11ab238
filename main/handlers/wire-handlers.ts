// The calls about where the station serves: which ports there are, and serving on another one or in another mode without a restart.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { StationView } from '../../preload/contract/views.ts';
import type { Sites } from '../database/sites.ts';
import type { Events } from '../database/events.ts';
import type { Arming } from '../journey/arming.ts';
import { isActive } from '../jobs/jobs.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { listNics } from '../network/nics.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { Keeping } from '../station/kept.ts';
import type { Listening } from '../station/listening.ts';
import { parseWireOptions } from '../wire/options.ts';
import type { WireOptions } from '../wire/options.ts';

export type WireHandlerParts = {
  readonly jobs: Pick<Jobs, 'list'>;
  readonly listening: Listening;
  readonly arming: Arming;
  readonly events: Events;
  readonly sites: Sites;
  /** As of now. */
  wire(): WireOptions;
  /** Resolves after the first attempt to serve there. */
  serveOn(wire: WireOptions): Promise<void>;
  view(): StationView;
  readonly keeping: Pick<Keeping, 'wire'>;
};

const placeIn = (wire: WireOptions): string => (wire.kind === 'rack' ? `${wire.nic} ${wire.network.address}` : 'the software rack');

export const createWireHandlers = (parts: WireHandlerParts): Pick<CallHandlers, 'wire.ports' | 'wire.serve'> => ({
  'wire.ports': () =>
    Promise.resolve(
      success(
        listNics().map(({ name, kind, carrier, addresses }) => ({
          name,
          kind,
          carrier,
          addresses: addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        })),
      ),
    ),
  'wire.serve': async ({ nic, mode, address, pool }) => {
    const active = parts.jobs.list().filter(isActive);
    if (active.length > 0)
      return failed(
        'wire.busy',
        `${active.length === 1 ? 'A job is' : `${active.length} jobs are`} not done: ${active.length === 1 ? 'its machine' : 'their machines'} would lose the station.`,
        'Wait until they are done, or stop them.',
      );
    const before = parts.wire();
    const typed: Readonly<Record<string, string | undefined>> = {
      nic: nic ?? undefined,
      mode,
      address,
      pool,
      'http-port': before.kind === 'rack' ? String(before.httpPort) : undefined,
    };
    const next = parseWireOptions({ text: (name) => typed[name], list: () => [], flag: (name) => name === 'loopback' && nic === null });
    if (!next.ok) return next;
    const isSamePort = before.kind === 'rack' && next.value.kind === 'rack' && before.nic === next.value.nic;
    if (!isSamePort) {
      parts.listening.set({ on: false, minutes: null, macs: [], ports: [] });
      parts.arming.end('the station serves on another port');
    }
    // What leases carry was said for the network that stays.
    const isSameNetwork = isSamePort && before.network.address === next.value.network.address;
    const carried = isSameNetwork && next.value.mode === 'server' && before.lease !== undefined ? { lease: before.lease } : {};
    const wire: WireOptions = next.value.kind === 'rack' ? { ...next.value, ...carried } : next.value;
    await parts.serveOn(wire);
    // The software rack is what a station without a port serves.
    parts.keeping.wire(wire.kind === 'rack' ? wire : null);
    parts.events.log({
      kind: 'wire.chosen',
      text: `${parts.sites.current().operator} has the station serve on ${placeIn(wire)}${wire.kind === 'rack' && wire.mode === 'proxy' ? ', beside another DHCP server' : ''}.`,
    });
    return success(parts.view());
  },
});

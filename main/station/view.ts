// What a window shows of the station itself: name, site, wire, listening, arming, kit, library. Gathered anew each time.
import { userInfo } from 'node:os';
import type { StationView } from '../../preload/contract/views.ts';
import type { Sites } from '../database/sites.ts';
import type { LeaseStore } from '../dhcp/leases.ts';
import type { Catalogue } from '../library/catalogue.ts';
import type { Listening } from './listening.ts';
import type { Arming } from '../journey/arming.ts';
import type { StationKit } from './kit.ts';
import type { WireHearing } from '../wire/events.ts';
import type { WireKeeper } from '../wire/keeper.ts';
import type { WireOptions } from '../wire/options.ts';

export type StationViewParts = {
  readonly name: string;
  readonly version: string;
  readonly keyId: string;
  readonly wire: WireOptions;
  readonly libraryFolder: string;
  readonly sites: Sites;
  readonly keeper: Pick<WireKeeper, 'ports' | 'problem'>;
  readonly listening: Listening;
  readonly arming: Arming;
  readonly kit: StationKit;
  readonly catalogue: Catalogue;
  readonly leases: Pick<LeaseStore, 'all'>;
  readonly hearing: Pick<WireHearing, 'bytesServed'>;
  readonly now: () => number;
};

/** An account without an entry in the system's list, as in a container, has only its number. */
const accountName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '?');
  }
};
const ACCOUNT = accountName();

export const stationViewOf = (parts: StationViewParts): StationView => {
  const { wire, keeper, sites, catalogue, leases, now } = parts;
  const images = catalogue.images();
  return {
    name: parts.name,
    version: parts.version,
    siteName: sites.current().siteName,
    operator: sites.current().operator,
    account: ACCOUNT,
    wire: {
      kind: wire.kind,
      nic: wire.kind === 'rack' ? wire.nic : null,
      address: wire.kind === 'rack' ? wire.network.address : '127.0.0.1',
      mode: wire.kind === 'rack' ? wire.mode : 'server',
      httpPort: keeper.ports().http,
      problem: keeper.problem(),
    },
    listening: parts.listening.view(),
    armed: parts.arming.view(),
    kit: parts.kit.view(),
    library: {
      folder: parts.libraryFolder,
      images: images.length,
      storedBytes: images.reduce((sum, image) => sum + image.storedBytes, 0),
    },
    keyId: parts.keyId,
    leases: leases.all().filter((lease) => lease.state === 'bound' && lease.expiresAtMs > now()).length,
    bytesServed: parts.hearing.bytesServed(),
  };
};

// What the station knows and owns before it meets a machine: its identity, its database with sites and events, the keys it trusts, and
// the libraries with their catalogue.
import { join } from 'node:path';
import { trustedKeysOf } from '../../agent/image/signature.ts';
import type { TrustedKeys as KeySet } from '../../agent/image/signature.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { createEvents } from '../database/events.ts';
import type { Events } from '../database/events.ts';
import { openDatabase } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import { createSites } from '../database/sites.ts';
import type { Sites } from '../database/sites.ts';
import { createTrustedKeys } from '../database/trusted-keys.ts';
import type { TrustedKeys } from '../database/trusted-keys.ts';
import { loadIdentity } from '../identity.ts';
import type { Identity } from '../identity.ts';
import { openCatalogue } from '../library/catalogue.ts';
import type { Catalogue } from '../library/catalogue.ts';
import { sweepScratch } from '../library/scratch.ts';
import { openShelf } from '../library/shelf.ts';
import type { Shelf, ShelfMember } from '../library/shelf.ts';
import { readKept } from './kept.ts';
import type { StationOptions } from './options.ts';

export type Holdings = {
  readonly identity: Identity;
  readonly database: Database;
  readonly sites: Sites;
  readonly events: Events;
  readonly keys: TrustedKeys;
  readonly trustedKeys: () => KeySet;
  readonly library: Shelf;
  readonly catalogue: Catalogue;
};

export type HoldingsOptions = Omit<StationOptions, 'kitFolder' | 'wire' | 'now'> & {
  readonly now: () => number;
  safely(where: string, work: () => void): void;
  /** The images of the libraries were read again. */
  readonly onImages: () => void;
  readonly onLibraryBack: () => void;
};

/** Whoever opens it closes the library and then the database. Nothing stays open after a failure. */
export const openHoldings = async (options: HoldingsOptions): Promise<Result<Holdings>> => {
  const { dataFolder, now, publish } = options;
  const identity = loadIdentity(dataFolder);
  if (!identity.ok) return identity;
  const { signingKey, publicKeyText } = identity.value;
  const database = openDatabase(join(dataFolder, 'station.db'));
  if (!database.ok) return database;
  const shared = { database: database.value, now };
  const sites = createSites({ ...shared, defaults: { siteName: 'Unnamed site', operator: operatorName() } });
  if (options.siteName !== undefined || options.operator !== undefined)
    sites.describe({ siteName: options.siteName, operator: options.operator });
  const events = createEvents({ ...shared, sites, onEvent: (event) => publish({ name: 'event.logged', payload: event }) });
  const keys = createTrustedKeys(shared);
  keys.add({ keyId: signingKey.keyId, publicKey: publicKeyText, name: 'this station' });
  const trustedKeys = () => trustedKeysOf(keys.list().map((key) => Buffer.from(key.publicKey, 'base64url')));
  await sweepScratch(dataFolder);
  const named = [options.libraryFolder, ...(options.moreLibraries ?? [])] as const;
  const carried = readKept(dataFolder).libraries.filter((folder) => !named.includes(folder));
  const library = await openShelf({
    folders: [...named, ...carried],
    trustedKeys,
    signingKey,
    scratchFolder: dataFolder,
    onChange: (member) => options.safely('library', () => libraryMoved(member)),
  });
  if (!library.ok) {
    database.value.close();
    return library;
  }
  const catalogue = await openCatalogue(library.value, (images) => {
    publish({ name: 'images.changed', payload: [...images] });
    options.onImages();
  });
  if (!catalogue.ok) {
    await library.value.close();
    database.value.close();
    return catalogue;
  }
  for (const { folder, failure } of library.value.members())
    if (carried.includes(folder) && failure !== null)
      events.log({
        kind: 'library.gone',
        text: `${failure.message} It was opened before, and is read as soon as it is there; forget it with: rackside library close ${folder}`,
        level: 'warn',
      });
  const libraryMoved = ({ folder, failure }: ShelfMember): void => {
    if (failure === null) {
      events.log({ kind: 'library.came-back', text: `The library in ${folder} is there again.` });
      options.onLibraryBack();
    } else events.log({ kind: 'library.gone', text: `${failure.message} ${failure.next}`, level: 'warn' });
    catalogue.value.refresh().catch((error: unknown) => options.onBug(error, 'library'));
  };
  return success({
    identity: identity.value,
    database: database.value,
    sites,
    events,
    keys,
    trustedKeys,
    library: library.value,
    catalogue: catalogue.value,
  });
};

const operatorName = (): string => process.env['USER'] ?? process.env['USERNAME'] ?? 'operator';

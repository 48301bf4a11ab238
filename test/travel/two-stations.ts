// A station as far as policies, recipes and its library go, for tests of what travels between stations.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { createEvents } from '../../main/database/events.ts';
import { openDatabase } from '../../main/database/open.ts';
import { createPolicies } from '../../main/database/policies.ts';
import type { Policies } from '../../main/database/policies.ts';
import { createSites } from '../../main/database/sites.ts';
import type { Sites } from '../../main/database/sites.ts';
import { createTravelRows } from '../../main/database/travel-rows.ts';
import type { ChunkPool } from '../../main/library/chunk-pool.ts';
import { openShelf } from '../../main/library/shelf.ts';
import type { Shelf } from '../../main/library/shelf.ts';
import type { CallContext, CallHandlers } from '../../main/pipe/pipe-server.ts';
import { readRecipeFolder } from '../../main/recipes/read-folder.ts';
import { createRecipes } from '../../main/recipes/recipes.ts';
import type { Recipes } from '../../main/recipes/recipes.ts';
import { createArrivalHandlers } from '../../main/travel/arrival-handlers.ts';
import { startTravel } from '../../main/travel/travel.ts';
import type { Travel } from '../../main/travel/travel.ts';
import type { ArrivalView } from '../../preload/contract/arrivals.ts';
import { valueOf } from '../library/small-library.ts';

export type SmallStation = {
  readonly folder: string;
  readonly name: string;
  readonly key: SigningKey;
  readonly library: Shelf;
  readonly policies: Policies;
  readonly recipes: Recipes;
  readonly travel: Travel;
  readonly sites: Sites;
  readonly arrived: () => Promise<readonly ArrivalView[]>;
  readonly call: Pick<CallHandlers, 'arrivals.list' | 'arrivals.enable' | 'arrivals.drop'>;
  readonly log: () => readonly string[];
  readonly trust: (key: SigningKey) => void;
  readonly stop: () => Promise<void>;
};

export const CONTEXT: CallContext = { signal: new AbortController().signal } as CallContext;

export type StationPlan = {
  readonly folder: string;
  readonly name: string;
  readonly pool: ChunkPool;
  readonly libraries: readonly [string, ...string[]];
  readonly key?: SigningKey;
  readonly database?: string;
};

export const smallStation = async (plan: StationPlan): Promise<SmallStation> => {
  const { folder, name, key = generateSigningKey() } = plan;
  let clock = Date.parse('2026-11-29T12:00:00Z');
  const now = (): number => (clock += 1000);
  const database = valueOf(openDatabase(plan.database === undefined ? ':memory:' : join(folder, plan.database)));
  const shared = { database, now };
  const trusted = [key.publicKey];
  const [first, ...others] = plan.libraries.map((one) => join(folder, one));
  const library = valueOf(
    await openShelf({
      folders: [first ?? '', ...others],
      trustedKeys: () => trustedKeysOf(trusted),
      signingKey: key,
      pool: plan.pool,
      payloadPartBytes: 4096,
    }),
  );
  const sites = createSites({ ...shared, defaults: { siteName: 'Riverside', operator: `${name}'s Ada` } });
  const events = createEvents({ ...shared, sites, onEvent: () => undefined });
  const recipes = createRecipes({ ...shared, onChange: () => travel?.changed() });
  const policies = createPolicies({
    ...shared,
    sites,
    recipes: () => recipes.list().map(({ recipe, enabled }) => ({ id: recipe.id, enabled })),
    onChange: () => travel?.changed(),
  });
  const parts = { library, rows: createTravelRows(shared), ownKeyId: key.keyId, policies, recipes, events, sites };
  const bugs: unknown[] = [];
  const travel: Travel = startTravel({ ...parts, stationName: name, now, onBug: (error) => bugs.push(error) });
  const call = createArrivalHandlers(parts);
  await travel.settled();
  return {
    folder,
    name,
    key,
    library,
    policies,
    recipes,
    travel,
    sites,
    call,
    arrived: async () => valueOf(await call['arrivals.list']({}, CONTEXT)).arrivals,
    log: () => events.list({ afterId: 0, beforeId: null, limit: 1000, machineId: null }).map(({ kind, text }) => `${kind}: ${text}`),
    trust: (other) => void trusted.push(other.publicKey),
    stop: async () => {
      await travel.stop();
      await library.close();
      database.close();
      if (bugs.length > 0) throw new Error('a bug in the background', { cause: bugs[0] });
    },
  };
};

/** A recipe that makes an image out of one payload file, read from a folder as people write one. */
export const addRecipeTo = async (
  at: SmallStation,
  {
    folder,
    version,
    payload,
    id = 'web',
  }: { readonly folder: string; readonly version: number; readonly payload: string; readonly id?: string },
): Promise<void> => {
  const path = await mkdtemp(join(folder, 'recipe-'));
  const file = { id, version, name: 'Web', matchOn: [], script: 'install.sh', payloads: ['root.tar'], image: { name: 'web' } };
  await writeFile(join(path, 'recipe.json'), JSON.stringify(file));
  await writeFile(join(path, 'install.sh'), 'true\n');
  await writeFile(join(path, 'root.tar'), payload);
  valueOf(at.recipes.add(valueOf(await readRecipeFolder(path, at.library, CONTEXT.signal)), 'Ada'));
};

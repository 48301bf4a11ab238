// The composition root: wires the parts in the order in which a machine meets them. It knows no Electron and no window; headless.ts
// and station-host.ts put one in front of it.
import { join } from 'node:path';
import { factsFrom } from '../agent/facts/facts.ts';
import { trustedKeysOf } from '../agent/image/signature.ts';
import { success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';
import type { Snapshot, StationEvent } from '../preload/contract/events.ts';
import type { StationView } from '../preload/contract/views.ts';
import { createAgents } from './agents/agents.ts';
import { agentCalls } from './agents/agent-calls.ts';
import { agentRoutes } from './agents/routes.ts';
import { libraryRoutes } from './agents/library-routes.ts';
import { createSessionStore } from './agents/session-store.ts';
import { kitFile, loadBootKit } from './boot/kit.ts';
import { createEvents } from './database/events.ts';
import { createLocalBoots } from './database/local-boots.ts';
import { openDatabase } from './database/open.ts';
import { createPolicies } from './database/policies.ts';
import { createSites } from './database/sites.ts';
import { createTrustedKeys } from './database/trusted-keys.ts';
import { sqlLeaseStore } from './dhcp/lease-store.ts';
import { loadIdentity } from './identity.ts';
import { createJobs } from './jobs/jobs.ts';
import { openCatalogue } from './library/catalogue.ts';
import { openLibrary } from './library/library.ts';
import { createListening } from './listening.ts';
import { createArming } from './machines/arming.ts';
import { createJourney } from './machines/journey.ts';
import type { Journey } from './machines/journey.ts';
import { createMachines } from './machines/machines.ts';
import { createStationHandlers } from './station-handlers.ts';
import { hearWire } from './wire-events.ts';
import { keepWire } from './wire-keeper.ts';
import type { WireOptions } from './wire-options.ts';
import type { CallHandlers } from './pipe/pipe-server.ts';

export type StationOptions = {
  /** Locked by the caller. */
  readonly dataFolder: string;
  readonly libraryFolder: string;
  readonly kitFolder: string;
  readonly wire: WireOptions;
  readonly siteName?: string | undefined;
  readonly operator?: string | undefined;
  readonly now?: () => number;
  /** Every event for windows. */
  readonly publish: (event: StationEvent) => void;
  /** What was thrown where nobody waits for an answer; the station goes on. */
  readonly onBug: (error: unknown, where: string) => void;
};

export type RunningStation = {
  readonly handlers: CallHandlers;
  snapshot(): Snapshot;
  view(): StationView;
  /** Ports of the wire services; zeros while they do not run. */
  ports(): { readonly dhcp: number; readonly tftp: number; readonly http: number };
  stop(): Promise<void>;
};

export const VERSION = '0.1.0';
const TICK_MS = 2_000;
/** Beside a production server a machine may have come to us by mistake. */
const PROXY_OWN_DISK_MS = 5 * 60_000;

export const startStation = async (options: StationOptions): Promise<Result<RunningStation>> => {
  const now = options.now ?? Date.now;
  const { publish, wire } = options;
  /** A database that cannot be written (a full disk) must not end the station from within a timer or a socket. */
  const safely = (where: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      options.onBug(error, where);
    }
  };

  // What the station knows and owns.
  const identity = loadIdentity(options.dataFolder);
  if (!identity.ok) return identity;
  const { signingKey, name, publicKeyText } = identity.value;
  const database = openDatabase(join(options.dataFolder, 'station.db'));
  if (!database.ok) return database;
  const shared = { database: database.value, now };
  const sites = createSites({ ...shared, defaults: { siteName: 'Unnamed site', operator: operatorName() } });
  if (options.siteName !== undefined || options.operator !== undefined)
    sites.describe({ siteName: options.siteName, operator: options.operator });
  const events = createEvents({ ...shared, sites, onEvent: (event) => publish({ name: 'event.logged', payload: event }) });
  const keys = createTrustedKeys(shared);
  keys.add({ keyId: signingKey.keyId, publicKey: publicKeyText, name: 'this station' });
  const trustedKeys = () => trustedKeysOf(keys.list().map((key) => Buffer.from(key.publicKey, 'base64url')));
  const library = await openLibrary({ folder: options.libraryFolder, trustedKeys, signingKey });
  if (!library.ok) {
    database.value.close();
    return library;
  }
  let journey: Journey | null = null;
  const catalogue = await openCatalogue(library.value, (images) => {
    publish({ name: 'images.changed', payload: [...images] });
    journey?.onRulesChanged();
  });
  if (!catalogue.ok) {
    await library.value.close();
    database.value.close();
    return catalogue;
  }
  const kit = await loadBootKit(options.kitFolder);
  const listening = createListening({ now, onChange: () => changed() });

  // Who is asking: agents and their sessions.
  const agents = createAgents({
    store: createSessionStore(database.value),
    signingKey,
    kitId: () => (kit.ok ? (kitFile(kit.value, 'stage2')?.sha256 ?? null) : null),
    now,
    describe: () => ({
      stationName: name,
      siteName: sites.current().siteName,
      trustedKeys: keys.list().map(({ keyId, publicKey }) => ({ keyId, publicKey })),
    }),
  });

  // Who is this really, what does it get, may it be written.
  const localBoots = createLocalBoots(shared);
  const policies = createPolicies({
    ...shared,
    sites,
    onChange: (list) => {
      publish({ name: 'policies.changed', payload: [...list] });
      journey?.onRulesChanged();
    },
  });
  const machines = createMachines({
    ...shared,
    sites,
    events,
    factsFrom,
    bootsOwnDisk: (mac) => localBoots.peek(mac) !== null,
    onChange: (machine) => publish({ name: 'machine.changed', payload: machine }),
    onRemove: (id) => publish({ name: 'machine.removed', payload: { id } }),
  });
  const jobs = createJobs({
    ...shared,
    sites,
    machineName: machines.nameOf,
    onChange: (job) => publish({ name: 'job.changed', payload: job }),
    onProgress: (progress) => publish({ name: 'progress.changed', payload: progress }),
  });
  journey = createJourney({
    ...shared,
    sites,
    events,
    policies,
    machines,
    jobs,
    localBoots,
    arming: createArming(),
    images: catalogue.value.images,
    sendOrder: agents.send,
    withdrawOrder: agents.withdraw,
    endSession: agents.end,
    growLastPartition: true,
    ownDiskAfterMs: wire.kind === 'rack' && wire.mode === 'proxy' ? PROXY_OWN_DISK_MS : null,
  });
  const calls = agentCalls({ journey, agents, machines, events, stationName: name, signingKey, now });

  const leases = sqlLeaseStore(database.value);

  // The wire, in the order in which a machine meets it: DHCP, TFTP, HTTP.
  const hearing = hearWire({ machines, events, onBug: options.onBug });
  const keeper = keepWire({
    ...hearing,
    options: wire,
    kit: kit.ok ? kit.value : null,
    stationKey: publicKeyText,
    routes: [...agentRoutes(agents, calls), ...libraryRoutes(agents, calls, () => library.value)],
    leases,
    now,
    listening: listening.answers,
    knownMac: (mac) => machines.list().some((machine) => machine.macs.includes(mac)),
    issueToken: agents.issueToken,
    peekLocalBoot: localBoots.peek,
    takeLocalBoot: localBoots.take,
    onNewBoot: localBoots.endRepeat,
    onChange: (problem) => {
      if (problem !== null)
        safely('wire', () => events.log({ kind: 'wire.stopped', text: `${problem.message} ${problem.next}`, level: 'warn' }));
      changed();
    },
  });

  const view = (): StationView => ({
    name,
    version: VERSION,
    siteName: sites.current().siteName,
    operator: sites.current().operator,
    wire: {
      kind: wire.kind,
      nic: wire.kind === 'rack' ? wire.nic : null,
      address: wire.kind === 'rack' ? wire.network.address : '127.0.0.1',
      mode: wire.kind === 'rack' ? wire.mode : 'server',
      httpPort: keeper.ports().http,
      problem: keeper.problem(),
    },
    listening: listening.view(),
    kit: { kitId: kit.ok ? kit.value.kitId : null, problem: kit.ok ? null : kit.failure },
    library: {
      folder: options.libraryFolder,
      images: catalogue.value.images().length,
      storedBytes: catalogue.value.images().reduce((sum, image) => sum + image.storedBytes, 0),
    },
    keyId: signingKey.keyId,
    leases: leases.all().filter((lease) => lease.state === 'bound' && lease.expiresAtMs > now()).length,
    bytesServed: hearing.bytesServed(),
  });
  const changed = (): void => publish({ name: 'station.changed', payload: view() });
  const handlers = createStationHandlers({
    journey,
    machines,
    jobs,
    policies,
    events,
    sites,
    catalogue: catalogue.value,
    listening,
    view,
    changed,
    publish,
    wire,
    libraryFolder: options.libraryFolder,
    kitFolder: options.kitFolder,
  });

  await keeper.start();
  const timer = setInterval(() => safely('tick', () => journey.tick()), TICK_MS);
  events.log({ kind: 'station.started', text: `The station "${name}" started.` });
  return success({
    handlers,
    view,
    ports: keeper.ports,
    snapshot: () => ({
      station: view(),
      machines: [...machines.list()],
      images: [...catalogue.value.images()],
      policies: [...policies.list()],
      jobs: [...jobs.list()],
      progress: [...jobs.progress()],
    }),
    stop: async () => {
      clearInterval(timer);
      listening.stop();
      agents.stop();
      await keeper.stop();
      await library.value.close();
      safely('stop', () => events.log({ kind: 'station.stopped', text: `The station "${name}" stopped.` }));
      database.value.close();
    },
  });
};

const operatorName = (): string => process.env['USER'] ?? process.env['USERNAME'] ?? 'operator';

// The composition root: wires the parts in the order in which a machine meets them. It knows no Electron and no window; headless.ts
// and station/host.ts put one in front of it.
import { factsFrom } from '../agent/facts/facts.ts';
import { success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';
import type { StationView } from '../preload/contract/views.ts';
import { agentCalls } from './agents/agent-calls.ts';
import { createAgents } from './agents/agents.ts';
import { createBootTokens } from './agents/boot-tokens.ts';
import { createSessionStore } from './agents/session-store.ts';
import { wireRoutes } from './agents/wire-routes.ts';
import { createLocalBoots } from './database/local-boots.ts';
import { createPackChecks } from './database/pack-checks.ts';
import { createTravelRows } from './database/travel-rows.ts';
import { sqlLeaseStore } from './dhcp/lease-store.ts';
import { createStationHandlers } from './handlers/station-handlers.ts';
import { createArming } from './journey/arming.ts';
import { createJourney } from './journey/journey.ts';
import type { Journey } from './journey/journey.ts';
import { createMachines } from './machines/machines.ts';
import { switchPortsIn } from './machines/switch-ports.ts';
import { createSetRuns } from './journey/set-runs.ts';
import { createSitePlan } from './plan/site-plan.ts';
import { installations } from './recipes/installations.ts';
import { createInstallerBoots } from './recipes/installer-boots.ts';
import { createSiteReports } from './reports/site-report.ts';
import { openHoldings } from './station/holdings.ts';
import { startStationKit } from './station/kit.ts';
import { createKeeping } from './station/kept.ts';
import { createListening } from './station/listening.ts';
import type { RunningStation, StationOptions } from './station/options.ts';
import { createRules } from './station/rules.ts';
import { startTimers } from './station/timers.ts';
import { stationViewOf } from './station/view.ts';
import { createWork } from './station/work.ts';
import { startTravel } from './travel/travel.ts';
import type { Travel } from './travel/travel.ts';
import { createTrust } from './trust/trust.ts';
import { createWireLog } from './wire-log/wire-log.ts';
import { hearWire } from './wire/events.ts';
import { keepWire } from './wire/keeper.ts';

export const VERSION = '0.1.0';
/** Beside a production server a machine may have come to us by mistake. */
const PROXY_OWN_DISK_MS = 5 * 60_000;

export const startStation = async (options: StationOptions): Promise<Result<RunningStation>> => {
  const now = options.now ?? Date.now;
  const { publish } = options;
  /** Where it serves now; `wire.serve` chooses anew. */
  let { wire } = options;
  /** A database that cannot be written (a full disk) must not end the station from within a timer or a socket. */
  const safely = (where: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      options.onBug(error, where);
    }
  };

  // What the station knows and owns.
  let journey: Journey | null = null;
  let travel: Travel | null = null;
  const held = await openHoldings({
    ...options,
    now,
    safely,
    onImages: () => {
      journey?.onRulesChanged();
      travel?.looked();
    },
    onLibraryBack: () => travel?.libraryChanged(),
  });
  if (!held.ok) return held;
  const { database, sites, events, keys, library, catalogue } = held.value;
  const { signingKey, name, publicKeyText } = held.value.identity;
  const shared = { database, now, sites, events };
  const kit = await startStationKit({ folder: options.kitFolder, events, onBug: options.onBug, onChange: () => changed() });
  const portsOf = (mac: string): readonly string[] => switchPortsIn(machines.facts(machines.idOfMac(mac) ?? ''));
  const listening = createListening({ now, onChange: () => changed(), portsOf });

  // Who is asking: agents and their sessions.
  const agents = createAgents({
    store: createSessionStore(database),
    tokens: createBootTokens(database),
    signingKey,
    kitId: kit.stage2,
    now,
    describe: () => ({
      stationName: name,
      siteName: sites.current().siteName,
      trustedKeys: keys.list().map(({ keyId, publicKey }) => ({ keyId, publicKey })),
    }),
  });

  // Who is this really, what does it get, may it be written.
  const localBoots = createLocalBoots(shared);
  const rules = createRules({
    ...shared,
    publish,
    onChange: () => journey?.onRulesChanged(),
    onTravel: () => travel?.changed(),
  });
  const setRuns = createSetRuns(shared);
  const installers = createInstallerBoots(shared);
  const machines = createMachines({
    ...shared,
    factsFrom,
    plan: { factsAround: (machine, before) => plan.factsAround(machine, before), factsOfAll: () => plan.factsOfAll() },
    // What an installer asks of the wire is no new journey either.
    bootsOwnDisk: (mac) => localBoots.peek(mac) !== null || ['ready', 'installing'].includes(installers.ofMac(mac)?.phase ?? ''),
    onChange: (machine) => publish({ name: 'machine.changed', payload: machine }),
    onRemove: (id) => publish({ name: 'machine.removed', payload: { id } }),
  });
  const plan = createSitePlan({ ...shared, machines, onChange: () => journey?.onRulesChanged() });
  const work = createWork({
    ...held.value,
    recipes: rules.recipes,
    machines,
    now,
    dataFolder: options.dataFolder,
    publish,
    onConstructed: () => safely('construction', () => journey?.onRulesChanged()),
    onBug: options.onBug,
  });
  const { jobs, captures, heals, constructions } = work;
  const arming = createArming({ ...shared, onChange: () => changed() });
  journey = createJourney({
    ...shared,
    ...rules,
    setRuns,
    fields: () => rules.fields.list().map(({ field }) => field),
    constructions,
    installers,
    machines,
    jobs,
    localBoots,
    arming,
    images: catalogue.images,
    sendOrder: agents.send,
    withdrawOrder: agents.withdraw,
    endSession: agents.end,
    growLastPartition: true,
    ownDiskAfterMs: () => (wire.kind === 'rack' && wire.mode === 'proxy' ? PROXY_OWN_DISK_MS : null),
  });
  const wireLog = createWireLog({
    now,
    machines: machines.list,
    situation: (mac) => ({ listens: listening.answers(mac), mode: wire.kind === 'rack' ? wire.mode : 'server', problem: keeper.problem() }),
  });
  const calls = wireLog.alsoHello(agentCalls({ journey, agents, machines, events, stationName: name, signingKey, now }));

  const leases = sqlLeaseStore(database);
  const installs = installations({
    installers,
    recipes: rules.recipes,
    machines,
    jobs,
    library,
    stationUrl: () => `http://${wire.kind === 'rack' ? wire.network.address : '127.0.0.1'}:${keeper.ports().http}`,
    onStarted: journey.onInstallerStarted,
    onRead: journey.onInstallerRead,
    onFinished: journey.onInstallerFinished,
  });

  // The wire, in the order in which a machine meets it: DHCP, TFTP, HTTP.
  const hearing = hearWire({ machines, events, onBug: options.onBug, also: wireLog });
  const keeper = keepWire({
    ...hearing,
    options: wire,
    kit: kit.current,
    lookAtKit: kit.look,
    stationKey: publicKeyText,
    routes: [...wireRoutes({ agents, calls, captures, heals, library, journey }), ...installs.files.routes],
    leases,
    now,
    listening: listening.answers,
    onRelayed: listening.hung,
    knownMac: (mac) => machines.idOfMac(mac) !== null,
    issueToken: agents.issueToken,
    peekLocalBoot: localBoots.peek,
    takeLocalBoot: localBoots.take,
    peekInstaller: installs.peek,
    takeInstaller: installs.take,
    installerFile: installs.files.resolve,
    onNewBoot: localBoots.endRepeat,
    // Firmware that went to its disk by itself has left the answer unused; the next network boot asks the disk again.
    onOwnSystem: localBoots.drop,
    onChange: (problem) => {
      if (problem !== null)
        safely('wire', () => events.log({ kind: 'wire.stopped', text: `${problem.message} ${problem.next}`, level: 'warn' }));
      changed();
    },
  });

  const view = (): StationView =>
    stationViewOf({
      name,
      version: VERSION,
      keyId: signingKey.keyId,
      wire,
      libraryFolder: options.libraryFolder,
      sites,
      keeper,
      listening,
      arming,
      kit,
      catalogue,
      leases,
      hearing,
      now,
    });
  const changed = (): void => publish({ name: 'station.changed', payload: view() });
  const trust = createTrust({
    keys,
    events,
    stationName: name,
    ownKeyId: signingKey.keyId,
    images: catalogue.images,
    documents: () => travel?.signed() ?? [],
    onChange: (keyId) => {
      journey.onTrustChanged(keyId);
      return catalogue.refresh();
    },
  });
  const reports = createSiteReports({ ...shared, machines, plan, setRuns, keys, images: catalogue.images, station: view });
  const rows = createTravelRows(shared);
  const ownKeyId = signingKey.keyId;
  const traveling = { library, rows, ownKeyId, ...rules, events, sites };
  const handlers = createStationHandlers({
    ...traveling,
    reading: { trustedKeys: held.value.trustedKeys, signingKey },
    settled: () => travel?.settled() ?? Promise.resolve(null),
    trust,
    now,
    packChecks: createPackChecks(shared),
    plan,
    reports,
    journey,
    machines,
    jobs,
    constructions,
    setRuns,
    catalogue,
    listening,
    wireLog,
    arming,
    view,
    changed,
    publish,
    wire: () => wire,
    keeping: createKeeping({ dataFolder: options.dataFolder, events }),
    serveOn: async (next) => {
      wire = next;
      changed();
      await keeper.serveOn(next);
    },
    libraryFolder: options.libraryFolder,
    kitFolder: options.kitFolder,
  });

  travel = startTravel({ ...traveling, stationName: name, now, onBug: options.onBug });
  await work.resume();
  await keeper.start();
  const timers = startTimers({ agents, journey, machines, kit, library, safely, onBug: options.onBug });
  events.log({ kind: 'station.started', text: `The station "${name}" started.` });
  return success({
    handlers,
    view,
    ports: keeper.ports,
    snapshot: () => ({
      station: view(),
      machines: [...machines.list()],
      images: [...catalogue.images()],
      policies: [...rules.policies.list()],
      fields: [...rules.fields.list()],
      sets: [...rules.sets.list()],
      jobs: [...jobs.list()],
      progress: [...jobs.progress()],
    }),
    stop: async () => {
      timers.stop();
      safely('disarm', () => arming.end('the station stops'));
      listening.stop();
      agents.stop();
      await keeper.stop();
      await kit.stop();
      await work.stop();
      await travel?.stop();
      await library.close();
      safely('stop', () => events.log({ kind: 'station.stopped', text: `The station "${name}" stopped.` }));
      database.close();
    },
  });
};

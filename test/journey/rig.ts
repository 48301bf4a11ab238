// A whole journey on a database of its own, with a clock we move and agents that say what a test tells them to. `restart` is a
// station that was killed and started again on the same database.
import { expect } from 'vitest';
import type { Assessment } from '../../agent/protocol/decision.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { Order, Report } from '../../agent/protocol/messages.ts';
import { failed } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageView, MachineView, Progress } from '../../preload/contract/views.ts';
import { createEvents } from '../../main/database/events.ts';
import { createLocalBoots } from '../../main/database/local-boots.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createPolicies } from '../../main/database/policies.ts';
import { createSites } from '../../main/database/sites.ts';
import { createJobs } from '../../main/jobs/jobs.ts';
import { createConsents } from '../../main/journey/consent-rows.ts';
import { createArming } from '../../main/journey/arming.ts';
import { createJourney } from '../../main/journey/journey.ts';
import { createMachines } from '../../main/machines/machines.ts';
import { createSetRuns } from '../../main/journey/set-runs.ts';
import { nameable } from '../../main/sets/nameable.ts';
import { createImageSets } from '../../main/sets/sets.ts';
import { createStationFields } from '../../main/fields/fields.ts';
import { createConstructions } from '../../main/recipes/constructions.ts';
import type { ConstructWork } from '../../main/recipes/constructions.ts';
import { createInstallerBoots } from '../../main/recipes/installer-boots.ts';
import { createRecipes } from '../../main/recipes/recipes.ts';
import { createSitePlan } from '../../main/plan/site-plan.ts';
import type { SitePlan } from '../../main/plan/site-plan.ts';
import { factsFrom, image, inventory, policy } from './fixtures.ts';

type Of<K extends Order['kind']> = Extract<Order, { kind: K }>;

export const value = <T>(result: Result<T>): T =>
  result.ok ? result.value : expect.fail(`${result.failure.code}: ${result.failure.message}`);
export const code = (result: Result<unknown>): string | null => (result.ok ? null : result.failure.code);

/** `database` is closed with the rig. */
export const createRig = (
  options: {
    readonly construct?: ConstructWork;
    readonly ownDiskAfterMs?: number;
    readonly database?: Database;
    readonly factsFrom?: typeof factsFrom;
  } = {},
) => {
  const database = options.database ?? value(openDatabase(':memory:'));
  const clock = { atMs: 1_000_000 };
  const now = (): number => clock.atMs;
  const images: ImageView[] = [image('a'), image('b')];
  const orders: { readonly sessionId: string; readonly sequence: number; readonly order: Order }[] = [];
  const ended: string[] = [];
  const removed: string[] = [];
  const shown: Progress[] = [];
  const seen = new Map<string, MachineView>();
  let sessions = 0;

  const start = () => {
    const sites = createSites({ database, now, defaults: { siteName: 'Site A', operator: 'Ada' } });
    const events = createEvents({ database, now, sites, onEvent: () => undefined });
    const localBoots = createLocalBoots({ database, now });
    const machines = createMachines({
      database,
      now,
      sites,
      events,
      factsFrom: options.factsFrom ?? factsFrom,
      plan: { factsAround: (machine, before) => plan.factsAround(machine, before), factsOfAll: () => plan.factsOfAll() },
      bootsOwnDisk: (mac) => localBoots.peek(mac) !== null,
      onChange: (view) => void seen.set(view.id, view),
      onRemove: (id) => removed.push(id),
    });
    const plan: SitePlan = createSitePlan({ database, now, sites, events, machines, onChange: () => journey.onRulesChanged() });
    const jobs = createJobs({
      database,
      now,
      sites,
      machineName: machines.nameOf,
      onChange: () => undefined,
      onProgress: (one) => shown.push(one),
    });
    const recipes = createRecipes({ database, now, onChange: () => undefined });
    const sets = createImageSets({ database, now, onChange: () => undefined });
    const setRuns = createSetRuns({ database, now, sites });
    const fields = createStationFields({ database, now, onChange: () => undefined });
    const constructions = createConstructions({
      database,
      now,
      events,
      operator: () => 'Ada',
      machineName: machines.nameOf,
      work: options.construct ?? (() => Promise.resolve(failed('test.no-work', 'Nothing is made here.', 'Use a station.'))),
      onChange: () => undefined,
      onSettled: () => journey.onRulesChanged(),
      onBug: (error) => expect.fail(String(error)),
    });
    const installers = createInstallerBoots({ database, now });
    const fieldList = () => fields.list().map(({ field }) => field);
    const known = (): ReturnType<typeof nameable> => nameable(recipes.list(), sets.list(), fieldList(), policies.entries());
    const policies = createPolicies({ database, now, sites, recipes: known, onChange: () => undefined });
    const arming = createArming({ database, now, sites, events, onChange: () => undefined });
    const consents = createConsents({ database, now, sites });
    const journey = createJourney({
      database,
      now,
      sites,
      events,
      localBoots,
      machines,
      jobs,
      policies,
      recipes,
      sets,
      setRuns,
      fields: fieldList,
      constructions,
      installers,
      arming,
      images: () => images,
      sendOrder: (sessionId, order) => orders.push({ sessionId, sequence: orders.length + 1, order }),
      withdrawOrder: (sessionId, sequence) => {
        const at = orders.findIndex((one) => one.sessionId === sessionId && one.sequence === sequence);
        if (at !== -1) orders.splice(at, 1);
      },
      endSession: (sessionId) => ended.push(sessionId),
      growLastPartition: true,
      ownDiskAfterMs: () => options.ownDiskAfterMs ?? null,
    });
    return {
      sites,
      events,
      localBoots,
      machines,
      jobs,
      policies,
      recipes,
      fields,
      sets,
      setRuns,
      constructions,
      installers,
      arming,
      consents,
      journey,
      plan,
    };
  };
  const rig = { clock, images, orders, ended, removed, shown, seen, station: start() };
  value(rig.station.policies.add(policy()));
  const view = (machineId: string): MachineView => value(rig.station.machines.view(machineId));

  /** An agent that has just booted: hello is said, the inventory is for the test to send. */
  const agent = (mac = '52:54:00:00:00:01', { isHeard = true } = {}) => {
    sessions += 1;
    const session = { sessionId: `session-${sessions}`, bootMac: mac };
    if (isHeard) rig.station.machines.heard(mac, 'firmware');
    rig.station.journey.onHello(session);
    const report = (one: Report): Result<null> => rig.station.journey.onReport(session.sessionId, one);
    const last = <K extends Order['kind']>(kind: K): Of<K> & { readonly sequence: number } => {
      const found = orders.findLast((one) => one.sessionId === session.sessionId && one.order.kind !== 'show');
      if (found?.order.kind !== kind) return expect.fail(`wanted an order to ${kind}, got ${JSON.stringify(found?.order)}`);
      return { ...(found.order as Of<K>), sequence: found.sequence };
    };
    return {
      ...session,
      report,
      last,
      orders: () => orders.filter((one) => one.sessionId === session.sessionId).map((one) => one.order.kind),
      inventory: (read: Inventory = inventory({ mac })): MachineView => {
        const { machineId } = value(rig.station.journey.onInventory(session, read));
        return value(rig.station.machines.view(machineId));
      },
      assess: (assessment: Assessment): MachineView => {
        value(report({ kind: 'assessment', sequence: last('assess').sequence, assessment }));
        return view(rig.station.machines.ofSession(session.sessionId)?.id ?? '');
      },
    };
  };
  return Object.assign(rig, {
    agent,
    plan: () => rig.station.plan,
    view,
    /** Approves what the machine asks, as a person reading the screen would. */
    approve: (machine: MachineView) => {
      const { question } = view(machine.id);
      if (question?.kind !== 'erase') return expect.fail(`nothing to approve: ${JSON.stringify(question)}`);
      return rig.station.journey.onApprove(machine.id, { eraseSerial: question.disk.serial ?? '', consentHash: question.consentHash });
    },
    /** What the database holds, past the station. */
    query: (sql: string, ...values: readonly unknown[]): readonly unknown[] => database.prepare(sql).all(...values),
    exec: (sql: string): void => void database.exec(sql),
    restart: () => void (rig.station = start()),
    close: (): void => void database.close(),
  });
};
export type Rig = ReturnType<typeof createRig>;
export type FakeAgent = ReturnType<Rig['agent']>;

// The plan of the site the station is at: kept as its file said, matched against the machines whenever it is asked for, and put into
// their facts, where it stands below what a person typed and what the inventory read.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { PlanDifference, PlanImport, SitePlanView } from '../../preload/contract/plan-views.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Place, Sites } from '../database/sites.ts';
import type { Machines } from '../machines/machines.ts';
import { comparePlans } from './compare.ts';
import { matchPlan, rowsByKey, rowsNaming } from './match.ts';
import type { Match, PlannedFacts, Planning, RealMachine, RowsByKey } from './match.ts';
import { parsePlan } from './plan.ts';
import type { Plan } from './plan.ts';

export type SitePlan = Planning & {
  view(): SitePlanView | null;
  /** The plan of any site; null where it has none. */
  planAt(siteId: number): Plan | null;
  viewAt(site: Pick<Place, 'siteId' | 'siteName'>): SitePlanView | null;
  /** A plan that is there is replaced only when `replace` says so; else the difference is told and nothing changed. */
  import(wish: { readonly name: string; readonly text: string; readonly replace: boolean }): Result<PlanImport>;
  clear(): Result<null>;
  /** Puts the plan into the facts of every machine again: it or the site changed. */
  apply(): void;
};

export type SitePlanOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly events: Events;
  readonly machines: Pick<Machines, 'list' | 'nameOf' | 'realMachines' | 'setPlanFacts'>;
  /** Facts of machines changed: they are decided for again. */
  readonly onChange: () => void;
};

type Row = { name: string; text: string; imported_at_ms: number; operator: string };
type Kept = { readonly plan: Plan; readonly rows: RowsByKey; readonly importedAtMs: number; readonly operator: string };

const NOTHING: PlanDifference = { added: [], removed: [], changed: [] };

export const createSitePlan = ({ database, now, sites, events, machines, onChange }: SitePlanOptions): SitePlan => {
  const select = database.prepare<[number], Row>(
    'SELECT site_plan.name, text, imported_at_ms, operator.name AS operator FROM site_plan JOIN operator ON operator.id = operator_id WHERE site_id = ?',
  );
  const insert = database.prepare(
    'INSERT OR REPLACE INTO site_plan(site_id, name, text, imported_at_ms, operator_id) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM site_plan WHERE site_id = ?');
  let kept: { readonly siteId: number; readonly found: Kept | null } | null = null;

  /** A plan that this version no longer reads is as good as none, and stays in the database. */
  const read = (siteId: number): Kept | null => {
    const row = select.get(siteId);
    const plan = row === undefined ? null : parsePlan(row.text, row.name);
    return row === undefined || plan === null || !plan.ok
      ? null
      : { plan: plan.value, rows: rowsByKey(plan.value), importedAtMs: row.imported_at_ms, operator: row.operator };
  };
  /** Read once a site. */
  const current = (): Kept | null => {
    const { siteId } = sites.current();
    if (kept?.siteId !== siteId) kept = { siteId, found: read(siteId) };
    return kept.found;
  };

  const factsOf = (plan: Plan | null, real: readonly RealMachine[], asked: readonly RealMachine[]): PlannedFacts => {
    const matches = plan === null ? [] : matchPlan(plan, real).matches;
    const planned = new Map(matches.flatMap(({ machineId, entry }) => (machineId === null ? [] : [[machineId, entry.facts] as const])));
    return new Map(asked.map(({ id }) => [id, planned.get(id) ?? []]));
  };
  const factsOfAll = (): PlannedFacts => {
    const real = machines.realMachines();
    return factsOf(current()?.plan ?? null, real, real);
  };
  const apply = (): void => {
    kept = null;
    for (const [id, facts] of factsOfAll()) machines.setPlanFacts(id, facts);
    onChange();
  };

  const rowView = (
    { entry, machineId, conflict, differences }: Match,
    shown: ReadonlyMap<string, MachineView>,
  ): SitePlanView['rows'][number] => {
    const machine = shown.get(machineId ?? '');
    return {
      line: entry.line,
      keys: { ...entry.keys },
      facts: entry.facts.map(({ name, value }) => ({ name, value })),
      state: machineId !== null ? 'seen' : conflict !== null ? 'conflict' : 'missing',
      machine: machine === undefined ? null : { id: machine.id, name: machine.name, state: machine.state },
      conflict,
      differences: differences.map((one) => ({ ...one })),
    };
  };

  const viewOf = (found: Kept | null, siteName: string): SitePlanView | null => {
    if (found === null) return null;
    const { matches, unexpected } = matchPlan(found.plan, machines.realMachines());
    const shown = new Map(machines.list().map((machine) => [machine.id, machine]));
    const rows = matches.map((match) => rowView(match, shown));
    const count = (state: string): number => rows.filter((row) => row.state === state).length;
    return {
      siteName,
      name: found.plan.name,
      importedAtMs: found.importedAtMs,
      operator: found.operator,
      columns: [...found.plan.columns],
      counts: {
        expected: rows.length,
        seen: count('seen'),
        missing: count('missing'),
        conflicts: count('conflict'),
        unexpected: unexpected.length,
      },
      rows,
      unexpected: unexpected.map((id) => ({ id, name: machines.nameOf(id) })),
    };
  };

  const view = (): SitePlanView | null => viewOf(current(), sites.current().siteName);

  return {
    view,
    planAt: (siteId) => read(siteId)?.plan ?? null,
    viewAt: ({ siteId, siteName }) => viewOf(read(siteId), siteName),
    import: ({ name, text, replace }) => {
      const plan = parsePlan(text, name);
      if (!plan.ok) return plan;
      const before = current();
      const difference = before === null ? NOTHING : comparePlans(before.plan, plan.value);
      const isSame = difference.added.length + difference.removed.length + difference.changed.length === 0;
      if (before !== null && !replace && !isSame) return success({ applied: false, difference, plan: view() });
      const { siteId, operatorId, operator, siteName } = sites.current();
      database.transaction(() => insert.run(siteId, name, text, now(), operatorId))();
      const said = before === null ? 'imported' : 'replaced';
      events.log({
        kind: 'plan.imported',
        text: `${operator} ${said} the plan of ${siteName}: ${name}, ${plan.value.entries.length} machines.`,
      });
      apply();
      return success({ applied: true, difference, plan: view() });
    },
    clear: () => {
      const { siteId, operator, siteName } = sites.current();
      if (current() === null) return failed('plan.none', `${siteName} has no plan.`, 'Import one with: rackside site import plan.csv');
      remove.run(siteId);
      events.log({ kind: 'plan.removed', text: `${operator} removed the plan of ${siteName}.` });
      apply();
      return success(null);
    },
    factsAround: (machine, before) => {
      const known = current();
      const touched = new Set(known === null ? [] : [machine, ...before].flatMap((one) => rowsNaming(known.rows, one)));
      if (known === null || touched.size === 0) return new Map([[machine.id, []]]);
      const real = [machine, ...machines.realMachines().filter(({ id }) => id !== machine.id)];
      const around = real
        .map((one) => ({ one, rows: rowsNaming(known.rows, one) }))
        .filter(({ one, rows }) => one === machine || rows.some((row) => touched.has(row)));
      const entries = [...new Set(around.flatMap(({ rows }) => rows))];
      return factsOf(
        { ...known.plan, entries },
        real,
        around.map(({ one }) => one),
      );
    },
    factsOfAll,
    apply,
  };
};

// The site's plan as the report has it: its rows against the machines that were there in the period. PURE.
import type { SitePlanView } from '../../preload/contract/plan-views.ts';
import type { ReportMachine, ReportPlanRow, SiteReport } from '../../preload/contract/report.ts';

export type PlanPart = {
  readonly part: NonNullable<SiteReport['plan']>;
  standing(machineId: string): NonNullable<ReportMachine['plan']>;
};

/** `here`: the machines of the report. */
export const planOf = (view: SitePlanView | null, here: ReadonlySet<string>, nameOf: (machineId: string) => string): PlanPart | null => {
  if (view === null) return null;
  const rows = view.rows.map(({ line, keys, facts, conflict, differences, state, machine }): ReportPlanRow => ({
    ...{ line, keys, facts, conflict, differences },
    state: state === 'seen' && !here.has(machine?.id ?? '') ? 'earlier' : state,
    machine: machine === null ? null : { id: machine.id, name: nameOf(machine.id) },
  }));
  const rowOf = new Map(rows.flatMap((row) => (row.machine === null ? [] : [[row.machine.id, row] as const])));
  const count = (state: ReportPlanRow['state']): number => rows.filter((row) => row.state === state).length;
  const standing = (machineId: string): NonNullable<ReportMachine['plan']> => {
    const row = rowOf.get(machineId);
    return row === undefined ? 'unplanned' : row.differences.length > 0 ? 'otherwise' : 'planned';
  };
  const standings = [...here].map(standing);
  return {
    part: {
      ...{ name: view.name, importedAtMs: view.importedAtMs, operator: view.operator, rows },
      counts: {
        ...{ expected: rows.length, seen: count('seen'), earlier: count('earlier'), missing: count('missing') },
        conflicts: count('conflict'),
        otherwise: standings.filter((one) => one === 'otherwise').length,
        unplanned: standings.filter((one) => one === 'unplanned').length,
      },
    },
    standing,
  };
};

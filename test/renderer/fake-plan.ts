// The plan's calls of the fake station: a file is read and matched against the scene's machines by the station's own code.
import { failed, success } from '../../agent/protocol/failure.ts';
import { comparePlans } from '../../main/plan/compare.ts';
import { matchPlan } from '../../main/plan/match.ts';
import { parsePlan } from '../../main/plan/plan.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { Plan } from '../../main/plan/plan.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { SitePlanView } from '../../preload/contract/plan-views.ts';
import type { FakeState } from './fake-parts.ts';

export const planHandlers = (state: FakeState): Pick<CallHandlers, Extract<CallName, `plan.${string}`>> => {
  let plan: Plan | null = null;
  const view = (): SitePlanView | null => {
    if (plan === null) return null;
    const { machines } = state.snapshot;
    const real = machines.map(({ id, macs }) => ({ id, bootMac: macs[0] ?? null, facts: state.scene.extras.get(id)?.facts ?? [] }));
    const { matches, unexpected } = matchPlan(plan, real);
    const named = (id: string | null) => machines.find((one) => one.id === id);
    const rows = matches.map(({ entry, machineId, conflict, differences }): SitePlanView['rows'][number] => {
      const machine = named(machineId);
      return {
        line: entry.line,
        keys: { ...entry.keys },
        facts: entry.facts.map(({ name, value }) => ({ name, value })),
        state: machine !== undefined ? 'seen' : conflict === null ? 'missing' : 'conflict',
        machine: machine === undefined ? null : { id: machine.id, name: machine.name, state: machine.state },
        conflict,
        differences: [...differences],
      };
    });
    const count = (wanted: string): number => rows.filter((row) => row.state === wanted).length;
    return {
      siteName: state.snapshot.station.siteName,
      name: plan.name,
      importedAtMs: Date.now(),
      operator: 'M. Okafor',
      columns: [...plan.columns],
      counts: {
        expected: rows.length,
        seen: count('seen'),
        missing: count('missing'),
        conflicts: count('conflict'),
        unexpected: unexpected.length,
      },
      rows,
      unexpected: unexpected.map((id) => ({ id, name: named(id)?.name ?? id })),
    };
  };
  return {
    'plan.get': async () => success(view()),
    'plan.import': async ({ name, replace, ...file }) => {
      const read = 'text' in file ? parsePlan(file.text, name) : failed('plan.not-found', 'There is no file here.', 'Give its text.');
      if (!read.ok) return read;
      const difference = plan === null ? { added: [], removed: [], changed: [] } : comparePlans(plan, read.value);
      const differs = difference.added.length + difference.removed.length + difference.changed.length > 0;
      if (plan !== null && differs && !replace) return success({ applied: false, difference, plan: view() });
      plan = read.value;
      return success({ applied: true, difference, plan: view() });
    },
    'plan.clear': async () => {
      if (plan === null) return failed('plan.none', 'The site has no plan.', 'Import one.');
      plan = null;
      return success(null);
    },
  };
};

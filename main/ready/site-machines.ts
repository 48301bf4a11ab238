// The machines of a site: every row of its plan, as the machine that it is or by what the plan says, and whoever else was heard there.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { matchPlan } from '../plan/match.ts';
import type { RealMachine } from '../plan/match.ts';
import type { Plan, PlanEntry } from '../plan/plan.ts';
import type { SiteMachine } from './needs.ts';

export type SiteMachinesOptions = {
  readonly plan: Plan | null;
  readonly machines: readonly RealMachine[];
  readonly views: readonly Pick<MachineView, 'id' | 'name'>[];
  /** Machines heard last at this site. */
  readonly isHere: (machineId: string) => boolean;
  readonly isRead: (machineId: string) => boolean;
  readonly chosen: (machineId: string) => string | null;
};

export const siteMachines = ({ plan, machines, views, isHere, isRead, chosen }: SiteMachinesOptions): readonly SiteMachine[] => {
  const names = new Map(views.map(({ id, name }) => [id, name]));
  const real = new Map(machines.map((machine) => [machine.id, machine]));
  const known = (id: string, entry: PlanEntry | null): SiteMachine => ({
    id,
    name: names.get(id) ?? id,
    facts: withPlan(real.get(id)?.facts ?? [], entry?.facts ?? []),
    isRead: isRead(id),
    chosen: chosen(id),
  });
  const matches = plan === null ? [] : matchPlan(plan, machines).matches;
  const planned = matches.map(({ entry, machineId }) =>
    machineId === null
      ? { id: `line ${entry.line}`, name: nameOf(entry), facts: entry.facts, isRead: false, chosen: null }
      : known(machineId, entry),
  );
  const inPlan = new Set(matches.map(({ machineId }) => machineId));
  return [...planned, ...machines.filter(({ id }) => !inPlan.has(id) && isHere(id)).map(({ id }) => known(id, null))];
};

/** What another site's plan says of it is not true here; what it measured stands before what a plan says. */
const withPlan = (facts: readonly Fact[], planned: readonly Fact[]): readonly Fact[] => {
  const own = facts.filter(({ source }) => !source.startsWith('plan:'));
  const told = new Set(own.filter(({ filler }) => !filler).map(({ name }) => name));
  return [...own, ...planned.filter(({ name }) => !told.has(name))];
};

const nameOf = ({ line, keys, facts }: PlanEntry): string => {
  const host = facts.find(({ name }) => name === 'input.hostname')?.value;
  const key = keys.serial ?? keys.mac ?? (keys.slot === undefined ? undefined : `slot ${keys.slot}`);
  return typeof host === 'string' ? host : (key ?? `line ${line} of the plan`);
};

// What a new plan changes: rows that come, rows that go, cells that differ. PURE.
import type { FactValue } from '../../agent/protocol/facts.ts';
import type { PlanDifference } from '../../preload/contract/plan-views.ts';
import type { Plan, PlanEntry } from './plan.ts';

/** The machine of a row in words; the strongest key it has. */
export const entryName = ({ keys }: PlanEntry): string =>
  keys.serial ?? keys.mac ?? `slot ${keys.slot ?? '?'}${keys.enclosure === undefined ? '' : ` of ${keys.enclosure}`}`;

const cellsOf = (entry: PlanEntry): ReadonlyMap<string, FactValue> =>
  new Map<string, FactValue>([...Object.entries(entry.keys), ...entry.facts.map((fact) => [fact.name, fact.value] as const)]);

export const comparePlans = (before: Plan, after: Plan): PlanDifference => {
  const olds = new Map(before.entries.map((entry) => [entryName(entry), entry]));
  const news = new Map(after.entries.map((entry) => [entryName(entry), entry]));
  const changed = [...news].flatMap(([name, entry]) => {
    const old = olds.get(name);
    if (old === undefined) return [];
    const [was, is] = [cellsOf(old), cellsOf(entry)];
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((column) => {
      const [from, to] = [was.get(column) ?? null, is.get(column) ?? null];
      return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ machine: name, column, before: from, after: to }];
    });
  });
  return {
    added: [...news.keys()].filter((name) => !olds.has(name)),
    removed: [...olds.keys()].filter((name) => !news.has(name)),
    changed,
  };
};

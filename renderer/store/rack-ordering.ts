// The order of the rack, kept while it holds: a machine whose place did not change costs one comparison, one that moved is put
// where it belongs, and only a new way of sorting sorts anew. Pure but for what it remembers.
import { comparePlaces, isSamePlace, placeOf } from './rack-order.ts';
import type { Place, Sorting } from './rack-order.ts';
import type { MachineView } from '../../preload/contract/views.ts';

type Machines = ReadonlyMap<string, MachineView>;

/** More movers than this share and sorting all is cheaper. */
const MOST_MOVERS = 0.25;

const insert = (sorted: MachineView[], machine: MachineView, sorting: Sorting): void => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = sorted[middle];
    if (other !== undefined && comparePlaces(sorting, other, machine) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, machine);
};

/** Gives the machines in order; the same array again while no place changed. */
export const createOrdering = (): ((machines: Machines, sorting: Sorting) => readonly Place[]) => {
  let known: Machines = new Map();
  let by: Sorting | null = null;
  let sorted: readonly MachineView[] = [];
  let places: readonly Place[] = [];
  return (machines, sorting) => {
    if (machines === known && sorting === by) return places;
    const moved: MachineView[] = [];
    for (const machine of machines.values()) {
      const before = known.get(machine.id);
      if (before === undefined || !isSamePlace(sorting, before, machine)) moved.push(machine);
    }
    const isAnew = sorting !== by || moved.length > machines.size * MOST_MOVERS;
    const hasGone = sorted.some(({ id }) => !machines.has(id));
    [known, by] = [machines, sorting];
    if (!isAnew && moved.length === 0 && !hasGone) return places;
    if (isAnew) {
      sorted = [...machines.values()].toSorted((a, b) => comparePlaces(sorting, a, b));
    } else {
      const movers = new Set(moved.map(({ id }) => id));
      // The newest view of those that stay, so that later ones are compared with what is true.
      const next = sorted.flatMap(({ id }) => (movers.has(id) ? [] : (machines.get(id) ?? [])));
      for (const machine of moved) insert(next, machine, sorting);
      sorted = next;
    }
    places = sorted.map(placeOf);
    return places;
  };
};

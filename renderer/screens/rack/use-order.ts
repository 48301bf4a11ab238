// Keeps the order of the list still while a pointer is over it: a click must hit what the eye chose.
import { useCallback, useMemo, useState } from 'react';
import { orderMachines } from '../../store/rack-order.ts';
import type { Sorting } from '../../store/rack-order.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

type Order = { readonly ids: readonly string[]; readonly hold: () => void; readonly release: () => void };

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((id, index) => id === b[index]);

export const useOrder = (machines: ReadonlyMap<string, MachineView>, sorting: Sorting): Order => {
  const [held, setHeld] = useState(false);
  const [shown, setShown] = useState<{ readonly sorting: Sorting; readonly ids: readonly string[] }>({ sorting, ids: [] });
  // Another order was asked for: that is the person's own doing, pointer or not.
  const still = held && shown.sorting === sorting;
  const next = useMemo(() => orderMachines([...machines.values()], sorting, shown.ids, still), [machines, sorting, shown, still]);
  const settled = shown.sorting === sorting && same(next, shown.ids);
  if (!settled) setShown({ sorting, ids: next });
  return {
    // The same list as before keeps its identity, so that the rows are not laid out again.
    ids: settled ? shown.ids : next,
    hold: useCallback(() => setHeld(true), []),
    release: useCallback(() => setHeld(false), []),
  };
};

// Keeps the order of the list still while a pointer is over it: a click must hit what the eye chose.
import { useCallback, useMemo, useRef, useState } from 'react';
import { orderMachines } from '../../store/rack-order.ts';
import type { Sorting } from '../../store/rack-order.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

type Order = { readonly ids: readonly string[]; readonly hold: () => void; readonly release: () => void };

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((id, index) => id === b[index]);

export const useOrder = (machines: ReadonlyMap<string, MachineView>, sorting: Sorting): Order => {
  const [held, setHeld] = useState(false);
  const shown = useRef<{ readonly sorting: Sorting; readonly ids: readonly string[] }>({ sorting, ids: [] });
  const ids = useMemo(() => {
    // Another order was asked for: that is the person's own doing, pointer or not.
    const still = held && shown.current.sorting === sorting;
    const next = orderMachines([...machines.values()], sorting, shown.current.ids, still);
    if (!same(next, shown.current.ids) || shown.current.sorting !== sorting) shown.current = { sorting, ids: next };
    return shown.current.ids;
  }, [machines, sorting, held]);
  return { ids, hold: useCallback(() => setHeld(true), []), release: useCallback(() => setHeld(false), []) };
};

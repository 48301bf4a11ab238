// Keeps the order of the list still while a pointer is over it: a click must hit what the eye chose.
import { useCallback, useMemo, useState } from 'react';
import { holdPlaces } from '../../store/rack-order.ts';
import { createOrdering } from '../../store/rack-ordering.ts';
import type { Place, Sorting } from '../../store/rack-order.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

type Order = { readonly places: readonly Place[]; readonly hold: () => void; readonly release: () => void };

const isSame = (a: readonly Place[], b: readonly Place[]): boolean =>
  a === b || (a.length === b.length && a.every((place, index) => place.id === b[index]?.id && place.position === b[index]?.position));

export const useOrder = (machines: ReadonlyMap<string, MachineView>, sorting: Sorting): Order => {
  const [order] = useState(createOrdering);
  const [held, setHeld] = useState(false);
  const [shown, setShown] = useState<{ readonly sorting: Sorting; readonly places: readonly Place[] }>({ sorting, places: [] });
  // Another order was asked for: that is the person's own doing, pointer or not.
  const still = held && shown.sorting === sorting;
  const sorted = order(machines, sorting);
  const next = useMemo(() => (still ? holdPlaces(sorted, shown.places) : sorted), [sorted, still, shown]);
  const settled = shown.sorting === sorting && isSame(next, shown.places);
  if (!settled) setShown({ sorting, places: next });
  return {
    // The same list as before keeps its identity, so that the rows are not laid out again.
    places: settled ? shown.places : next,
    hold: useCallback(() => setHeld(true), []),
    release: useCallback(() => setHeld(false), []),
  };
};

// The number of the last event of an area (`recipe.`, `plan.` …) that this window heard: what is asked for again when it changes.
import { useStation } from './station-store.ts';
import type { EventView } from '../../preload/contract/views.ts';

export const lastOf = (events: readonly Pick<EventView, 'id' | 'kind'>[], areas: readonly string[]): number =>
  events.findLast(({ kind }) => areas.some((area) => kind.startsWith(area)))?.id ?? 0;

export const useLastEvent = (...areas: readonly string[]): number => useStation((state) => lastOf(state.events, areas));

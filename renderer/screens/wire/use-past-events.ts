// The station's log as far back as a person has asked for it: the latest page at first, an older one at a time.
import { useEffect, useMemo, useState } from 'react';
import { call } from '../../store/connection.ts';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import type { EventView } from '../../../preload/contract/views.ts';

const PAGE = 500;

type Past = { readonly events: readonly EventView[]; readonly isAll: boolean };

export type PastEvents = {
  /** Oldest first, without a gap, up to this moment. */
  readonly events: readonly EventView[];
  /** The station's first event is among them. */
  readonly isAll: boolean;
  readonly loading: boolean;
  readonly older: () => Promise<void>;
};

const pageBefore = (beforeId: number) => ({ afterId: 0, beforeId, limit: PAGE, machineId: null });

export const usePastEvents = (): PastEvents => {
  const live = useStation((state) => state.events);
  const up = useStation((state) => state.link.kind === 'up');
  const [past, setPast] = useState<Past>({ events: [], isAll: true });
  const [loading, setLoading] = useState(false);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call('events.list', pageBefore(Number.MAX_SAFE_INTEGER), { signal: stop.signal }).then((page) => {
      // From the start again after a lost link: more may have happened meanwhile than one page holds.
      if (page.ok) setPast({ events: page.value, isAll: page.value.length < PAGE });
    });
    return () => stop.abort();
  }, [up]);
  const first = past.events[0]?.id ?? 0;
  const events = useMemo(() => {
    const byId = new Map([...past.events, ...live.filter(({ id }) => id >= first)].map((event) => [event.id, event]));
    return [...byId.values()].toSorted((a, b) => a.id - b.id);
  }, [past.events, live, first]);
  const older = async (): Promise<void> => {
    if (loading || past.isAll) return;
    setLoading(true);
    const page = await act('events.list', pageBefore(first));
    setLoading(false);
    if (!page.ok) return;
    const { value } = page;
    setPast((now) => (now.events[0]?.id === first ? { events: [...value, ...now.events], isAll: value.length < PAGE } : now));
  };
  return { events, isAll: past.isAll, loading, older };
};

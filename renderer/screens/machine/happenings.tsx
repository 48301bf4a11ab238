// What happened to this machine, newest first: the station's events about it, live.
import { useMemo } from 'react';
import { Section } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { EventList } from '../wire/event-list.tsx';
import { WORDS } from '../../words/screens.ts';
import styles from './facts.module.css';
import type { EventView } from '../../../preload/contract/views.ts';

const MOST = 200;

export const Happenings = ({
  machineId,
  events,
  open,
}: {
  readonly machineId: string;
  readonly events: readonly EventView[];
  readonly open: boolean;
}) => {
  const live = useStation((state) => state.events);
  const all = useMemo(() => {
    const byId = new Map(events.map((event) => [event.id, event]));
    for (const event of live) if (event.machineId === machineId) byId.set(event.id, event);
    return [...byId.values()].toSorted((a, b) => b.id - a.id).slice(0, MOST);
  }, [events, live, machineId]);
  if (all.length === 0) return null;
  return (
    <Section title={WORDS.machine.events}>
      <details className={styles['fold']} open={open}>
        <summary>{all[0]?.text}</summary>
        <EventList events={all} />
      </details>
    </Section>
  );
};

// The station's log of what happened, newest first: live, filtered, and further back on request.
import { useEffect, useMemo, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { EventList } from './event-list.tsx';
import page from '../page.module.css';
import styles from './wire.module.css';
import type { EventView } from '../../../preload/contract/views.ts';

const words = WORDS.wire;
const PAGE = 500;

const fits = (event: EventView, trouble: boolean, text: string): boolean =>
  (!trouble || event.level !== 'info') && `${event.kind} ${event.text}`.toLowerCase().includes(text.toLowerCase());

export const EventLog = () => {
  const live = useStation((state) => state.events);
  const machines = useStation((state) => state.machines);
  const up = useStation((state) => state.link.kind === 'up');
  const [past, setPast] = useState<readonly EventView[]>([]);
  const [shown, setShown] = useState(PAGE);
  const [level, setLevel] = useState('all');
  const [text, setText] = useState('');
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call('events.list', { afterId: 0, limit: 1000, machineId: null }, { signal: stop.signal }).then((result) => {
      if (result.ok) setPast(result.value);
    });
    return () => stop.abort();
  }, [up]);
  const all = useMemo(() => {
    const byId = new Map([...past, ...live].map((event) => [event.id, event]));
    return [...byId.values()].filter((event) => fits(event, level === 'trouble', text)).toSorted((a, b) => b.id - a.id);
  }, [past, live, level, text]);
  return (
    <section className={page['card']} aria-label={words.log}>
      <h2 className={page['cardTitle']}>{words.log}</h2>
      <div className={styles['filters']}>
        <SelectField
          label={words.show}
          value={level}
          onChange={(event) => setLevel(event.target.value)}
          choices={[
            { value: 'all', label: words.filterAll },
            { value: 'trouble', label: words.filterTrouble },
          ]}
        />
        <TextField label={words.filterText} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {all.length === 0 ? <p className={page['lead']}>{words.logEmpty}</p> : <EventList events={all.slice(0, shown)} machines={machines} />}
      {all.length > shown ? <Button onClick={() => setShown(shown + PAGE)}>{words.older}</Button> : null}
    </section>
  );
};

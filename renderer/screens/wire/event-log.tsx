// The station's log of what happened, newest first: live, filtered, and further back on request.
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { EventList } from './event-list.tsx';
import { usePastEvents } from './use-past-events.ts';
import page from '../page.module.css';
import styles from './wire.module.css';
import type { EventView } from '../../../preload/contract/views.ts';

const words = WORDS.wire;
const SHOWN = 500;

const fits = (event: EventView, trouble: boolean, text: string): boolean =>
  (!trouble || event.level !== 'info') && `${event.kind} ${event.text}`.toLowerCase().includes(text.toLowerCase());

export const EventLog = () => {
  const machines = useStation((state) => state.machines);
  const { events, isAll, loading, older } = usePastEvents();
  const [shown, setShown] = useState(SHOWN);
  const [level, setLevel] = useState('all');
  const [text, setText] = useState('');
  const all = useMemo(() => events.filter((event) => fits(event, level === 'trouble', text)).toReversed(), [events, level, text]);
  const more = (): void => {
    setShown(shown + SHOWN);
    if (all.length <= shown) void older();
  };
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
      {all.length === 0 ? (
        <p className={page['lead']}>{events.length === 0 ? words.logEmpty : words.logNothingFits}</p>
      ) : (
        <EventList events={all.slice(0, shown)} machines={machines} />
      )}
      {all.length > shown || !isAll ? (
        <Button inert={loading} onClick={more}>
          {words.older}
        </Button>
      ) : null}
    </section>
  );
};

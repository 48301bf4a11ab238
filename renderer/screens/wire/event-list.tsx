// Events as lines: when, how grave, about whom, what.
import { memo } from 'react';
import { cx } from '../../kit/class-names.ts';
import { clock } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './event-list.module.css';
import type { EventView, MachineView } from '../../../preload/contract/views.ts';

const Line = memo(function Line({ event, machineName }: { readonly event: EventView; readonly machineName: string | null }) {
  return (
    <li className={cx(styles['line'], styles[event.level])}>
      <time className={styles['time']} dateTime={new Date(event.atMs).toISOString()}>
        {clock(event.atMs)}
      </time>
      <span className={styles['kind']}>{event.kind}</span>
      <span className={styles['text']}>
        {event.level === 'info' ? null : <strong className={styles['level']}>{WORDS.wire.levels[event.level]}: </strong>}
        {machineName === null ? null : (
          <a className={styles['machine']} href={`#/rack/${encodeURIComponent(event.machineId ?? '')}`}>
            {machineName}
          </a>
        )}
        {event.text}
      </span>
    </li>
  );
});

export const EventList = ({
  events,
  machines,
}: {
  readonly events: readonly EventView[];
  readonly machines?: ReadonlyMap<string, MachineView>;
}) => (
  <ol className={styles['list']}>
    {events.map((event) => (
      <Line key={event.id} event={event} machineName={event.machineId === null ? null : (machines?.get(event.machineId)?.name ?? null)} />
    ))}
  </ol>
);

// The switch that makes the station answer machines, with the time it still has. Times other than an hour, and a list of
// machines, are on the Wire screen.
import { Switch } from '../kit/switch.tsx';
import { act } from '../store/notices.ts';
import { useTicking } from '../store/clock.ts';
import { elapsed } from '../words/numbers.ts';
import { WORDS } from '../words/screens.ts';
import styles from './listening-switch.module.css';
import type { StationView } from '../../preload/contract/views.ts';

const MINUTES = 60;

export const useListeningWords = ({ listening }: StationView): string =>
  useTicking((nowMs) => {
    if (!listening.on) return WORDS.header.notListening;
    const { macs = [], ports = [] } = listening;
    const words = macs.length + ports.length === 0 ? WORDS.header.listening : WORDS.header.listeningTo(macs.length, ports.length);
    if (listening.untilMs === null) return words;
    const left = elapsed(Math.ceil((listening.untilMs - nowMs) / 60_000) * 60_000).replace(/:00$/, ' min');
    return `${words}, ${WORDS.header.left(left)}`;
  });

export const ListeningSwitch = ({ station }: { readonly station: StationView }) => {
  const words = useListeningWords(station);
  return (
    <span className={styles['group']}>
      <Switch
        checked={station.listening.on}
        onChange={(on) => void act('listening.set', { on, minutes: on ? MINUTES : null, macs: [] })}
        label={WORDS.header.listenLabel}
      />
      <span className={styles['words']}>{words}</span>
    </span>
  );
};

// The quiet line at the bottom: which station, how it serves, what it has sent, who works.
import { useStation } from '../store/station-store.ts';
import { bytes } from '../words/numbers.ts';
import { WORDS } from '../words/screens.ts';
import styles from './status-line.module.css';

export const StatusLine = () => {
  const station = useStation((state) => state.station);
  if (station === null) return null;
  return (
    <footer className={styles['line']}>
      <span>
        {WORDS.status.station} {station.name} {station.wire.address}
      </span>
      <span>{WORDS.status.mode[station.wire.mode]}</span>
      <span>{WORDS.status.leases(station.leases)}</span>
      <span className={styles['figures']}>
        {WORDS.status.sent} {bytes(station.bytesServed)}
      </span>
      <span className={styles['right']}>
        {station.operator || WORDS.status.noOperator} · {station.siteName}
      </span>
    </footer>
  );
};

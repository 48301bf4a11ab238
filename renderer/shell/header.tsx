// The station at a glance: which wire, whether it answers, which library, and the four counts.
import { Lamp } from '../kit/lamp.tsx';
import { Tooltip } from '../kit/tooltip.tsx';
import { useStation } from '../store/station-store.ts';
import { countTones } from '../store/selectors.ts';
import { bytes } from '../words/numbers.ts';
import { WORDS } from '../words/screens.ts';
import { ListeningSwitch } from './listening-switch.tsx';
import styles from './header.module.css';
import type { StationView } from '../../preload/contract/views.ts';

const WireChip = ({ station }: { readonly station: StationView }) => {
  const { wire, listening } = station;
  const tone = wire.problem !== null ? 'fail' : listening.on ? 'ok' : 'idle';
  return (
    <div className={styles['chip']}>
      <Lamp tone={tone} shape="dot" />
      <strong className={styles['nic']}>{wire.nic ?? WORDS.header.softwareRack}</strong>
      <span className={styles['secondary']}>{wire.problem === null ? wire.address : WORDS.header.wireDown}</span>
      <ListeningSwitch station={station} />
    </div>
  );
};

const folderName = (folder: string): string => folder.split(/[\\/]/).findLast((part) => part !== '') ?? folder;

const LibraryChip = ({ station }: { readonly station: StationView }) => (
  <Tooltip text={station.library.folder} side="bottom">
    <a className={`${styles['chip']} ${styles['library']}`} href="#/library">
      <span className={styles['secondary']}>{WORDS.header.library}</span>
      <strong className={styles['folder']}>{folderName(station.library.folder)}</strong>
      <span className={styles['figures']}>
        {WORDS.header.images(station.library.images)} · {bytes(station.library.storedBytes)}
      </span>
    </a>
  </Tooltip>
);

const Count = ({ tone }: { readonly tone: 'ask' | 'work' | 'ok' | 'fail' }) => {
  const number = useStation((state) => countTones(state.machines)[tone]);
  return (
    <div className={styles['count']}>
      <dd className={`${styles['number']} ${number === 0 ? '' : styles[tone]}`}>{number}</dd>
      <dt>{WORDS.counts[tone]}</dt>
    </div>
  );
};

const Counts = () => (
  <dl className={styles['counts']}>
    {(['ask', 'work', 'ok', 'fail'] as const).map((tone) => (
      <Count key={tone} tone={tone} />
    ))}
  </dl>
);

export const Header = () => {
  const station = useStation((state) => state.station);
  return (
    <header className={styles['header']}>
      <a
        className={styles['skip']}
        href="#content"
        onClick={(event) => (
          event.preventDefault(),
          document.querySelector<HTMLElement>('#content a, #content button, #content [tabindex]')?.focus()
        )}
      >
        {WORDS.common.skip}
      </a>
      <span className={styles['brand']}>
        rack<span>side</span>
      </span>
      {station === null ? null : (
        <>
          <WireChip station={station} />
          <LibraryChip station={station} />
          <Counts />
        </>
      )}
    </header>
  );
};

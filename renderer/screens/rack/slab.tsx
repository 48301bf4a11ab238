// One machine as a slab: lamp, name, state in words, figures, and the slab itself as its progress bar. Draws again only
// when its own machine, job or progress changes.
import { memo } from 'react';
import { cx } from '../../kit/class-names.ts';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { useTicking } from '../../store/clock.ts';
import { useProgress } from '../../store/progress-slice.ts';
import { latestJobs } from '../../store/selectors.ts';
import { useStation } from '../../store/station-store.ts';
import { modelLine, stateWithProgress, toneOf } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import { figuresOf, underState } from './slab-words.ts';
import styles from './slab.module.css';
import type { ReactNode } from 'react';
import type { Expected } from '../../store/rack-order.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

/** Where a row stands: px from the top of the list, and its number of how many. */
type RowPlace = { readonly top: number; readonly position: number; readonly size: number };

export const slabId = (machineId: string): string => `slab-${machineId}`;

export type SlabProps = RowPlace & {
  readonly machineId: string;
  readonly label: string;
  readonly selected: boolean;
  readonly onSelect: (id: string) => void;
};

const Figures = ({ machine }: { readonly machine: MachineView }) => {
  const progress = useProgress(machine.id);
  const job = useStation((state) => latestJobs(state.jobs).get(machine.id));
  const text = useTicking((nowMs) => figuresOf(machine, job, progress, nowMs).join('\n'));
  const [first, second] = text.split('\n');
  return (
    <span className={styles['figures']}>
      <span className={styles['first']}>{first}</span>
      <span className={styles['second']}>{second}</span>
    </span>
  );
};

const Fill = ({ machineId }: { readonly machineId: string }) => {
  const progress = useProgress(machineId);
  return <span className={styles['fill']} style={{ transform: `scaleX(${(progress?.fraction ?? 0).toFixed(4)})` }} />;
};

const StateWords = ({ machine }: { readonly machine: MachineView }) => {
  const progress = useProgress(machine.id);
  const kind = useStation((state) => state.jobs.get(machine.jobId ?? '')?.kind);
  return <ToneText tone={toneOf(machine)}>{stateWithProgress(machine, progress, kind)}</ToneText>;
};

export const Slab = memo(function Slab({ machineId, label, selected, onSelect, top, position, size }: SlabProps) {
  const machine = useStation((state) => state.machines.get(machineId));
  if (machine === undefined) return null;
  const tone = toneOf(machine);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are on the listbox, as its pattern has it
    <div
      id={slabId(machineId)}
      role="option"
      aria-posinset={position}
      aria-setsize={size}
      style={{ top }}
      aria-selected={selected}
      className={cx(styles['slab'], styles[tone], selected && styles['selected'])}
      onClick={() => onSelect(machineId)}
    >
      {machine.state === 'working' ? <Fill machineId={machineId} /> : null}
      <span className={styles['label']}>{label}</span>
      <Lamp tone={tone} />
      <span className={styles['who']}>
        <span className={styles['name']}>{machine.name}</span>
        <span className={styles['model']}>{modelLine(machine)}</span>
      </span>
      <span className={styles['what']}>
        <span className={styles['state']}>
          <StateWords machine={machine} />
        </span>
        <span className={styles['says']}>{underState(machine)}</span>
      </span>
      <Figures machine={machine} />
    </div>
  );
});

/** A place without a machine; nothing is chosen there. */
const Vacant = ({ label, top, position, size, children }: RowPlace & { readonly label: string; readonly children: ReactNode }) => (
  <div
    className={cx(styles['slab'], styles['empty'])}
    role="option"
    aria-selected={false}
    aria-disabled="true"
    aria-posinset={position}
    aria-setsize={size}
    style={{ top }}
  >
    <span className={styles['label']}>{label}</span>
    <span className={styles['lampless']} />
    {children}
  </div>
);

/** A machine that the plan expects and nobody has heard. */
export const ExpectedSlab = memo(function ExpectedSlab({
  expected,
  ...place
}: RowPlace & { readonly label: string; readonly expected: Expected }) {
  return (
    <Vacant {...place}>
      <span className={styles['who']}>
        <span className={styles['name']}>{expected.name}</span>
        <span className={styles['model']}>{expected.says}</span>
      </span>
      <span className={styles['what']}>
        <span className={styles['says']}>{WORDS.rack.expected}</span>
      </span>
      <span className={styles['figures']} />
    </Vacant>
  );
});

export const EmptySlab = memo(function EmptySlab(place: RowPlace & { readonly label: string }) {
  return (
    <Vacant {...place}>
      <span>{WORDS.rack.nothingHere}</span>
    </Vacant>
  );
});

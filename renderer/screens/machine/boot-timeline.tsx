// The boot as a timeline with seconds per stage. Where it stands, or stopped, is where the colour is.
import { cx } from '../../kit/class-names.ts';
import { Section } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { duration, elapsed } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './boot-timeline.module.css';
import type { BootStage, MachineState } from '../../../preload/contract/views.ts';

const ACTIVE: Readonly<Record<MachineState, 'work' | 'ask' | 'fail' | 'ok'>> = {
  seen: 'work',
  booting: 'work',
  inventoried: 'work',
  matched: 'work',
  working: 'work',
  waiting: 'ask',
  unmatched: 'ask',
  ambiguous: 'ask',
  failed: 'fail',
  provisioned: 'ok',
};

const Running = ({ startedAtMs }: { readonly startedAtMs: number }) => <>{useTicking((nowMs) => elapsed(nowMs - startedAtMs))}</>;

export const BootTimeline = ({ stages, state }: { readonly stages: readonly BootStage[]; readonly state: MachineState }) => (
  <Section title={WORDS.machine.boot}>
    <ol className={styles['line']}>
      {stages.map((stage, index) => {
        const last = index === stages.length - 1;
        const coloured = last && (stage.endedAtMs === null || state === 'failed');
        return (
          <li key={`${stage.stage} ${stage.startedAtMs}`} className={cx(styles['stage'], coloured && styles[ACTIVE[state]])}>
            <span className={styles['name']}>{stage.stage}</span>
            <span className={styles['time']}>
              {stage.endedAtMs === null ? <Running startedAtMs={stage.startedAtMs} /> : duration(stage.endedAtMs - stage.startedAtMs)}
            </span>
          </li>
        );
      })}
    </ol>
  </Section>
);

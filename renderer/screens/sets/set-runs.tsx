// How far machines are with a set: one row a machine, each member with its state, and where it stopped and why.
import { cx } from '../../kit/class-names.ts';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Problem, Section } from '../../kit/panel.tsx';
import { usePolled } from '../../store/use-polled.ts';
import { dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import rows from '../rows.module.css';
import styles from './sets.module.css';
import type { SetRun } from '../../../preload/contract/image-set.ts';
import type { Tone } from '../../kit/lamp.tsx';

const words = WORDS.sets;
const AGAIN_MS = 2000;
/** The latest; `rackside sets show` tells them all. */
const SHOWN = 40;

const TONES: Readonly<Record<SetRun['state'], Tone>> = { running: 'work', failed: 'fail', done: 'ok', ended: 'idle' };

const Run = ({ run }: { readonly run: SetRun }) => (
  <li className={styles['run']}>
    <div className={styles['memberHead']}>
      <Lamp tone={TONES[run.state]} />
      <span className={rows['wrap']}>
        <a href={`#/rack/${encodeURIComponent(run.machineId)}`}>{run.machineName}</a>{' '}
        <span className={rows['dim']}>
          {[
            run.state === 'running' || run.state === 'failed' ? words.runPlace(run.place.number, run.place.of) : null,
            words.runEnds(run.final),
            run.covered ? words.runCovered : null,
            dateTime(run.startedAtMs),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      <ToneText tone={TONES[run.state]}>{words.runStates[run.state]}</ToneText>
    </div>
    <ol className={styles['steps']}>
      {run.members.map(({ name, state }) => (
        <li key={name} className={cx(styles['step'], styles[state])}>
          {name} <span>{words.memberStates[state]}</span>
        </li>
      ))}
    </ol>
    {run.failure === null ? null : <Problem title={run.failure.message} next={run.failure.next} code={run.failure.code} />}
  </li>
);

export const SetRuns = ({ name }: { readonly name: string }) => {
  const { value, failure } = usePolled('sets.runs', { machineId: null }, AGAIN_MS);
  if (value === null && failure === null) return null;
  const own = (value ?? []).filter(({ set }) => set === name).slice(0, SHOWN);
  return (
    <Section title={words.runs}>
      {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      {own.length === 0 && failure === null ? <p className={rows['dim']}>{words.noRuns}</p> : null}
      <ul className={styles['runs']}>
        {own.map((run) => (
          <Run key={run.id} run={run} />
        ))}
      </ul>
    </Section>
  );
};

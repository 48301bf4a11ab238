// One boot step by step: seconds since its first packet, what was seen, where it stopped, and the next thing to try.
import { cx } from '../../kit/class-names.ts';
import { Problem } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { duration, elapsed } from '../../words/numbers.ts';
import { BOOT_WORDS } from '../../words/wire.ts';
import { WIRE_STAGE_WORDS } from '../../../preload/contract/wire-views.ts';
import styles from './trail.module.css';
import type { WireStep, WireTrail } from '../../../preload/contract/wire-views.ts';

const words = BOOT_WORDS;

const Since = ({ atMs }: { readonly atMs: number }) => <>{useTicking((nowMs) => words.since(elapsed(nowMs - atMs)))}</>;

const Step = ({ step, firstAtMs }: { readonly step: WireStep; readonly firstAtMs: number }) => (
  <li className={cx(styles['step'], !step.ok && styles['bad'])}>
    <span className={styles['after']}>+{((step.firstAtMs - firstAtMs) / 1000).toFixed(1)} s</span>
    <span className={styles['stage']}>{WIRE_STAGE_WORDS[step.stage]}</span>
    <span className={styles['seen']}>
      {step.text}
      {step.why === null ? null : <strong className={styles['why']}>: {step.why}</strong>}
      {step.count === 1 ? null : (
        <span className={styles['repeated']}> {words.repeated(step.count, duration(step.lastAtMs - step.firstAtMs))}</span>
      )}
    </span>
  </li>
);

export const TrailSteps = ({ trail }: { readonly trail: WireTrail }) => {
  const { verdict, steps, startedAtMs, lastAtMs } = trail;
  const needsPerson = verdict.kind === 'stopped' || verdict.kind === 'never';
  return (
    <div className={styles['trail']}>
      {needsPerson ? (
        <Problem
          tone={verdict.kind === 'stopped' ? 'fail' : 'ask'}
          title={verdict.message}
          next={`${words.next}: ${verdict.next}`}
          code={verdict.code}
        />
      ) : (
        <p>{verdict.message}</p>
      )}
      {steps.length === 0 ? null : (
        <ol className={styles['steps']} aria-label={words.stages}>
          {steps.map((step) => (
            <Step key={`${step.stage} ${step.text} ${step.why ?? ''}`} step={step} firstAtMs={startedAtMs ?? 0} />
          ))}
          {verdict.kind === 'stopped' && lastAtMs !== null ? (
            <li className={cx(styles['step'], styles['last'])}>
              <span />
              <span className={styles['stage']}>{words.nothing}</span>
              <span className={styles['seen']}>
                <Since atMs={lastAtMs} />
              </span>
            </li>
          ) : null}
        </ol>
      )}
    </div>
  );
};

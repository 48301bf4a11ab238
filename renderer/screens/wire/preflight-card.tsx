// The preflight report: numbered checks with what was found and what to do about it.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { clock } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import styles from './wire.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { PreflightReport } from '../../../preload/contract/views.ts';
import type { Tone } from '../../words/machine.ts';

const words = WORDS.wire;
const TONES: Readonly<Record<PreflightReport['verdict'], Tone>> = { pass: 'ok', warn: 'ask', fail: 'fail' };

const Check = ({ check }: { readonly check: PreflightReport['checks'][number] }) => (
  <li className={styles['check']}>
    <Lamp tone={TONES[check.verdict]} />
    <span className={styles['number']}>{check.number}</span>
    <div className={styles['text']}>
      <p>
        <strong>{check.title}</strong> <ToneText tone={TONES[check.verdict]}>{words.check[check.verdict]}</ToneText>
      </p>
      <p>{check.message}</p>
      {check.verdict === 'pass' || check.next === '' ? null : <p className={styles['dim']}>{check.next}</p>}
    </div>
  </li>
);

export const PreflightCard = () => {
  const [report, setReport] = useState<PreflightReport | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [running, setRunning] = useState(false);
  const run = async (): Promise<void> => {
    setRunning(true);
    const result = await call('preflight.run', {});
    setRunning(false);
    setFailure(result.ok ? null : result.failure);
    if (result.ok) setReport(result.value);
  };
  return (
    <section className={page['card']} aria-label={words.preflight}>
      <div className={page['head']}>
        <h2 className={styles['stateTitle']}>
          {words.preflight}
          {report === null ? null : <ToneText tone={TONES[report.verdict]}>{words.verdicts[report.verdict]}</ToneText>}
        </h2>
        {report === null ? null : <span className={styles['dim']}>{clock(report.atMs)}</span>}
      </div>
      <p className={page['lead']}>{words.preflightText}</p>
      <div className={page['buttons']}>
        <Button inert={running} onClick={() => void run()}>
          {words.run}
        </Button>
      </div>
      <div role="status">{running ? words.running : null}</div>
      {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      {report === null ? null : (
        <ol className={styles['checks']}>
          {report.checks.map((check) => (
            <Check key={check.id} check={check} />
          ))}
        </ol>
      )}
    </section>
  );
};

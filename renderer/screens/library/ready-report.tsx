// The answer to "is everything for this site on this disk?": the verdict, what is lacking with its next step, then what is there.
import { ToneText } from '../../kit/lamp.tsx';
import { Section } from '../../kit/panel.tsx';
import { READY_WORDS } from '../../words/carrying.ts';
import rows from '../rows.module.css';
import styles from './library.module.css';
import type { Tone } from '../../kit/lamp.tsx';
import type { ReadyItem, ReadyReport } from '../../../preload/contract/ready.ts';

const words = READY_WORDS;
const VERDICTS: Readonly<Record<ReadyReport['verdict'], Tone>> = { ready: 'ok', 'not-ready': 'fail', 'cannot-say': 'ask' };
const STATES: Readonly<Record<ReadyItem['state'], Tone>> = {
  here: 'ok',
  missing: 'fail',
  damaged: 'fail',
  untrusted: 'ask',
  unknown: 'ask',
  problem: 'fail',
};

const Items = ({ items }: { readonly items: readonly ReadyItem[] }) => (
  <ul className={rows['list']}>
    {items.map(({ kind, name, state, says, problem, for: who }) => (
      <li key={`${kind} ${name}`} className={rows['row']}>
        <div className={rows['wrap']}>
          <p>
            <strong>{words.item(kind, name)}</strong> <ToneText tone={STATES[state]}>{words.states[state]}</ToneText>
          </p>
          {who.length === 0 ? null : <p className={rows['dim']}>{words.for(who)}</p>}
          {state === 'here' ? null : <p>{says}</p>}
          {problem === null ? null : (
            <p className={styles['next']}>
              {problem.next} <span className={rows['dim']}>{problem.code}</span>
            </p>
          )}
        </div>
      </li>
    ))}
  </ul>
);

const Fold = ({ title, items }: { readonly title: string; readonly items: readonly ReadyItem[] }) =>
  items.length === 0 ? null : (
    <details className={rows['fold']}>
      <summary>{title}</summary>
      <Items items={items} />
    </details>
  );

export const Ready = ({ report }: { readonly report: ReadyReport }) => {
  const { verdict, siteName, library, verified, machines, items } = report;
  const lacking = items.filter(({ needed, state }) => needed && state !== 'here');
  const there = items.filter(({ needed, state }) => needed && state === 'here');
  const others = items.filter(({ needed, state }) => !needed && state !== 'here');
  return (
    <>
      <div role="status">
        <p>
          <strong>
            <ToneText tone={VERDICTS[verdict]}>{words.verdicts[verdict]}</ToneText>
          </strong>
        </p>
        <p className={rows['wrap']}>
          {words.where(siteName, library)}: {words.machines(machines)}
        </p>
        <p className={rows['dim']}>{words.bytes[verified ? 'true' : 'false']}</p>
      </div>
      {lacking.length === 0 ? null : (
        <Section title={words.lacking}>
          <Items items={lacking} />
        </Section>
      )}
      <Fold title={words.there(there.length)} items={there} />
      <Fold title={words.others(others.length)} items={others} />
    </>
  );
};

// What the capture of an image found of its source's identity: what is still in it first, with what a person can do; then what went.
import { ToneText } from '../../kit/lamp.tsx';
import { Problem, Section } from '../../kit/panel.tsx';
import { IDENTITY_WORDS, kindName } from '../../words/identity.ts';
import rows from '../rows.module.css';
import styles from './images-screen.module.css';
import type { IdentityFinding, IdentityReport } from '../../../agent/protocol/identity.ts';

const words = IDENTITY_WORDS;
const isIn = ({ outcome }: IdentityFinding): boolean => outcome === 'found' || outcome === 'left';

/** A dozen host keys say the same: the note stands at the first. */
const Findings = ({ findings }: { readonly findings: readonly IdentityFinding[] }) => (
  <ul className={styles['findings']}>
    {findings.map((finding, index) => {
      const { kind, volume, path, what, value, outcome, note } = finding;
      const isFirst = findings.findIndex((one) => one.kind === kind && one.note === note) === index;
      return (
        <li key={`${volume} ${path} ${what}`} className={styles['finding']}>
          <p>
            <ToneText tone={outcome === 'left' ? 'ask' : isIn(finding) ? 'idle' : 'ok'}>{words.outcomes[outcome]}</ToneText> ·{' '}
            {kindName(kind)}
          </p>
          <p className={rows['mono']}>{path}</p>
          <p className={rows['dim']}>
            {what}
            {value === null || value === '' ? '' : `: ${value}`} · {words.difference(finding)} · {volume}
          </p>
          {isFirst && note !== '' ? <p className={rows['dim']}>{note}</p> : null}
        </li>
      );
    })}
  </ul>
);

export const IdentitySection = ({ report }: { readonly report: IdentityReport }) => {
  const { findings, problems, more, neutralise } = report;
  const still = findings.filter(isIn);
  const gone = findings.filter((one) => !isIn(one));
  const taken = gone.filter(({ outcome }) => outcome !== 'added');
  return (
    <Section title={words.title}>
      <p>
        {findings.length === 0 && problems.length === 0 ? words.none : words.summary(still.length, taken.length, neutralise.length > 0)}
      </p>
      {still.length === 0 ? null : (
        <details className={rows['fold']} open={neutralise.length > 0}>
          <summary>{words.still}</summary>
          <Findings findings={still} />
        </details>
      )}
      {gone.length === 0 ? null : (
        <details className={rows['fold']}>
          <summary>{words.gone(gone.length)}</summary>
          <Findings findings={gone} />
        </details>
      )}
      {more === 0 ? null : <p className={rows['dim']}>{words.more(more)}</p>}
      {problems.map(({ volume, code, message, next }) => (
        <Problem key={`${volume} ${code}`} tone="ask" title={`${words.unseen}: ${volume}. ${message}`} next={next} code={code} />
      ))}
    </Section>
  );
};

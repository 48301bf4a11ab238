// Building blocks of screens: a titled section, a definition list, a designed nothing, and a failure with its next step.
import { CircleAlert, Inbox, LoaderCircle, Unplug } from 'lucide-react';
import { cx } from './class-names.ts';
import styles from './panel.module.css';
import type { ReactNode } from 'react';

export const Section = ({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) => (
  <section className={styles['section']} aria-label={title}>
    <div className={styles['sectionHead']}>
      <h3 className={styles['sectionTitle']}>{title}</h3>
      {aside}
    </div>
    {children}
  </section>
);

export const Pairs = ({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) => (
  <dl className={styles['pairs']}>
    {rows.map(([term, value]) => (
      <div key={term} className={styles['pair']}>
        <dt>{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

const ICONS = { nothing: Inbox, loading: LoaderCircle, failed: CircleAlert, 'link-lost': Unplug } as const;

export type BlankProps = {
  readonly kind: keyof typeof ICONS;
  readonly title: string;
  readonly text?: ReactNode;
  readonly children?: ReactNode;
};

/** What a screen shows instead of content: nothing yet, loading, failed, link lost. */
export const Blank = ({ kind, title, text, children }: BlankProps) => {
  const Icon = ICONS[kind];
  return (
    <div className={styles['blank']} role={kind === 'failed' ? 'alert' : 'status'}>
      <Icon size={26} aria-hidden="true" className={cx(kind === 'failed' && styles['failIcon'])} />
      <p className={styles['blankTitle']}>{title}</p>
      {text === undefined ? null : <p className={styles['blankText']}>{text}</p>}
      {children}
    </div>
  );
};

export type ProblemProps = {
  readonly tone?: 'fail' | 'ask';
  readonly title: string;
  readonly next?: string;
  readonly code?: string;
  readonly children?: ReactNode;
};

/** A failure as people read it: what happened, what to do next, and the code to look up. */
export const Problem = ({ tone = 'fail', title, next, code, children }: ProblemProps) => (
  <div className={cx(styles['problem'], styles[tone])}>
    <p className={styles['problemTitle']}>{title}</p>
    {next ? <p className={styles['problemNext']}>{next}</p> : null}
    {children}
    {code ? <p className={styles['code']}>{code}</p> : null}
  </div>
);

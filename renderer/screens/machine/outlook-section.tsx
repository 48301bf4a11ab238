// What the disk gets beside the image's own bytes, as the station judged it: what grows, and the settings with the facts filled in.
import { Pairs, Section } from '../../kit/panel.tsx';
import { WORDS } from '../../words/screens.ts';
import rows from '../rows.module.css';
import styles from './dialogs.module.css';
import type { Outlook } from '../../../preload/contract/outlook.ts';

const words = WORDS.deploy.outlook;

const Settings = ({ settings }: { readonly settings: NonNullable<Outlook['settings']> }) => (
  <div className={styles['texts']}>
    <p>{words.own(settings.hostname, settings.texts.length)}</p>
    {settings.filled ? null : <p className={rows['dim']}>{words.unfilled}</p>}
    {settings.texts.map(({ name, text }) => (
      <details key={name} className={rows['fold']}>
        <summary>{name}</summary>
        {/* It scrolls by itself: reachable by keyboard. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- as above */}
        <pre className={rows['code']} tabIndex={0} aria-label={name}>
          {text}
        </pre>
      </details>
    ))}
  </div>
);

/** Term and value, for a list that says more than this. */
export const outlookRows = (outlook: Outlook) =>
  [
    [words.grows, words.growth(outlook)],
    [words.settings, outlook.settings === null ? words.none : <Settings key="settings" settings={outlook.settings} />],
  ] as const;

type OutlookSectionProps = {
  /** Null: nothing good was said yet, or what is typed is not good. */
  readonly outlook: Outlook | null;
  /** False: a person typed on since, and the station has not answered yet. */
  readonly isCurrent: boolean;
  readonly isRefused: boolean;
};

export const OutlookSection = ({ outlook, isCurrent, isRefused }: OutlookSectionProps) => (
  <Section title={words.title} aside={isCurrent || isRefused ? null : <span role="status">{words.looking}</span>}>
    {isRefused ? <p className={rows['dim']}>{words.refused}</p> : null}
    {outlook === null || isRefused ? null : <Pairs rows={[[words.image, outlook.imageName], ...outlookRows(outlook)]} />}
  </Section>
);

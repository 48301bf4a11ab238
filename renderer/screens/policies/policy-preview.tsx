// What the policies of a text would change for the machines known here, on demand: nothing is saved by looking.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './policies-screen.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { PolicyPreview as Preview } from '../../../preload/contract/policy.ts';

const words = WORDS.policies;
/** Rows on the screen; the command line tells them all. */
const SHOWN = 100;

type Side = Preview['changes'][number]['before'];
const sideWords = ({ policy, text }: Side): string => (policy === null ? text : `${policy}: ${text}`);

/** Counts first, then each machine that would change. */
export const Foreseen = ({ preview }: { readonly preview: Preview }) => (
  <>
    <p role="status">{words.previewCounts(preview.counts)}</p>
    {preview.shadowed.map((says) => (
      <p key={says} className={styles['shadowed']}>
        {says}
      </p>
    ))}
    <ul className={styles['foreseen']}>
      {preview.changes.slice(0, SHOWN).map((change) => (
        <li key={change.machineId}>
          <p>
            <strong>{change.name}</strong> {change.site === null ? '' : words.atSite(change.site)}
          </p>
          <p className={styles['dim']}>{sideWords(change.before)}</p>
          <p>→ {sideWords(change.after)}</p>
          {change.why.map((reason) => (
            <p key={reason} className={styles['dim']}>
              {reason}
            </p>
          ))}
        </li>
      ))}
    </ul>
    {preview.changes.length > SHOWN ? <p className={styles['dim']}>{words.previewMore(preview.changes.length - SHOWN)}</p> : null}
  </>
);

type PolicyPreviewProps = {
  readonly text: string;
  /** As if all policies of the text were on. */
  readonly switchOn: boolean;
};
type Seen = { readonly text: string; readonly preview: Preview | null; readonly failure: Failure | null };

export const PolicyPreview = ({ text, switchOn }: PolicyPreviewProps) => {
  const [seen, setSeen] = useState<Seen | null>(null);
  const look = async (): Promise<void> => {
    const answer = await call('policies.preview', { file: { name: words.typed, text }, switchOn });
    setSeen(answer.ok ? { text, preview: answer.value, failure: null } : { text, preview: null, failure: answer.failure });
  };
  // What was foreseen for another text says nothing of this one.
  const current = seen?.text === text ? seen : null;
  const preview = current?.preview ?? null;
  const failure = current?.failure ?? null;
  return (
    <section aria-label={words.preview}>
      <Button onClick={() => void look()}>{words.previewDo}</Button>
      {failure === null ? null : (
        <div className={styles['refused']}>
          <Problem title={failure.message} next={failure.next} code={failure.code} />
        </div>
      )}
      {preview === null ? null : <Foreseen preview={preview} />}
    </section>
  );
};

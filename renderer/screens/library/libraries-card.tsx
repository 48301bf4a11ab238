// The libraries that the station has open: which is written, which is away, when each was last read whole.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { Blank, Pairs, Problem } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { useStation } from '../../store/station-store.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { OpenDialog } from './open-dialog.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { LibraryView } from '../../../preload/contract/library-views.ts';

const words = WORDS.libraries;

type LibraryProps = { readonly library: LibraryView; readonly onClosed: (open: LibraryView[]) => void };

const closeIt = async (path: string, onClosed: LibraryProps['onClosed']): Promise<void> => {
  const result = await act('library.close', { path }, words.closed(path));
  if (result.ok) onClosed(result.value);
};

const Library = ({ library, onClosed }: LibraryProps) => (
  <section aria-label={library.folder}>
    {/* A path is what it is, to the letter: no capitals as in other titles. */}
    <h3 className={rows['mono']}>{library.folder}</h3>
    <Pairs
      rows={[
        [
          words.state,
          <ToneText key="state" tone={library.state === 'away' ? 'ask' : 'ok'}>
            {library.state === 'away' ? words.away : library.writable ? words.written : words.read}
          </ToneText>,
        ],
        ...(library.state === 'away'
          ? []
          : ([
              [
                words.holds,
                [words.images(library.images, library.deleted), words.documents(library.policies, library.recipes)]
                  .filter(Boolean)
                  .join(', '),
              ],
              [words.free, library.freeBytes === null ? WORDS.common.unknown : bytes(library.freeBytes)],
              [
                words.verified,
                library.lastVerifiedAtMs === null ? WORDS.common.never : new Date(library.lastVerifiedAtMs).toISOString().slice(0, 10),
              ],
            ] as const)),
      ]}
    />
    {library.problem === null ? null : (
      <Problem tone="ask" title={library.problem.message} next={library.problem.next} code={library.problem.code} />
    )}
    {library.writable ? null : (
      <div className={page['buttons']}>
        <Button onClick={() => void closeIt(library.folder, onClosed)} aria-label={words.closeLabel(library.folder)}>
          {words.close}
        </Button>
      </div>
    )}
  </section>
);

export const LibrariesCard = () => {
  const [open, setOpen] = useState(false);
  const images = useStation((state) => state.images);
  const changed = useLastEvent('library.');
  const { value, failure, reload, put } = useAnswer('library.list', {}, `${images.size} ${changed}`);
  return (
    <section className={page['card']} aria-label={words.title}>
      <h2 className={page['cardTitle']}>{words.title}</h2>
      {value === undefined && failure === null ? <Blank kind="loading" title={WORDS.common.loading} /> : null}
      {failure === null ? null : (
        <Problem title={words.failedTitle} next={`${failure.message} ${failure.next}`} code={failure.code}>
          <Button onClick={reload}>{WORDS.common.retry}</Button>
        </Problem>
      )}
      {value?.map((library) => (
        <Library key={library.folder} library={library} onClosed={put} />
      ))}
      <div className={page['buttons']}>
        <Button onClick={() => setOpen(true)}>{words.open}</Button>
      </div>
      {open ? <OpenDialog onOpened={put} onClose={() => setOpen(false)} /> : null}
    </section>
  );
};

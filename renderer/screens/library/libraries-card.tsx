// The libraries that the station has open: which is written, which is away, when each was last read whole.
import { Button } from '../../kit/button.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { Blank, Pairs, Problem } from '../../kit/panel.tsx';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { useStation } from '../../store/station-store.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { LibraryView } from '../../../preload/contract/library-views.ts';

const words = WORDS.libraries;

const Library = ({ library }: { readonly library: LibraryView }) => (
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
  </section>
);

export const LibrariesCard = () => {
  const images = useStation((state) => state.images);
  const changed = useLastEvent('library.');
  const { value, failure, reload } = useAnswer('library.list', {}, `${images.size} ${changed}`);
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
        <Library key={library.folder} library={library} />
      ))}
    </section>
  );
};

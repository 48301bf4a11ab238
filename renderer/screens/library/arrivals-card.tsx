// Policies and recipes that came with a library and are not here, or are otherwise here: each is looked at before it counts.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { Blank, Problem } from '../../kit/panel.tsx';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { useStation } from '../../store/station-store.ts';
import { ARRIVAL_WORDS } from '../../words/carrying.ts';
import { WORDS } from '../../words/screens.ts';
import { ArrivalDialog } from './arrival-dialog.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { ArrivalView } from '../../../preload/contract/arrivals.ts';

const words = ARRIVAL_WORDS;

type ListProps = { readonly arrivals: readonly ArrivalView[]; readonly onLook: (arrival: ArrivalView) => void };

const List = ({ arrivals, onLook }: ListProps) => (
  <ul className={rows['list']}>
    {arrivals.map((arrival) => {
      const { documentId, kind, name, change, station, by, at, trust, problem } = arrival;
      const what = words.name(kind, name);
      return (
        <li key={`${documentId} ${kind} ${name}`} className={rows['row']}>
          <div className={rows['wrap']}>
            <p>
              <strong>{what}</strong> <span className={rows['light']}>{words.change[change]}</span>
            </p>
            <p className={rows['dim']}>{words.from(station, by, at)}</p>
            {trust === 'trusted' ? null : (
              <p>
                <ToneText tone={trust === 'broken' ? 'fail' : 'ask'}>{words.trust[trust]}</ToneText>
              </p>
            )}
            {problem === null ? null : <p className={rows['dim']}>{problem.message}</p>}
          </div>
          <Button aria-label={words.lookAt(what)} onClick={() => onLook(arrival)}>
            {words.look}
          </Button>
        </li>
      );
    })}
  </ul>
);

export const ArrivalsCard = () => {
  const policies = useStation((state) => state.policies);
  const changed = useLastEvent('library.', 'arrival.', 'recipe.', 'trust.');
  const { value, failure, reload } = useAnswer('arrivals.list', {}, `${policies.length} ${changed}`);
  const [lookedAt, setLookedAt] = useState<ArrivalView | null>(null);
  const waiting = value?.arrivals.filter(({ dropped }) => !dropped) ?? [];
  const dropped = value?.arrivals.filter((one) => one.dropped) ?? [];
  return (
    <section className={page['card']} aria-label={words.title}>
      <h2 className={page['cardTitle']}>{words.title}</h2>
      {value === undefined && failure === null ? <Blank kind="loading" title={WORDS.common.loading} /> : null}
      {failure === null ? null : (
        <Problem title={words.failedTitle} next={`${failure.message} ${failure.next}`} code={failure.code}>
          <Button onClick={reload}>{WORDS.common.retry}</Button>
        </Problem>
      )}
      {value === undefined ? null : <p className={page['lead']}>{waiting.length === 0 ? words.empty : words.text}</p>}
      {waiting.length === 0 ? null : <List arrivals={waiting} onLook={setLookedAt} />}
      {dropped.length === 0 ? null : (
        <details className={rows['fold']}>
          <summary>{words.dropped(dropped.length)}</summary>
          <List arrivals={dropped} onLook={setLookedAt} />
        </details>
      )}
      {value?.damaged.map(({ code, message, next }) => (
        <Problem key={message} tone="ask" title={`${words.damaged}: ${message}`} next={next} code={code} />
      ))}
      {lookedAt === null ? null : (
        <ArrivalDialog
          arrival={lookedAt}
          onClose={() => setLookedAt(null)}
          onDone={() => {
            setLookedAt(null);
            reload();
          }}
        />
      )}
    </section>
  );
};

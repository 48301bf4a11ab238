// What this station constructs itself just now, for which machine, with its lines; and how the latest ended, with another try.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Problem } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { act } from '../../store/notices.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { usePolled } from '../../store/use-polled.ts';
import { duration, elapsed } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { ConstructionView } from '../../../preload/contract/recipe.ts';
import type { Tone } from '../../kit/lamp.tsx';

const words = WORDS.recipes;
const AGAIN_MS = 2000;
/** The latest; the event log has them all. */
const SHOWN = 8;
/** The latest events of its machine. */
const LOG_EVENTS = 500;
const EVENTS_END = Number.MAX_SAFE_INTEGER;

const TONES: Readonly<Record<ConstructionView['state'], Tone>> = { running: 'work', done: 'ok', failed: 'fail', cancelled: 'idle' };

const Took = ({ one }: { readonly one: ConstructionView }) =>
  useTicking((nowMs) => (one.endedAtMs === null ? elapsed(nowMs - one.startedAtMs) : duration(one.endedAtMs - one.startedAtMs)));

/** Its lines so far, the last on top of what the event log keeps. */
const Lines = ({ one }: { readonly one: ConstructionView }) => {
  const last = useLastEvent('construction.');
  const { value, failure } = useAnswer(
    'events.list',
    { afterId: 0, beforeId: EVENTS_END, limit: LOG_EVENTS, machineId: one.machineId },
    last,
  );
  if (failure !== null) return <Problem title={failure.message} next={failure.next} code={failure.code} />;
  const text = (value ?? []).flatMap((event) => (event.jobId === one.id && event.kind === 'construction.logged' ? [event.text] : []));
  if (text.length === 0) return <p className={rows['dim']}>{words.constructionNoLog}</p>;
  return (
    // Scrolls, so it is in the order of the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={rows['code']} tabIndex={0} aria-label={words.constructionLog}>
      {text.join('\n')}
    </pre>
  );
};

const ConstructionLog = ({ one }: { readonly one: ConstructionView }) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={rows['fold']} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.constructionLog}</summary>
      {isOpen ? <Lines one={one} /> : null}
    </details>
  );
};

const Construction = ({ one }: { readonly one: ConstructionView }) => (
  <li className={rows['row']}>
    <Lamp tone={TONES[one.state]} />
    <span className={rows['wrap']}>
      <strong>{one.imageName}</strong> <ToneText tone={TONES[one.state]}>{words.constructionStates[one.state]}</ToneText>
      <br />
      <span className={rows['dim']}>
        {words.constructedFor(one.recipeId, one.version, one.machineName)}
        {one.failure === null ? (one.lastLine === '' ? '' : ` · ${one.lastLine}`) : ` · ${one.failure.message} ${one.failure.next}`}
      </span>
      <ConstructionLog one={one} />
    </span>
    <span className={rows['right']}>
      <Took one={one} />
    </span>
    {one.state === 'running' ? (
      <Button onClick={() => void act('constructions.cancel', { id: one.id })}>{words.constructionStop}</Button>
    ) : one.state === 'done' ? null : (
      <Button onClick={() => void act('constructions.retry', { id: one.id })}>{WORDS.common.retry}</Button>
    )}
  </li>
);

export const ConstructionsCard = () => {
  const { value } = usePolled('constructions.list', {}, AGAIN_MS);
  if (value === null || value.length === 0) return null;
  return (
    <section className={page['card']} aria-label={words.constructions}>
      <h2 className={page['cardTitle']}>{words.constructions}</h2>
      <ol className={rows['list']}>
        {value
          .toReversed()
          .slice(0, SHOWN)
          .map((one) => (
            <Construction key={one.id} one={one} />
          ))}
      </ol>
    </section>
  );
};

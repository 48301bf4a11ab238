// What another station says under one name, held against what is here, before any of it is switched on. It shows what it was opened
// with; if that is no longer what arrived, the station refuses.
import { useRef, useState } from 'react';
import { recipeDoes, recipeTexts } from '../../../preload/contract/recipe-texts.ts';
import { recipeSchema } from '../../../preload/contract/recipe.ts';
import { CheckField } from '../../kit/check-field.tsx';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { ARRIVAL_WORDS } from '../../words/carrying.ts';
import { WORDS } from '../../words/screens.ts';
import { DifferenceTable } from '../difference-table.tsx';
import { PolicyPreview } from '../policies/policy-preview.tsx';
import { Refusal } from '../refusal.tsx';
import { useSending } from '../use-sending.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { ArrivalView } from '../../../preload/contract/arrivals.ts';

const words = ARRIVAL_WORDS;

/** Reachable by keyboard, since it scrolls by itself. */
const Text = ({ title, text }: { readonly title: string; readonly text: string }) => (
  <details className={rows['fold']}>
    <summary>{title}</summary>
    {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- as above */}
    <pre className={rows['code']} tabIndex={0} aria-label={title}>
      {text}
    </pre>
  </details>
);

const RecipeTexts = ({ text }: { readonly text: string }) => {
  const parsed = recipeSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return null;
  const does = recipeDoes(parsed.data);
  return (
    <>
      {does === null ? null : parsed.data.kind === 'command' ? <Problem tone="ask" title={does} /> : <p>{does}</p>}
      {recipeTexts(parsed.data).map(([name, body]) => (
        <Text key={name} title={name === '' ? WORDS.recipes.script : name} text={body} />
      ))}
    </>
  );
};

type ArrivalDialogProps = { readonly arrival: ArrivalView; readonly onDone: () => void; readonly onClose: () => void };

export const ArrivalDialog = ({ arrival, onDone, onClose }: ArrivalDialogProps) => {
  const { documentId, kind, name, change, fields, says, problem, trust, keyId, hash, station, by, at, text } = arrival;
  const cancel = useRef<HTMLButtonElement>(null);
  const [isAccepted, setAccepted] = useState(false);
  const { isBusy, failure, send } = useSending();
  const what = words.name(kind, name);
  const from = words.from(station, by, at);
  const answer = (isTaken: boolean): Promise<void> =>
    send(
      () =>
        isTaken
          ? call('arrivals.enable', { documentId, name, seen: hash, acceptUntrusted: trust !== 'trusted' && isAccepted })
          : call('arrivals.drop', { documentId, name }),
      () => {
        tell(isTaken ? words.taken(what) : words.droppedSaid(what));
        onDone();
      },
    );
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={words.dialogTitle(what)}
      description={change === 'new' ? words.dialogNew(from) : words.dialogChanged(from)}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          {arrival.dropped ? null : (
            <Button inert={isBusy} onClick={() => void answer(false)}>
              {words.drop}
            </Button>
          )}
          <Button look="act" inert={isBusy || problem !== null || (trust !== 'trusted' && !isAccepted)} onClick={() => void answer(true)}>
            {words.take}
          </Button>
        </>
      }
    >
      <div className={page['form']}>
        {problem === null ? null : <Problem title={problem.message} next={problem.next} code={problem.code} />}
        {says === null ? null : <p>{says}</p>}
        {fields.length === 0 ? null : <DifferenceTable fields={fields} />}
        {kind === 'recipe' ? <RecipeTexts text={text} /> : null}
        <Text title={words.whole} text={text} />
        {kind === 'policy' && problem === null ? <PolicyPreview text={text} switchOn /> : null}
        {trust === 'trusted' ? null : <CheckField label={words.accept[trust](keyId)} checked={isAccepted} onChange={setAccepted} />}
        <Refusal failure={failure} />
      </div>
    </Dialog>
  );
};

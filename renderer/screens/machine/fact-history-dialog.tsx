// All that is known of a machine's facts: who said each, since when, and every change.
import { useMemo, useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextField } from '../../kit/field.tsx';
import { Blank, Section } from '../../kit/panel.tsx';
import { useAnswer } from '../../store/use-answer.ts';
import { factText, factTitle } from '../../words/facts.ts';
import { dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { MachineFacts, MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.records;
/** Rows on the screen; the filter reaches the others. */
const SHOWN = 200;

const valueText = (name: string, value: MachineFacts['history'][number]['value']): string =>
  value === null ? words.gone : factText({ name, value });

const Table = ({ titles, body }: { readonly titles: readonly string[]; readonly body: readonly (readonly [string, ...string[]])[] }) => (
  <>
    <table className={rows['table']}>
      <thead>
        <tr>
          {titles.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.slice(0, SHOWN).map(([first, ...others], index) => (
          // oxlint-disable-next-line react/no-array-index-key -- rows without a name of their own, never reordered while shown
          <tr key={index}>
            <th scope="row">{first}</th>
            {others.map((cell, column) => (
              // oxlint-disable-next-line react/no-array-index-key -- the column is the name
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    {body.length > SHOWN ? <p className={rows['dim']}>{words.more(body.length - SHOWN)}</p> : null}
  </>
);

const Known = ({ value, filter }: { readonly value: MachineFacts; readonly filter: string }) => {
  const fits = (name: string, text: string): boolean => `${name} ${factTitle(name)} ${text}`.toLowerCase().includes(filter.toLowerCase());
  const now = value.facts.filter((fact) => fits(fact.name, factText(fact)));
  const changes = useMemo(() => value.history.toReversed(), [value]).filter((one) => fits(one.name, valueText(one.name, one.value)));
  return (
    <>
      <Section title={words.now}>
        {now.length === 0 ? <p className={rows['dim']}>{words.nothingFits}</p> : null}
        <Table
          titles={[words.fact, words.value, words.source, words.since]}
          body={now.map((fact) => [
            factTitle(fact.name),
            `${factText(fact)}${fact.filler ? ` (${WORDS.machine.filler})` : ''}${fact.counts ? '' : ` (${words.stands})`}`,
            `${words.origin[fact.origin]}: ${fact.source}`,
            dateTime(fact.sinceMs),
          ])}
        />
      </Section>
      <Section title={words.changes}>
        {changes.length === 0 ? (
          <p className={rows['dim']}>{value.history.length === 0 ? words.noChanges : words.nothingFits}</p>
        ) : (
          <Table
            titles={[words.at, words.fact, words.value, words.source]}
            body={changes.map(({ atMs, name, value: then, source }) => [dateTime(atMs), factTitle(name), valueText(name, then), source])}
          />
        )}
      </Section>
    </>
  );
};

export const FactHistoryDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const { value, failure, reload } = useAnswer('machines.facts', { machineId: machine.id }, machine);
  const [filter, setFilter] = useState('');
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={words.historyTitle(machine.name)}
      description={words.historyText}
      closeLabel={WORDS.common.close}
      firstFocus={first}
    >
      <div className={page['form']}>
        <TextField ref={first} label={words.filter} value={filter} onChange={(event) => setFilter(event.target.value)} />
        {value === undefined ? (
          failure === null ? (
            <Blank kind="loading" title={WORDS.common.loading} />
          ) : (
            <Blank kind="failed" title={words.failedTitle} text={`${failure.message} ${failure.next}`}>
              <Button onClick={reload}>{WORDS.common.retry}</Button>
            </Blank>
          )
        ) : (
          <Known value={value} filter={filter.trim()} />
        )}
      </div>
    </Dialog>
  );
};

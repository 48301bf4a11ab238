// The plan row by row: who is expected, which machine that is, and where it is not as planned. A few hundred rows at a time.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField } from '../../kit/field.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { factText, factTitle } from '../../words/facts.ts';
import { useStation } from '../../store/station-store.ts';
import { stateWord } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import { FILTERS, rowsFor, toneOfRow } from './plan-rows.ts';
import rows from '../rows.module.css';
import styles from './site.module.css';
import type { SitePlanView } from '../../../preload/contract/plan-views.ts';
import type { Filter, PlanRow } from './plan-rows.ts';

const words = WORDS.site;
const PAGE = 200;

const Keys = ({ keys: { serial, mac, slot, enclosure } }: Pick<PlanRow, 'keys'>) => (
  <>{[serial, mac, slot === undefined ? undefined : words.slot(slot), enclosure].filter((part) => part !== undefined).join(' · ')}</>
);

/** What the machine is at now, as the rack says it. */
const StateNow = ({ machineId }: { readonly machineId: string }) => {
  const machine = useStation((state) => state.machines.get(machineId));
  return machine === undefined ? null : <span className={rows['dim']}>{stateWord(machine)}</span>;
};

const Row = ({ row }: { readonly row: PlanRow }) => {
  const tone = toneOfRow(row);
  const planned = row.facts.map((fact) => `${factTitle(fact.name).replace(/^input\./, '')} ${factText(fact)}`);
  return (
    <li className={styles['row']}>
      <Lamp tone={tone} />
      <span className={styles['line']}>{row.line}</span>
      <span className={rows['wrap']}>
        <strong>
          {row.machine === null ? (
            <Keys keys={row.keys} />
          ) : (
            <a href={`#/rack/${encodeURIComponent(row.machine.id)}`}>{row.machine.name}</a>
          )}
        </strong>
        {row.machine === null ? null : (
          <span className={rows['dim']}>
            {' '}
            <Keys keys={row.keys} />
          </span>
        )}
        {planned.length === 0 ? null : <span className={styles['planned']}>{planned.join(' · ')}</span>}
        {row.conflict === null ? null : <span className={styles['says']}>{row.conflict}</span>}
        {row.differences.map(({ fact, expected, seen }) => (
          <span key={fact} className={styles['says']}>
            {words.differs(factTitle(fact), factText({ name: fact, value: seen }), factText({ name: fact, value: expected }))}
          </span>
        ))}
      </span>
      <span className={styles['state']}>
        <ToneText tone={tone}>{words.states[row.state]}</ToneText>
        {row.machine === null ? null : <StateNow machineId={row.machine.id} />}
      </span>
    </li>
  );
};

export const PlanTable = ({ plan }: { readonly plan: SitePlanView }) => {
  const [filter, setFilter] = useState<Filter>('all');
  const [most, setMost] = useState(PAGE);
  const fitting = rowsFor(plan.rows, filter);
  const left = fitting.length - most;
  return (
    <>
      <div className={styles['filter']}>
        <SelectField
          label={words.filter}
          value={filter}
          onChange={(event) => {
            setFilter(FILTERS.find((one) => one === event.target.value) ?? 'all');
            setMost(PAGE);
          }}
          choices={FILTERS.map((one) => ({ value: one, label: `${words.filters[one]} (${rowsFor(plan.rows, one).length})` }))}
        />
      </div>
      {fitting.length === 0 ? <p className={rows['dim']}>{words.nothingFits}</p> : null}
      <ol className={rows['list']} aria-label={words.plan}>
        {fitting.slice(0, most).map((row) => (
          <Row key={row.line} row={row} />
        ))}
      </ol>
      {left > 0 ? <Button onClick={() => setMost(most + PAGE)}>{words.more(Math.min(left, PAGE))}</Button> : null}
    </>
  );
};

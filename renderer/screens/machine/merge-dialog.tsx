// Joins two records of one machine: the other is chosen by what tells machines apart.
import { useMemo, useRef, useState } from 'react';
import { TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { modelLine, stateWord } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import rows from '../rows.module.css';
import styles from './dialogs.module.css';
import type { MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.records;
/** Rows on the screen; what is typed reaches the others. */
const SHOWN = 50;

const textOf = (machine: MachineView): string =>
  [machine.name, machine.serial, ...machine.macs, machine.position, machine.manufacturer, machine.model].join(' ').toLowerCase();

export const MergeDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const machines = useStation((state) => state.machines);
  const [find, setFind] = useState('');
  const [otherId, setOther] = useState<string | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const others = useMemo(() => [...machines.values()].filter(({ id }) => id !== machine.id), [machines, machine.id]);
  const needle = find.trim().toLowerCase();
  const fitting = others.filter((one) => one.id === otherId || textOf(one).includes(needle));
  const other = others.find(({ id }) => id === otherId);
  return (
    <FormDialog
      title={words.mergeTitle(machine.name)}
      description={words.mergeText}
      submit={words.mergeDo}
      ready={other !== undefined}
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('machines.merge', { machineId: machine.id, otherId: otherId ?? '' });
        if (result.ok) tell(words.merged(result.value.otherName, result.value.keptName));
        return result;
      }}
    >
      <TextField ref={first} label={words.mergeFind} value={find} onChange={(event) => setFind(event.target.value)} />
      {others.length === 0 ? <p>{words.mergeNone}</p> : null}
      <fieldset className={styles['choices']}>
        <legend>{words.mergeOther}</legend>
        {fitting.slice(0, SHOWN).map((one) => (
          <label key={one.id} className={rows['row']}>
            <input type="radio" name="other" className={rows['check']} checked={one.id === otherId} onChange={() => setOther(one.id)} />
            <span className={rows['wrap']}>
              <strong>{one.name}</strong>{' '}
              <span className={rows['dim']}>{[modelLine(one), one.serial, ...one.macs, one.position].filter(Boolean).join(' · ')}</span>
            </span>
            <span className={rows['dim']}>{stateWord(one)}</span>
          </label>
        ))}
      </fieldset>
      {fitting.length > SHOWN ? <p className={rows['dim']}>{words.more(fitting.length - SHOWN)}</p> : null}
    </FormDialog>
  );
};

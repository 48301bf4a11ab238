// Parts a record in which two machines were taken for one: what is ticked belongs to the other.
import { useRef, useState } from 'react';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { evidenceOf } from './record-values.ts';
import rows from '../rows.module.css';
import styles from './dialogs.module.css';
import type { MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.records;

export const SplitDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const { value } = useAnswer('machines.facts', { machineId: machine.id });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const first = useRef<HTMLDivElement>(null);
  const evidence = evidenceOf((value?.facts ?? []).filter(({ origin }) => origin === 'inventory'));
  // A MAC that was only heard on the wire is none of the facts yet.
  const heard = machine.macs
    .filter((mac) => evidence.every((one) => one.value.toLowerCase() !== mac))
    .map((mac) => ({ fact: 'nic.macs' as const, value: mac }));
  return (
    <FormDialog
      title={words.splitTitle(machine.name)}
      description={words.splitText}
      submit={words.splitDo}
      ready
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('machines.split', { machineId: machine.id, values: [...chosen] });
        if (result.ok) tell(words.splitDone(result.value.otherName));
        return result;
      }}
    >
      <div ref={first} tabIndex={-1}>
        <fieldset className={styles['choices']}>
          <legend>{words.splitValues}</legend>
          {[...evidence, ...heard].map(({ fact, value: text }) => (
            <label key={`${fact} ${text}`} className={rows['row']}>
              <input
                type="checkbox"
                className={rows['check']}
                checked={chosen.has(text)}
                onChange={(event) =>
                  setChosen((before) => new Set(event.target.checked ? [...before, text] : [...before].filter((one) => one !== text)))
                }
              />
              <span className={rows['wrap']}>{words.kinds[fact]}</span>
              <span className={rows['mono']}>{text}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <p role="status">{chosen.size === 0 ? words.splitNone : words.splitChosen(chosen.size)}</p>
    </FormDialog>
  );
};

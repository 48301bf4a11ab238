// A fact that a person types unasked: one of the catalogue's typed ones, or one of an own name.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { TYPED_FACTS, factTitle } from '../../words/facts.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './fact-form.module.css';

const OWN = 'input.';

const save = (machineId: string, fact: string, value: string): Promise<boolean> =>
  act('machines.setFact', { machineId, fact, value: value.trim() }, WORDS.machine.said.fact).then((result) => result.ok);

export const AddFactForm = ({ machineId, onClose }: { readonly machineId: string; readonly onClose: () => void }) => {
  const [fact, setFact] = useState<string>(TYPED_FACTS[0]);
  const [own, setOwn] = useState('');
  const [value, setValue] = useState('');
  const name = fact === OWN ? `${OWN}${own}` : fact;
  const ready = value.trim() !== '' && (fact !== OWN || /^[a-z0-9-]{1,40}$/.test(own));
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void save(machineId, name, value).then((done) => done && onClose());
      }}
    >
      <SelectField
        label={WORDS.machine.factName}
        value={fact}
        onChange={(event) => setFact(event.target.value)}
        choices={[...TYPED_FACTS.map((one) => ({ value: one, label: factTitle(one) })), { value: OWN, label: WORDS.machine.ownFact }]}
      />
      {fact === OWN ? (
        <TextField label={WORDS.machine.ownFactName} value={own} onChange={(event) => setOwn(event.target.value)} mono />
      ) : null}
      <TextField label={WORDS.machine.factValue} value={value} maxLength={400} onChange={(event) => setValue(event.target.value)} />
      <Button type="submit" inert={!ready}>
        {WORDS.common.save}
      </Button>
      <Button look="quiet" onClick={onClose}>
        {WORDS.common.cancel}
      </Button>
    </form>
  );
};

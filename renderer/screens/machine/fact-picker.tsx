// Puts a fact of the machine as `${fact}` into the field that was written in last.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import styles from './dialogs.module.css';
import type { RefObject } from 'react';
import type { Fact } from '../../../agent/protocol/facts.ts';

const words = WORDS.deploy.settings;
const VALUE_SHOWN = 40;

export type TextInput = HTMLInputElement | HTMLTextAreaElement;
export const isTextInput = (element: unknown): element is TextInput =>
  element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type === 'text');

type FactPickerProps = { readonly facts: readonly Fact[]; readonly into: RefObject<TextInput | null> };

export const FactPicker = ({ facts, into }: FactPickerProps) => {
  const [chosen, setChosen] = useState('');
  const putIn = (): void => {
    const field = into.current;
    if (field === null || chosen === '') return;
    field.setRangeText(`\${${chosen}}`, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, 'end');
    // As if it were typed: the form hears of it in the same way.
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  };
  return (
    <div className={styles['picker']}>
      <SelectField
        label={words.fact}
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
        choices={[
          { value: '', label: words.chooseFact },
          ...facts
            .filter(({ filler }) => !filler)
            .map(({ name, value }) => ({ value: name, label: `${name} = ${String(value).slice(0, VALUE_SHOWN)}` })),
        ]}
      />
      <Button inert={chosen === ''} onClick={putIn}>
        {words.putIn}
      </Button>
    </div>
  );
};

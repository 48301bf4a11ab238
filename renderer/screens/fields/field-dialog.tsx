// A field as a form, new or one that is here; what is wrong with it is said while it is typed, by the rule that the station goes by.
import { useRef, useState } from 'react';
import { labelOf } from '../../../agent/protocol/fields.ts';
import { CheckField } from '../../kit/check-field.tsx';
import { SelectField, TextArea, TextField } from '../../kit/field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { formOf, judge, typesOf } from './field-form.ts';
import styles from './fields.module.css';
import type { StationField } from '../../../preload/contract/fields.ts';
import type { FieldForm } from './field-form.ts';

const words = WORDS.fields;

type PartsProps = { readonly form: FieldForm; readonly onChange: (part: Partial<FieldForm>) => void };

/** What is allowed depends on the type. */
const Limits = ({ form, onChange }: PartsProps) => {
  const text = (name: 'least' | 'most' | 'pattern', label: string, help?: string) => (
    <TextField
      label={label}
      {...(help === undefined ? {} : { help })}
      value={form[name]}
      mono
      maxLength={200}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  );
  switch (form.type) {
    case 'number':
    case 'size':
      return (
        <div className={styles['two']}>
          {text('least', words.least)}
          {text('most', words.most)}
        </div>
      );
    case 'text':
      return text('pattern', words.pattern, words.patternHelp);
    case 'choice':
      return (
        <TextArea
          label={words.choices}
          help={words.choicesHelp}
          rows={4}
          value={form.choices}
          onChange={(event) => onChange({ choices: event.target.value })}
        />
      );
    default:
      return null;
  }
};

export const FieldDialog = ({ from, onClose }: { readonly from: StationField | null; readonly onClose: () => void }) => {
  const [form, setForm] = useState(() => formOf(from));
  const [isTouched, setTouched] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const change = (part: Partial<FieldForm>): void => {
    setTouched(true);
    setForm((before) => {
      const next = { ...before, ...part };
      const types = typesOf(next);
      return types.includes(next.type) ? next : { ...next, type: types[0] ?? 'text' };
    });
  };
  const { field, problem } = judge(form);
  return (
    <FormDialog
      title={from === null ? words.addTitle : words.editTitle(labelOf(from))}
      description={words.formText}
      submit={words.save}
      working={words.saving}
      ready={problem === null}
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('fields.save', { name: words.form, text: JSON.stringify(field) });
        if (result.ok) tell(words.saved(labelOf(field)));
        return result;
      }}
    >
      {from === null ? (
        <TextField
          ref={first}
          label={words.name}
          help={words.nameHelp}
          value={form.name}
          mono
          maxLength={64}
          onChange={(event) => change({ name: event.target.value })}
        />
      ) : null}
      <TextField
        {...(from === null ? {} : { ref: first })}
        label={words.label}
        help={words.labelHelp}
        value={form.label}
        maxLength={60}
        onChange={(event) => change({ label: event.target.value })}
      />
      <SelectField
        label={words.type}
        value={form.type}
        choices={typesOf(form).map((type) => ({ value: type, label: words.types[type] }))}
        onChange={(event) => change({ type: typesOf(form).find((type) => type === event.target.value) ?? form.type })}
      />
      <Limits form={form} onChange={change} />
      <div className={styles['two']}>
        <TextField
          label={words.preFilled}
          value={form.preset}
          maxLength={200}
          onChange={(event) => change({ preset: event.target.value })}
        />
        <TextField label={words.help} value={form.help} maxLength={300} onChange={(event) => change({ help: event.target.value })} />
      </div>
      <div>
        <CheckField label={words.requiredCheck} checked={form.required} onChange={(required) => change({ required })} />
        <CheckField label={words.everyMachineCheck} checked={form.everyMachine} onChange={(everyMachine) => change({ everyMachine })} />
      </div>
      {isTouched && problem !== null ? (
        <div role="status">
          <Problem tone="ask" title={problem} />
        </div>
      ) : null}
    </FormDialog>
  );
};

// A machine's own settings: none, a form for what is common, or a settings file as text. What is wrong stands at its field, in the
// station's words.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextArea, TextField } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import { FactPicker, isTextInput } from './fact-picker.tsx';
import { newCard, newUser, nextId, switchedTo } from './settings-draft.ts';
import { CardFields, UserFields } from './settings-fields.tsx';
import page from '../page.module.css';
import styles from './dialogs.module.css';
import type { TextInput } from './fact-picker.tsx';
import type { ProblemAt } from './settings-fields.tsx';
import type { FormDraft, PlacedProblem, SettingsDraft } from './settings-draft.ts';
import type { Fact } from '../../../agent/protocol/facts.ts';

const words = WORDS.deploy.settings;
const MODES = ['none', 'form', 'text'] as const;

const replaced = <T extends { readonly id: number }>(list: readonly T[], next: T): readonly T[] =>
  list.map((one) => (one.id === next.id ? next : one));
const without = <T extends { readonly id: number }>(list: readonly T[], gone: T): readonly T[] => list.filter(({ id }) => id !== gone.id);

type FormProps = { readonly form: FormDraft; readonly problemAt: ProblemAt; readonly onChange: (part: Partial<FormDraft>) => void };

const Form = ({ form, problemAt, onChange }: FormProps) => {
  const { users, cards } = form;
  const text = (key: 'userData' | 'networkConfig', label: string, help: string) =>
    form[key] === null ? null : (
      <TextArea
        label={label}
        help={help}
        error={problemAt(key)}
        rows={5}
        mono
        value={form[key]}
        onChange={(event) => onChange({ [key]: event.target.value })}
      />
    );
  return (
    <>
      <TextField
        label={words.hostname}
        error={problemAt('hostname')}
        value={form.hostname}
        onChange={(event) => onChange({ hostname: event.target.value })}
      />
      {cards.map((card, index) => (
        <CardFields
          key={card.id}
          index={index}
          draft={card}
          problemAt={problemAt}
          onChange={(next) => onChange({ cards: replaced(cards, next) })}
          onRemove={() => onChange({ cards: without(cards, card) })}
        />
      ))}
      {users.map((user, index) => (
        <UserFields
          key={user.id}
          index={index}
          draft={user}
          problemAt={problemAt}
          onChange={(next) => onChange({ users: replaced(users, next) })}
          onRemove={() => onChange({ users: without(users, user) })}
        />
      ))}
      {text('userData', words.userData, words.userDataHelp)}
      {text('networkConfig', words.networkConfig, words.networkConfigHelp)}
      <div className={page['buttons']}>
        <Button onClick={() => onChange({ cards: [...cards, newCard(nextId(cards))] })}>{words.addCard}</Button>
        <Button onClick={() => onChange({ users: [...users, newUser(nextId(users))] })}>{words.addUser}</Button>
        {form.userData === null ? <Button onClick={() => onChange({ userData: '#cloud-config\n' })}>{words.addText}</Button> : null}
        {form.networkConfig === null ? <Button onClick={() => onChange({ networkConfig: '' })}>{words.addNetworkText}</Button> : null}
      </div>
    </>
  );
};

type SettingsFormProps = {
  readonly draft: SettingsDraft;
  readonly problem: PlacedProblem | null;
  readonly facts: readonly Fact[];
  readonly onChange: (draft: SettingsDraft) => void;
};

export const SettingsForm = ({ draft, problem, facts, onChange }: SettingsFormProps) => {
  const [refused, setRefused] = useState<string | null>(null);
  const into = useRef<TextInput | null>(null);
  const { mode } = draft;
  const problemAt: ProblemAt = (place) => (problem?.at === place ? problem.text : null);
  return (
    <fieldset
      className={styles['settings']}
      onFocus={(event) => {
        if (isTextInput(event.target)) into.current = event.target;
      }}
    >
      <legend>{words.legend}</legend>
      <SelectField
        label={words.how}
        help={mode === 'none' ? undefined : words.text}
        error={refused ?? (mode === 'form' ? problemAt('') : null)}
        value={mode}
        onChange={(event) => {
          const wanted = MODES.find((one) => one === event.target.value) ?? 'none';
          const switched = switchedTo(draft, wanted);
          setRefused(switched.problem);
          onChange(switched.draft);
        }}
        choices={MODES.map((value) => ({ value, label: words.modes[value] }))}
      />
      {mode === 'none' ? null : (
        <>
          <p className={styles['hint']}>{words.factHelp}</p>
          <FactPicker facts={facts} into={into} />
        </>
      )}
      {mode === 'form' ? (
        <Form form={draft.form} problemAt={problemAt} onChange={(part) => onChange({ ...draft, form: { ...draft.form, ...part } })} />
      ) : null}
      {mode === 'text' ? (
        <TextArea
          label={words.file}
          help={words.fileHelp}
          error={problem === null ? null : problem.at === '' ? problem.text : `${problem.at}: ${problem.text}`}
          rows={10}
          mono
          value={draft.text}
          onChange={(event) => {
            setRefused(null);
            onChange({ ...draft, text: event.target.value });
          }}
        />
      ) : null}
    </fieldset>
  );
};

// The facts that a machine's decision waits for, as one form: a control for each kind of field, and what is wrong is said while it is
// typed, by the rule that the station and the target's own console go by.
import { useState } from 'react';
import { labelOf, plainField } from '../../../agent/protocol/fields.ts';
import { readField } from '../../../agent/protocol/field-value.ts';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { CONSENT_FOCUS } from './focus-consent.ts';
import { Refusal } from '../refusal.tsx';
import page from '../page.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Field } from '../../../agent/protocol/fields.ts';
import type { MachineView, Question } from '../../../preload/contract/views.ts';

const words = WORDS.answer;

export type FactQuestion = Extract<Question, { readonly kind: 'fact' }>;

/** Those that the question brings; for a fact that it only names, a plain one. */
export const fieldsOf = ({ facts, fields }: Pick<FactQuestion, 'facts' | 'fields'>): readonly Field[] => [
  ...fields,
  ...facts.flatMap((name) => (fields.some((field) => field.name === name) ? [] : (plainField(name) ?? []))),
];

type ControlProps = {
  readonly field: Field;
  readonly text: string;
  readonly first: boolean;
  readonly touched: boolean;
  readonly onType: (text: string) => void;
};

const Control = ({ field, text, first, touched, onType }: ControlProps) => {
  const label = field.required ? labelOf(field) : words.optional(labelOf(field));
  const read = touched ? readField(field, text) : null;
  const error = read === null || read.ok ? null : `${read.failure.message} ${read.failure.next}`;
  const focus = first ? { [CONSENT_FOCUS]: '' } : {};
  const choices =
    field.type === 'yes-no'
      ? [
          { value: 'yes', label: words.yes },
          { value: 'no', label: words.no },
        ]
      : field.type === 'choice'
        ? (field.choices ?? []).map((choice) => ({ value: choice, label: choice }))
        : null;
  const help = field.help ?? words.hints[field.type];
  if (choices !== null)
    return (
      <SelectField
        label={label}
        {...(help === undefined ? {} : { help })}
        value={text}
        onChange={(event) => onType(event.target.value)}
        choices={[{ value: '', label: words.choose }, ...choices]}
        {...focus}
      />
    );
  return (
    <TextField
      label={label}
      {...(help === undefined ? {} : { help })}
      error={error}
      type={field.type === 'date' ? 'date' : 'text'}
      value={text}
      onChange={(event) => onType(event.target.value)}
      {...focus}
    />
  );
};

export const AnswerForm = ({ machine, question }: { readonly machine: MachineView; readonly question: FactQuestion }) => {
  const fields = fieldsOf(question);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const textOf = (field: Field): string => typed[field.name] ?? field.default ?? '';
  const ready = fields.every((field) => readField(field, textOf(field)).ok) && fields.some((field) => textOf(field).trim() !== '');
  const send = async (): Promise<void> => {
    const values = Object.fromEntries(fields.map((field) => [field.name, textOf(field).trim()] as const).filter(([, text]) => text !== ''));
    const result = await call('machines.answer', { machineId: machine.id, values });
    setFailure(result.ok ? null : result.failure);
    if (result.ok) tell(WORDS.machine.said.fact);
  };
  return (
    <form
      className={page['form']}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void send();
      }}
    >
      {fields.map((field, index) => (
        <Control
          key={field.name}
          field={field}
          first={index === 0}
          text={textOf(field)}
          touched={typed[field.name] !== undefined}
          onType={(text) => setTyped((before) => ({ ...before, [field.name]: text }))}
        />
      ))}
      <Refusal failure={failure} />
      <div className={page['buttons']}>
        <Button type="submit" inert={!ready}>
          {words.send}
        </Button>
      </div>
      <p className={page['lead']}>{words.also}</p>
    </form>
  );
};

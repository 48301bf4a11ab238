// A field as the form holds it, and as the station takes it. Pure.
import { fieldProblem } from '../../../agent/protocol/field-value.ts';
import { typesFor } from '../../../agent/protocol/fields.ts';
import { stationFieldSchema } from '../../../preload/contract/fields.ts';
import type { FieldType } from '../../../agent/protocol/fields.ts';
import type { StationField } from '../../../preload/contract/fields.ts';

export type FieldForm = {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  readonly choices: string;
  readonly pattern: string;
  readonly least: string;
  readonly most: string;
  readonly preset: string;
  readonly help: string;
  readonly required: boolean;
  readonly everyMachine: boolean;
};

export const formOf = (field: StationField | null): FieldForm => ({
  name: field?.name ?? 'input.',
  label: field?.label ?? '',
  type: field?.type ?? 'text',
  choices: (field?.choices ?? []).join('\n'),
  pattern: field?.pattern ?? '',
  least: field?.least === undefined ? '' : String(field.least),
  most: field?.most === undefined ? '' : String(field.most),
  preset: field?.default ?? '',
  help: field?.help ?? '',
  required: field?.required ?? true,
  everyMachine: field?.everyMachine ?? false,
});

/** Of the fact that was named; while it is not yet one, all that an own fact may have. */
export const typesOf = ({ name }: Pick<FieldForm, 'name'>): readonly FieldType[] => {
  const types = typesFor(name.trim());
  return types.length > 0 ? types : typesFor('input.x');
};

const given = <N extends string, V>(name: N, value: V, isGiven: boolean): Partial<Record<N, V>> =>
  (isGiven ? { [name]: value } : {}) as Partial<Record<N, V>>;

/** What does not go with the type is left out, so that a change of it leaves nothing behind. */
const fieldOf = (form: FieldForm): StationField => {
  const { label, type, pattern, least, most, preset, help, required, everyMachine } = form;
  const choices = form.choices
    .split('\n')
    .map((choice) => choice.trim())
    .filter((choice) => choice !== '');
  const isMeasured = type === 'number' || type === 'size';
  return {
    name: form.name.trim(),
    type,
    required,
    everyMachine,
    ...given('label', label.trim(), label.trim() !== ''),
    ...given('choices', choices, type === 'choice'),
    ...given('pattern', pattern, type === 'text' && pattern !== ''),
    ...given('least', least.trim(), isMeasured && least.trim() !== ''),
    ...given('most', most.trim(), isMeasured && most.trim() !== ''),
    ...given('default', preset.trim(), preset.trim() !== ''),
    ...given('help', help.trim(), help.trim() !== ''),
  };
};

/** The field, and what is wrong with it by the station's own rule; null where nothing is. */
export const judge = (form: FieldForm): { readonly field: StationField; readonly problem: string | null } => {
  const field = fieldOf(form);
  const parsed = stationFieldSchema.safeParse(field);
  if (parsed.success) return { field, problem: fieldProblem(parsed.data) };
  const [issue] = parsed.error.issues;
  return { field, problem: issue === undefined ? null : `${issue.path.join('.')}: ${issue.message}` };
};

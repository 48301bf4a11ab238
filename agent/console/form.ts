// The form on the target's own screen: which fields are open, what is being typed, and what a key does to it. Pure; asking.ts has the
// consoles and the station. It opens only when a person types `a` and Enter on a line of its own: a serial line that echoes what is
// printed there, or noise on an open one, must not begin to answer.
import { readField } from '../protocol/field-value.ts';
import { ANSWER_MOST, labelOf } from '../protocol/fields.ts';
import type { Field, Form } from '../protocol/fields.ts';
import type { EditKey, Key } from './keys.ts';

export const PERSON_MOST = 40;

export type FormState = {
  readonly fields: readonly Field[];
  readonly stage: 'closed' | 'person' | 'field' | 'review' | 'sent';
  readonly at: number;
  /** The line being edited, and where in it. */
  readonly text: string;
  readonly caret: number;
  readonly person: string;
  /** What was typed, by name; an empty text was left empty. */
  readonly values: Readonly<Record<string, string>>;
  readonly problem: string | null;
};

/** What a person had typed before a crash, a new question or a refusal. */
export type Draft = Pick<FormState, 'person' | 'values'>;

export const openForm = ({ fields, problems }: Form, draft: Draft): FormState => {
  const closed: FormState = { ...draft, fields, stage: 'closed', at: 0, text: '', caret: 0, problem: null };
  const [wrong] = problems;
  if (wrong === undefined) return closed;
  const at = fields.findIndex(({ name }) => name === wrong.name);
  const known = edit({ ...closed, stage: 'field', at: Math.max(at, 0) }, draft.values[wrong.name] ?? '');
  return { ...known, problem: wrong.message };
};

export const pressKey = (state: FormState, key: Key): FormState => {
  if (state.stage === 'sent') return state;
  switch (key.kind) {
    case 'enter':
      return enter(state);
    case 'cancel':
      return { ...edit({ ...state, stage: 'closed', at: 0 }, ''), problem: state.stage === 'closed' ? null : 'Nothing was sent.' };
    case 'previous':
      return back(state);
    case 'next':
      return state.stage === 'field' || state.stage === 'person' ? enter(state) : state;
    default:
      return state.stage === 'review' ? state : typed({ ...state, problem: state.stage === 'closed' ? state.problem : null }, key);
  }
};

const edit = (state: FormState, text: string): FormState => ({ ...state, text, caret: Array.from(text).length });

const typed = (state: FormState, key: EditKey): FormState => {
  const characters = Array.from(state.text);
  const { caret } = state;
  const put = (from: number, to: number, text: string): FormState => ({
    ...state,
    text: [...characters.slice(0, from), text, ...characters.slice(to)].join(''),
    caret: from + Array.from(text).length,
  });
  switch (key.kind) {
    case 'text':
      return characters.length >= (state.stage === 'person' ? PERSON_MOST : ANSWER_MOST) ? state : put(caret, caret, key.text);
    case 'backspace':
      return caret === 0 ? state : put(caret - 1, caret, '');
    case 'delete':
      return put(caret, caret + 1, '');
    case 'clear':
      return put(0, characters.length, '');
    case 'left':
      return { ...state, caret: Math.max(0, caret - 1) };
    case 'right':
      return { ...state, caret: Math.min(characters.length, caret + 1) };
    case 'home':
      return { ...state, caret: 0 };
    case 'end':
      return { ...state, caret: characters.length };
  }
};

const enter = (state: FormState): FormState => {
  const text = state.text.trim();
  switch (state.stage) {
    case 'closed':
      if (text.toLowerCase() !== 'a') return edit(state, '');
      return state.person === '' ? { ...edit({ ...state, stage: 'person' }, ''), problem: null } : toField(state, 0);
    case 'person':
      return text === '' ? { ...state, problem: 'Your name goes on record with the answers.' } : toField({ ...state, person: text }, 0);
    case 'field':
      return enterField(state, text);
    case 'review':
      return { ...state, stage: 'sent', problem: null };
    case 'sent':
      return state;
  }
};

const enterField = (state: FormState, text: string): FormState => {
  const field = state.fields[state.at];
  if (field === undefined) return state;
  // A lone hyphen empties what may be empty, also where there is a default.
  const answer = text === '-' && !field.required ? '' : text === '' ? offered(state, field) : text;
  const read = readField(field, answer);
  if (!read.ok) return { ...state, problem: `${read.failure.message} ${read.failure.next}` };
  // A choice that was made by its number is kept by its name.
  const value = field.type === 'choice' && typeof read.value === 'string' ? read.value : answer;
  return toField({ ...state, values: { ...state.values, [field.name]: value } }, state.at + 1);
};

const offered = ({ values }: FormState, field: Field): string => values[field.name] ?? field.default ?? '';

const toField = (state: FormState, at: number): FormState => ({
  ...edit({ ...state, stage: at < state.fields.length ? 'field' : 'review', at: Math.min(at, state.fields.length - 1) }, ''),
  problem: null,
});

const back = (state: FormState): FormState => {
  if (state.stage === 'review') return toField(state, state.fields.length - 1);
  return state.stage === 'field' && state.at > 0 ? toField(state, state.at - 1) : state;
};

export type FormView = {
  /** Above the line that is typed on. */
  readonly lines: readonly string[];
  readonly prompt: string;
  readonly text: string;
  readonly caret: number;
};

/** What both kinds of console show of it. */
export const formView = (state: FormState): FormView => {
  const { text, caret, problem } = state;
  const more = problem === null ? [] : [`! ${problem}`];
  // Before it opens nothing that arrives is shown: a line that echoes would echo that again, for ever.
  const typed = state.stage === 'closed' ? { text: '', caret: 0 } : { text, caret };
  const view = (lines: readonly string[], prompt: string): FormView => ({ lines: [...lines, ...more], prompt, ...typed });
  switch (state.stage) {
    case 'closed':
      return view(
        [`Asked for: ${state.fields.map(labelOf).join(', ')}.`, 'To answer here, type A and press Enter. The station can answer too.'],
        '',
      );
    case 'person':
      return view(['Your answers go on record with your name. Escape leaves.'], 'Your name: ');
    case 'field': {
      const field = state.fields[state.at];
      return field === undefined ? view([], '') : view(fieldLines(state, field), `${labelOf(field)}${suggestion(state, field)}: `);
    }
    case 'review':
      return view(
        [
          `${state.person} answers:`,
          ...state.fields.map((field) => `  ${labelOf(field)}: ${state.values[field.name] || '(left empty)'}`),
          'Enter sends it, the up key goes back, Escape leaves.',
        ],
        'Send? ',
      );
    case 'sent':
      return { lines: ['Sent to the station; it answers in a moment.'], prompt: '', text: '', caret: 0 };
  }
};

const suggestion = (state: FormState, field: Field): string => {
  const value = offered(state, field);
  return value === '' ? '' : ` [${value}]`;
};

const HINTS: Readonly<Partial<Record<Field['type'], string>>> = {
  size: 'a size, like 64 GiB',
  'yes-no': 'yes or no',
  mac: 'like 52:54:00:12:34:56',
  ip: 'like 10.0.0.7',
  cidr: 'like 10.0.0.0/24',
  date: 'like 2026-03-31',
  list: 'one or more, with commas between',
};

/** A screen has 25 lines: many choices stand beside each other. */
const IN_COLUMN_MOST = 8;

const fieldLines = (state: FormState, field: Field): readonly string[] => {
  const { choices = [] } = field;
  const numbered = choices.map((choice, index) => `${index + 1}) ${choice}`);
  const hint = HINTS[field.type];
  return [
    `Question ${state.at + 1} of ${state.fields.length}${field.required ? '' : ', may be left empty'}${hint === undefined ? '' : ` (${hint})`}`,
    ...(field.help === undefined ? [] : [field.help]),
    ...(numbered.length <= IN_COLUMN_MOST ? numbered.map((choice) => `  ${choice}`) : [numbered.join('  ')]),
    ...(numbered.length > 0 ? ['Type its number or its name.'] : []),
  ];
};

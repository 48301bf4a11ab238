// What the station asks, asked at the target's own consoles: keys from whichever console a person sits at, one form on all of them, and
// the answers to the station. What was typed survives a crash of the agent and a restart of the station.
import { z } from 'zod';
import { answersSchema } from '../protocol/fields.ts';
import type { Answers, Form } from '../protocol/fields.ts';
import type { LinkMemory } from '../link/station-link.ts';
import { formView, openForm, pressKey } from './form.ts';
import type { Draft, FormState } from './form.ts';
import { createKeyDecoder } from './keys.ts';
import type { Key } from './keys.ts';
import type { Screen } from './screen.ts';

/** Bytes as they are typed, one stream for each console; the returned function ends it. */
export type Keyboard = { listen(onBytes: (bytes: Uint8Array, console: string) => void): () => void };

export const noKeyboard: Keyboard = { listen: () => () => undefined };

export type Asking = {
  /** Shows the form; the same one again keeps what is being typed. */
  ask(form: Form): void;
  /** Nothing is asked any more, or not here. */
  close(): void;
  stop(): void;
};

type AskingOptions = {
  readonly screen: Screen;
  readonly keyboard: Keyboard;
  readonly drafts: LinkMemory;
  readonly send: (answers: Answers) => void;
};

/** Terminals send the parts of a sequence at once; a serial line at 1200 baud takes 8 ms a byte. */
const ESCAPE_MS = 60;

const draftOf = (memory: LinkMemory): Draft => {
  try {
    const parsed = answersSchema.safeParse(JSON.parse(memory.load() ?? '{}') satisfies z.input<typeof answersSchema>);
    if (parsed.success) return parsed.data;
  } catch {
    // A file that was cut short: the person types again.
  }
  return { person: '', values: {} };
};

export const createAsking = ({ screen, keyboard, drafts, send }: AskingOptions): Asking => {
  let draft = draftOf(drafts);
  let state: FormState | null = null;
  let shown = '';
  const decoders = new Map<string, ReturnType<typeof createKeyDecoder>>();
  const timers = new Map<string, NodeJS.Timeout>();

  const show = (): void => {
    const view = state === null ? null : formView(state);
    const text = JSON.stringify(view);
    // A line that echoes what is printed on it must not make us print again.
    if (text === shown) return;
    shown = text;
    screen.show({ form: view });
  };
  const keep = ({ person, values }: FormState): void => {
    const text = JSON.stringify({ person, values });
    if (text === JSON.stringify(draft)) return;
    draft = { person, values };
    drafts.save(text);
  };
  const press = (keys: readonly Key[]): void => {
    for (const key of keys) {
      if (state === null) return;
      const before = state.stage;
      state = pressKey(state, key);
      keep(state);
      if (state.stage === 'sent' && before !== 'sent') {
        const { fields, person, values } = state;
        const names = new Set(fields.map(({ name }) => name));
        send({ person, values: Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name))) });
      }
    }
    show();
  };
  const stopListening = keyboard.listen((bytes, console) => {
    const decoder = decoders.get(console) ?? createKeyDecoder();
    decoders.set(console, decoder);
    clearTimeout(timers.get(console));
    press(decoder.push(bytes));
    if (decoder.isOpen()) timers.set(console, setTimeout(() => press(decoder.flush()), ESCAPE_MS).unref());
  });

  return {
    ask: (form) => {
      const isSame = state !== null && JSON.stringify(state.fields) === JSON.stringify(form.fields);
      if (!isSame || form.problems.length > 0 || state?.stage === 'sent') state = openForm(form, draft);
      show();
    },
    close: () => {
      if (state !== null && ['field', 'review', 'person'].includes(state.stage))
        screen.log('This is not asked here any more: somebody answered it at the station, or it was decided otherwise.');
      state = null;
      show();
    },
    stop: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      stopListening();
    },
  };
};

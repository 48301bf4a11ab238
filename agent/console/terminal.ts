// Puts the screen on the target's consoles: the video console is redrawn in place, a serial line (which may be a log file)
// gets one line for each change worth reading.
import { promptLine } from './prompt.ts';
import { FIRST_SCREEN, LOG_LINES, plainText, renderScreen } from './screen.ts';
import type { FormView } from './form.ts';
import type { Screen, ScreenState } from './screen.ts';

const COLUMNS = 80;
/** One line of the 25 is typed on. */
const ROWS = 24;
/** Redraws of a moving bar a second are for people; four are plenty. */
const REDRAW_MS = 250;
/** Keys are seen as they are pressed; noise on an open line is not drawn at its own speed. */
const TYPING_MS = 40;
/** A serial console is slow: progress goes there this often. */
const SERIAL_PROGRESS_MS = 5_000;

export type Writer = (text: string) => void;

type TerminalOptions = {
  /** Null where the machine has no video console. */
  readonly video: Writer | null;
  readonly serial: Writer;
  /** Milliseconds that never run backwards: the machine's own clock is set from the station's while the screen is on. */
  readonly now: () => number;
};

/** Draws when something changes; nothing is written before. */
export const createTerminal = (options: TerminalOptions): Screen => {
  let state: ScreenState = FIRST_SCREEN;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let serialProgressAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;

  const draw = () => {
    timer = null;
    drawnAtMs = options.now();
    const lines = renderScreen(state, COLUMNS, ROWS);
    const prompt = state.form === null ? null : promptLine(state.form, COLUMNS);
    const typing = prompt === null ? '' : `${prompt.line}\u001b[${lines.length + 1};${prompt.column + 1}H`;
    options.video?.(`\u001b[H\u001b[2J${lines.join('\r\n')}\r\n${typing}`);
  };
  const schedule = (isTyping = false) => {
    if (options.video === null || (timer !== null && !isTyping)) return;
    if (timer !== null) clearTimeout(timer);
    const waitMs = (isTyping ? TYPING_MS : REDRAW_MS) - (options.now() - drawnAtMs);
    if (waitMs <= 0) draw();
    else timer = setTimeout(draw, waitMs).unref();
  };
  /** What is typed on a serial line stays its last line: whatever else is said goes above it. */
  const typing = (): string => {
    if (state.form === null || state.form.prompt === '') return '';
    const { line: typed, column } = promptLine(state.form, COLUMNS);
    return `\r\u001b[K${typed}${column < typed.length ? `\r\u001b[${column}C` : ''}`;
  };
  const line = (text: string) => {
    const again = typing();
    options.serial(`${again === '' ? '' : '\r\u001b[K'}rackside: ${plainText(text)}\r\n${again}`);
  };
  /** Lines of the form that are new, then the line that is typed on. */
  const formMoved = (before: FormView | null): void => {
    const { form } = state;
    if (form === before) return;
    if (form === null) return options.serial('\r\u001b[K');
    const isNew = before === null || before.prompt !== form.prompt || before.lines.join('\n') !== form.lines.join('\n');
    const ended = isNew && before !== null && before.prompt !== '' ? '\r\n' : '';
    options.serial(ended + (isNew ? form.lines.map((text) => `${plainText(text)}\r\n`).join('') : '') + typing());
  };

  return {
    show: (change) => {
      const before = state;
      state = { ...state, ...change };
      if (state.form === null) formMoved(before.form);
      if (state.phase !== before.phase) line(state.phase);
      if (state.waitingFor !== before.waitingFor && state.waitingFor !== null) line(`waiting for: ${state.waitingFor}`);
      if (state.link !== before.link)
        line(state.link === 'lost' ? 'link to the station lost, trying again' : 'link to the station is back');
      if (state.failure !== before.failure && state.failure !== null)
        line(`PROBLEM ${state.failure.code}: ${state.failure.message} ${state.failure.next}`);
      if (state.progress !== null && options.now() - serialProgressAtMs >= SERIAL_PROGRESS_MS) {
        serialProgressAtMs = options.now();
        line(`${state.progress.step} ${state.progress.bytesDone}/${state.progress.bytesTotal}`);
      }
      if (state.details !== before.details) for (const text of state.details) line(text);
      if (state.form !== null) formMoved(before.form);
      schedule(state.form !== before.form);
    },
    log: (text) => {
      state = { ...state, log: [...state.log, text].slice(-LOG_LINES) };
      line(text);
      schedule();
    },
  };
};

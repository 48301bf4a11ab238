// Puts the screen on the target's consoles: the video console is redrawn in place, a serial line (which may be a log file)
// gets one line for each change worth reading.
import { FIRST_SCREEN, LOG_LINES, plainText, renderScreen } from './screen.ts';
import type { Screen, ScreenState } from './screen.ts';

const COLUMNS = 80;
/** Redraws of a moving bar a second are for people; four are plenty. */
const REDRAW_MS = 250;
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
    options.video?.(`\u001b[H\u001b[2J${renderScreen(state, COLUMNS).join('\r\n')}\r\n`);
  };
  const schedule = () => {
    if (options.video === null || timer !== null) return;
    const waitMs = REDRAW_MS - (options.now() - drawnAtMs);
    if (waitMs <= 0) draw();
    else timer = setTimeout(draw, waitMs).unref();
  };
  const line = (text: string) => options.serial(`rackside: ${plainText(text)}\r\n`);

  return {
    show: (change) => {
      const before = state;
      state = { ...state, ...change };
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
      schedule();
    },
    log: (text) => {
      state = { ...state, log: [...state.log, text].slice(-LOG_LINES) };
      line(text);
      schedule();
    },
  };
};

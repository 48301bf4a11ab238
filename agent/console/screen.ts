// What the target's own screen shows: who this machine is, which station it talks to, what is going on and what went wrong,
// in plain words that can be read across an aisle. Pure: terminal.ts puts the lines on the consoles.
import type { Failure } from '../protocol/failure.ts';
import type { FormView } from './form.ts';

export type ScreenState = {
  readonly machine: string;
  readonly identity: string;
  readonly station: string;
  readonly phase: string;
  readonly waitingFor: string | null;
  readonly progress: {
    readonly step: string;
    readonly bytesDone: number;
    readonly bytesTotal: number;
    readonly bytesPerSecond: number;
  } | null;
  readonly failure: Failure | null;
  readonly link: 'up' | 'lost';
  readonly log: readonly string[];
  /** Why it waits, in short: what its policies said. */
  readonly details: readonly string[];
  /** What is asked here, and what is being typed. */
  readonly form: FormView | null;
};

export const FIRST_SCREEN: ScreenState = {
  machine: 'this machine',
  identity: '',
  station: '',
  phase: 'Starting',
  waitingFor: null,
  progress: null,
  failure: null,
  link: 'up',
  log: [],
  details: [],
  form: null,
};

export type Screen = { show(change: Partial<ScreenState>): void; log(line: string): void };

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal size as disk makers print it: `4.1 GB`. */
export const sizeText = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
};

/** The log keeps this many lines; the station has them all. */
export const LOG_LINES = 8;

const bar = (fraction: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
};

const progressLines = (progress: NonNullable<ScreenState['progress']>, columns: number): readonly string[] => {
  const fraction = progress.bytesTotal === 0 ? 1 : progress.bytesDone / progress.bytesTotal;
  const left =
    progress.bytesPerSecond > 0 ? `, ${Math.ceil((progress.bytesTotal - progress.bytesDone) / progress.bytesPerSecond)} s left` : '';
  return [
    `${progress.step}: ${Math.floor(fraction * 100)} %  ${sizeText(progress.bytesDone)} of ${sizeText(progress.bytesTotal)}, ${sizeText(progress.bytesPerSecond)}/s${left}`,
    bar(fraction, Math.min(60, columns - 4)),
  ];
};

/** A terminal takes control characters (C0, and C1 such as the one-byte CSI) as orders; what a vendor or a station wrote must stay text. */
export const plainText = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');

/** Breaks between words; a word that is wider than the screen is broken itself. */
const wrap = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    for (; line.length > columns; line = line.slice(columns)) lines.push(line.slice(0, columns));
  }
  return [...lines, line];
};

/**
 * Lines of the whole screen, none longer than `columns`: what a person must read is wrapped, the rest is cut. Of `rows`, what is asked
 * here comes first, then why, then the log; the line that is typed on is not among them.
 */
export const renderScreen = (state: ScreenState, columns: number, rows = Number.POSITIVE_INFINITY): readonly string[] => {
  const wrapped = (text: string): readonly string[] => wrap(plainText(text), columns);
  const lines = [
    'RACKSIDE',
    '',
    `${state.machine}${state.identity === '' ? '' : `  -  ${state.identity}`}`,
    `Station: ${state.station === '' ? 'not reached yet' : state.station}${state.link === 'lost' ? '  (link lost, trying again)' : ''}`,
    '',
    ...wrapped(state.phase),
    ...(state.waitingFor === null ? [] : wrapped(`Waiting for: ${state.waitingFor}`)),
    ...(state.progress === null ? [] : progressLines(state.progress, columns)),
    ...(state.failure === null
      ? []
      : ['', ...wrapped(`PROBLEM: ${state.failure.message}`), ...wrapped(`What to do: ${state.failure.next}`), `(${state.failure.code})`]),
    '',
  ];
  const form = state.form === null ? [] : [...state.form.lines.flatMap(wrapped)];
  let left = rows - lines.length - form.length;
  const some = (texts: readonly string[]): readonly string[] => {
    const shown = texts.slice(0, Math.max(0, left));
    left -= shown.length;
    return shown;
  };
  const details = some(state.details.map((line) => `  ${line}`));
  const log = some(
    state.log
      .slice(-LOG_LINES)
      .map((line) => `  ${line}`)
      .slice(-Math.max(0, left) || LOG_LINES),
  );
  return [...lines, ...details, ...log, ...form].slice(0, rows).map((line) => plainText(line).slice(0, columns));
};

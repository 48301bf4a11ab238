// How `rackside` prints: a table for people, JSON with --json, failures with their code on stderr.
import type { Failure } from '../../agent/protocol/failure.ts';

export type Output = {
  /** JSON lines when asked for, else the text. */
  print(value: unknown, text: string | (() => string)): void;
  fail(failure: Failure): number;
  /** What a person should know beside the answer; never on stdout, so that JSON there stays JSON. */
  note(text: string): void;
};

/** Terminals take control characters as orders, and what is printed may come from a machine, a file or a person. */
const plain = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (letter) => (letter === '\n' || letter === '\t' ? letter : '\ufffd'));

export const createOutput = (options: {
  readonly json: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}): Output => ({
  print: (value, text) => options.write(`${options.json ? JSON.stringify(value) : plain(typeof text === 'string' ? text : text())}\n`),
  fail: (failure) => {
    options.writeError(`rackside: ${plain(failure.message)}\n  ${plain(failure.next)}\n  (${failure.code})\n`);
    return 1;
  },
  note: (text) => options.writeError(`NOTE ${plain(text)}\n`),
});

/** Columns as wide as their widest cell; a cell is one line. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\s*[\r\n]\s*/g, ' ')));
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `4.1 GB`, decimal as on the disk's label. */
export const size = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
};

/** `48 s`, `2:41`, `1:02:10`. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
};

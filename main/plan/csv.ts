// CSV by RFC 4180, with what spreadsheets add: a byte-order mark, semicolons or tabs for commas, a first line that says which of
// them, bare CR or LF, `="007"` for a text that must stay one. PURE. Every cell keeps the line and column where it begins, so that an error can be found in the file.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** Lines and columns count from 1; a column is a cell's number in its row. */
export type Cell = { readonly text: string; readonly line: number; readonly column: number };
export type Row = readonly Cell[];

const DELIMITERS = [',', ';', '\t'] as const;

/** Excel's own first line where the delimiter is none that it would expect. */
const TOLD_DELIMITER = /^"?sep=([,;\t|])"?(?:\r\n|\r|\n)/i;

/** The delimiter that parts the first line most often outside quotes; Excel writes semicolons where the comma is the decimal mark. */
const delimiterOf = (text: string): string => {
  const first = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text.slice(0, 10_000))?.[0].replace(/"(?:[^"]|"")*"/g, '') ?? '';
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: first.split(delimiter).length }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
};

/** A cell that is but a formula of one text: written so that a spreadsheet takes no number for it. */
const TEXT_FORMULA = /^="((?:[^"]|"")*)"$/;

const withoutFormula = (cell: string): string => TEXT_FORMULA.exec(cell)?.[1]?.replaceAll('""', '"') ?? cell;

const broken = (line: number, column: number, what: string, next: string): Result<never> =>
  failed('plan.csv-broken', `Line ${line}, column ${column}: ${what}`, next);

/** Rows in order, empty lines left out. Failure: `plan.csv-broken`. */
export const parseCsv = (content: string): Result<readonly Row[]> => {
  const text = content.replace(/^\ufeff/, '');
  const told = TOLD_DELIMITER.exec(text);
  const delimiter = told?.[1] ?? delimiterOf(text);
  const rows: Row[] = [];
  let row: Cell[] = [];
  let line = told === null ? 1 : 2;
  let at = told?.[0].length ?? 0;
  const endRow = (): void => {
    if (row.some((cell) => cell.text !== '') || row.length > 1) rows.push(row);
    row = [];
  };
  while (at < text.length) {
    const begins = { line, column: row.length + 1 };
    let cell = '';
    const isFormula = text.startsWith('="', at);
    if (isFormula || text[at] === '"') {
      at += isFormula ? 2 : 1;
      for (;;) {
        const close = text.indexOf('"', at);
        if (close === -1)
          return broken(
            begins.line,
            begins.column,
            'the quote that begins here is never closed.',
            'Close it, or double a quote that is meant.',
          );
        const part = text.slice(at, close);
        cell += part;
        line += part.match(/\r\n|\r|\n/g)?.length ?? 0;
        at = close + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
      const after = text[at];
      if (after !== undefined && after !== delimiter && after !== '\r' && after !== '\n')
        return broken(line, begins.column, `"${after}" follows a closing quote.`, 'Double the quotes that are meant inside a quoted cell.');
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\r' && text[at] !== '\n' && text[at] !== '"') at += 1;
      cell = text.slice(from, at);
      if (text[at] === '"')
        return broken(
          line,
          begins.column,
          'a quote stands inside a cell that does not begin with one.',
          'Put the whole cell in quotes and double the inner one.',
        );
    }
    row.push({ text: isFormula ? cell : withoutFormula(cell), ...begins });
    if (text[at] === delimiter) {
      at += 1;
      // A delimiter at the very end begins one more, empty cell.
      if (at === text.length) row.push({ text: '', line, column: row.length + 1 });
      continue;
    }
    if (at < text.length) {
      at += text.startsWith('\r\n', at) ? 2 : 1;
      line += 1;
      endRow();
    }
  }
  endRow();
  return success(rows);
};

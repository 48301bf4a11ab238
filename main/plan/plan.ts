// A site plan: which machines a site shall have and what each of them shall be, from a table with one machine a row
// (docs/site-plan.md). PURE.
import { slotIn } from '../../agent/facts/blade.ts';
import { isFiller } from '../../agent/facts/filler.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { FACT_TEXT_MOST, personFact } from '../machines/person-fact.ts';
import { parseCsv } from './csv.ts';
import type { Cell, Row } from './csv.ts';

export type KeyName = 'serial' | 'mac' | 'slot' | 'enclosure';

export type PlanEntry = {
  /** In the file. */
  readonly line: number;
  /** Lower case; a MAC with colons, a slot bare. */
  readonly keys: Readonly<Partial<Record<KeyName, string>>>;
  /** Every other column that has a value, by the fact that it became. */
  readonly facts: readonly Fact[];
};

export type Plan = { readonly name: string; readonly columns: readonly string[]; readonly entries: readonly PlanEntry[] };

const KEY_COLUMNS: Readonly<Record<string, KeyName>> = {
  serial: 'serial',
  'serial-number': 'serial',
  serialnumber: 'serial',
  'service-tag': 'serial',
  sn: 'serial',
  'system.serial': 'serial',
  mac: 'mac',
  'mac-address': 'mac',
  macaddress: 'mac',
  'boot-mac': 'mac',
  slot: 'slot',
  bay: 'slot',
  node: 'slot',
  'blade-slot': 'slot',
  'blade.slot': 'slot',
  enclosure: 'enclosure',
  chassis: 'enclosure',
  'chassis.enclosure': 'enclosure',
};

const FACT_COLUMNS: Readonly<Record<string, string>> = {
  position: 'rack.position',
  'rack-position': 'rack.position',
  'rack-unit': 'rack.position',
  'asset-tag': 'asset.tag',
  'host-name': 'input.hostname',
  'computer-name': 'input.hostname',
  computername: 'input.hostname',
  'user-id': 'user',
  vendor: 'manufacturer',
  maker: 'manufacturer',
};

const MAX_ENTRIES = 10_000;
/** Wrong rows that a failure names. */
const MOST_TOLD = 20;

const wrong = (code: string, cell: Pick<Cell, 'line' | 'column'>, what: string, next: string): Result<never> =>
  failed(code, `Line ${cell.line}, column ${cell.column}: ${what}`, next);

type Column = { readonly key: KeyName } | { readonly fact: string };

/** A column's header: one that names the machine, a fact of the catalogue, or a field of its own. */
const columnOf = (cell: Cell): Result<Column> => {
  const name = cell.text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-');
  const key = Object.hasOwn(KEY_COLUMNS, name) ? KEY_COLUMNS[name] : undefined;
  if (key !== undefined) return success({ key });
  const renamed = Object.hasOwn(FACT_COLUMNS, name) ? FACT_COLUMNS[name] : undefined;
  const fact = renamed ?? (Object.hasOwn(FACTS, name) ? name : `input.${name.replace(/^input\./, '')}`);
  return factDefinition(fact) === null
    ? wrong(
        'plan.column-invalid',
        cell,
        `"${cell.text}" is no name for a column.`,
        'Use a-z, 0-9 and -, at most 40 of them; see docs/site-plan.md.',
      )
    : success({ fact });
};

const isBlank = (cell: Cell | undefined): boolean => cell === undefined || cell.text.trim() === '';

/** Null for a column without a name, which spreadsheets leave behind where nothing stands any more. */
const columnsOf = (header: Row, body: readonly Row[]): Result<readonly (Column | null)[]> => {
  const columns: (Column | null)[] = [];
  const seen = new Map<string, Cell>();
  for (const [index, cell] of header.entries()) {
    if (isBlank(cell) && body.every((row) => isBlank(row[index]))) {
      columns.push(null);
      continue;
    }
    const column = columnOf(cell);
    if (!column.ok) return column;
    const name = 'key' in column.value ? column.value.key : column.value.fact;
    const before = seen.get(name);
    if (before !== undefined)
      return wrong('plan.column-twice', cell, `"${cell.text}" is what column ${before.column} is already.`, 'Keep one of the two.');
    seen.set(name, cell);
    columns.push(column.value);
  }
  if (!columns.some((column) => column !== null && 'key' in column && column.key !== 'enclosure'))
    return wrong(
      'plan.no-key',
      header[0] ?? { line: 1, column: 1 },
      'no column says which machine a row is about.',
      'Name a column serial, mac or slot.',
    );
  return success(columns);
};

/** Spreadsheets write long numbers so, and have lost their last digits by then. */
const AS_NUMBER = /^\d(?:[.,]\d+)?e\+\d+$/;

const keyValue = (key: KeyName, cell: Cell): Result<string> => {
  const text = cell.text.normalize('NFC').trim().toLowerCase();
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    return wrong('plan.key-unreadable', cell, `the ${key} holds characters that cannot be seen.`, 'Type it by hand.');
  if (text.length > FACT_TEXT_MOST)
    return wrong('plan.key-unreadable', cell, `the ${key} is longer than ${FACT_TEXT_MOST} characters.`, 'Give the machine its own.');
  if (key === 'mac') {
    const digits = text.replace(/[:\-.]/g, '');
    if (!/^[0-9a-f]{12}$/.test(digits))
      return wrong('plan.mac-invalid', cell, `"${cell.text.trim()}" is no MAC.`, 'Write it like 52:54:00:12:34:56.');
    // The lowest bit of the first byte is set on group addresses, and on the broadcast address.
    if (/^0{12}$/.test(digits) || Number.parseInt(digits.slice(0, 2), 16) % 2 === 1)
      return wrong(
        'plan.mac-invalid',
        cell,
        `"${cell.text.trim()}" is no machine's own MAC.`,
        'Take the one on its label or in its firmware setup.',
      );
    return success(digits.match(/../g)?.join(':') ?? '');
  }
  if (key === 'slot') return success(slotIn(cell.text) ?? text.replace(/^0+(?=\d)/, ''));
  if (AS_NUMBER.test(text))
    return wrong(
      'plan.key-number',
      cell,
      `"${cell.text.trim()}" is a number that a spreadsheet has rounded.`,
      'Make the column text before the serials are put in, and save the file again.',
    );
  if (isFiller('serial', text))
    return wrong('plan.key-filler', cell, `"${cell.text.trim()}" names no machine: many carry it.`, 'Name the machine by its MAC or slot.');
  return success(text);
};

const SOURCE_MOST = 120;

/** A long name gives way: what begins with "plan:" is known as the plan's word. */
const planSource = (name: string, line: number): string => {
  const left = SOURCE_MOST - `plan::${line}`.length;
  return `plan:${name.slice(-left)}:${line}`;
};

const entryOf = (row: Row, columns: readonly (Column | null)[], name: string, isShortened: boolean): Result<PlanEntry> => {
  const line = row[0]?.line ?? 0;
  if (row.length !== columns.length && !isShortened)
    return wrong(
      'plan.row-length',
      { line, column: Math.min(row.length, columns.length) + 1 },
      `the row has ${row.length} cells, the header ${columns.length}.`,
      'Give every row as many cells as the header, empty ones too.',
    );
  const keys: Partial<Record<KeyName, string>> = {};
  const facts: Fact[] = [];
  for (const [index, cell] of row.entries()) {
    const column = columns[index];
    if (column === undefined || column === null || isBlank(cell)) continue;
    if ('key' in column) {
      const value = keyValue(column.key, cell);
      if (!value.ok) return value;
      keys[column.key] = value.value;
      continue;
    }
    const fact = personFact(column.fact, cell.text, '');
    if (!fact.ok) return wrong(fact.failure.code, cell, fact.failure.message, fact.failure.next);
    if (fact.value !== null) facts.push({ ...fact.value, source: planSource(name, cell.line) });
  }
  if (keys.serial === undefined && keys.mac === undefined && keys.slot === undefined)
    return wrong('plan.row-without-key', { line, column: 1 }, 'the row names no machine.', 'Give it a serial, a MAC or a slot.');
  return success({ line, keys, facts });
};

const SHEET_BLOCK_ROWS = 16;

/**
 * Excel saves a sheet by blocks of 16 rows, and where nothing stands in a block's last columns it leaves their delimiters out in
 * every row of that block. Any other short row has lost a cell, and nobody knows which.
 */
const shortenedRows = (rows: readonly Row[]): ReadonlySet<Row> => {
  const width = rows[0]?.length ?? 0;
  const blocks = new Map<number, Row[]>();
  let linesBefore = (rows[0]?.[0]?.line ?? 1) - 1;
  for (const row of rows) {
    const number = (row[0]?.line ?? 1) - 1 - linesBefore;
    const block = blocks.get(Math.floor(number / SHEET_BLOCK_ROWS)) ?? [];
    blocks.set(Math.floor(number / SHEET_BLOCK_ROWS), block);
    block.push(row);
    linesBefore += row.reduce((sum, cell) => sum + (cell.text.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
  }
  const isCut = (block: readonly Row[]): boolean =>
    (block[0]?.length ?? width) < width && block.every((row) => row.length === block[0]?.length);
  return new Set([...blocks.values()].filter(isCut).flat());
};

const placeOf = ({ keys }: PlanEntry): string | null => (keys.slot === undefined ? null : `slot ${keys.slot} of ${keys.enclosure ?? ''}`);

/** Two rows for one machine would leave it open which is meant. A row is told once, by the first key that stands already. */
const twiceIn = (entries: readonly PlanEntry[]): ReadonlyMap<number, Failure> => {
  const told = new Map<number, Failure>();
  for (const what of [(entry: PlanEntry) => entry.keys.serial ?? null, (entry: PlanEntry) => entry.keys.mac ?? null, placeOf]) {
    const lines = new Map<string, number>();
    for (const entry of entries) {
      const value = what(entry);
      const before = value === null ? undefined : lines.get(value);
      const at = { line: entry.line, column: 1 };
      const twice = wrong('plan.machine-twice', at, `${value} stands on line ${before} already.`, 'Keep one row a machine.');
      if (before !== undefined && !twice.ok && !told.has(entry.line)) told.set(entry.line, twice.failure);
      if (value !== null && before === undefined) lines.set(value, entry.line);
    }
  }
  return told;
};

/** All of them at once, a line each: a file is corrected in one go. One alone keeps its own code. */
const rowsWrong = (failures: readonly Failure[]): Result<never> | null => {
  const [first] = failures;
  if (first === undefined) return null;
  if (failures.length === 1) return failed(first.code, first.message, first.next);
  const told = failures.slice(0, MOST_TOLD).map(({ message, next }) => `${message.replace(/(?<![.!?])$/, '.')} ${next}`);
  const left = failures.length - told.length;
  return failed(
    'plan.rows-invalid',
    [...told, ...(left > 0 ? [`and ${left} more rows.`] : [])].join('\n'),
    'Correct these rows in the file and import it again; nothing was changed.',
  );
};

/** Failures name line and column: `plan.csv-broken`, `plan.column-…`, `plan.row-…`, `plan.mac-invalid`, `plan.machine-twice` …; several rows: `plan.rows-invalid`. */
export const parsePlan = (text: string, name: string): Result<Plan> => {
  const rows = parseCsv(text);
  if (!rows.ok) return rows;
  // Spreadsheets write an empty row as delimiters alone.
  const [header, ...body] = rows.value.filter((row) => !row.every(isBlank));
  if (header === undefined || body.length === 0)
    return failed('plan.empty', `${name} has no rows.`, 'Give it a header and a row for each machine.');
  if (body.length > MAX_ENTRIES)
    return failed('plan.too-long', `${name} has ${body.length} rows.`, `Give at most ${MAX_ENTRIES} machines a site.`);
  const columns = columnsOf(header, body);
  if (!columns.ok) return columns;
  const shortened = shortenedRows(rows.value);
  const entries: PlanEntry[] = [];
  const wrongRows = new Map<number, Failure>();
  for (const row of body) {
    const entry = entryOf(row, columns.value, name, shortened.has(row));
    if (entry.ok) entries.push(entry.value);
    else wrongRows.set(row[0]?.line ?? 0, entry.failure);
  }
  const inOrder = [...wrongRows, ...twiceIn(entries)].toSorted(([one], [other]) => one - other);
  const bad = rowsWrong(inOrder.map(([, failure]) => failure));
  if (bad !== null) return bad;
  const names = columns.value.flatMap((column) => (column === null ? [] : ['key' in column ? column.key : column.fact]));
  return success({ name, columns: names, entries });
};

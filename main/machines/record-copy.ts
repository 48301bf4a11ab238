// Everything that the database holds of one machine's record, as rows: what a merge or a split moves, and what undoing it puts back.
import type { Database } from '../database/open.ts';

type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Rows that are the record's own and go with it. */
const OWN = ['reading', 'evidence', 'evidence_carrier', 'fact', 'override', 'reservation'] as const;
/** Rows of what happened, each with an id of its own: they move, and are never copied. */
const HISTORY = ['event', 'session', 'consent', 'job', 'fact_history', 'set_run'] as const;

export type OwnTable = (typeof OWN)[number];
export type HistoryTable = (typeof HISTORY)[number];

export type RecordCopy = {
  readonly machine: Row;
  readonly own: Readonly<Record<OwnTable, readonly Row[]>>;
  /** A copy that an older program kept knows fewer tables. */
  readonly history: Readonly<Partial<Record<HistoryTable, readonly (string | number)[]>>>;
};

export type RecordCopies = {
  copy(machineId: string): RecordCopy;
  /** Writes the record as it was, with its own rows of these tables. */
  restore(copy: RecordCopy, tables?: readonly OwnTable[]): void;
  /** Adds rows, given to a machine; those it has already stay as they are. */
  add(table: OwnTable, rows: readonly Row[], machineId: string): void;
  drop(table: OwnTable, rows: readonly Row[], machineId: string): void;
  /** History of `from`: all of it, or the rows of a copy, or what is no older than a time. */
  moveAll(from: string, to: string): void;
  moveCopied(copy: RecordCopy, from: string, to: string): void;
  moveSince(sinceMs: number, sessionId: string, from: string, to: string): void;
  remove(machineId: string): void;
};

/** What makes a row of its table the same row, beside the machine. */
const KEYS: Readonly<Record<OwnTable, readonly string[]>> = {
  reading: [],
  evidence: ['kind', 'value'],
  evidence_carrier: ['kind', 'value'],
  fact: ['origin', 'name'],
  override: [],
  reservation: ['site_id'],
};

const SINCE: Readonly<Record<HistoryTable, string | null>> = {
  event: 'at_ms',
  session: null,
  consent: 'at_ms',
  job: 'created_at_ms',
  fact_history: 'at_ms',
  set_run: 'started_at_ms',
};

/** A machine has one run of an image set at a time. What a run still lacks the library says, so one that moves ends, and the machine's next decision opens its own. */
const GIVEN: Readonly<Record<HistoryTable, string>> = {
  event: 'machine_id = ?',
  session: 'machine_id = ?',
  consent: 'machine_id = ?',
  job: 'machine_id = ?',
  fact_history: 'machine_id = ?',
  set_run: "machine_id = ?, ended_at_ms = coalesce(ended_at_ms, started_at_ms), state = iif(state = 'running', 'ended', state)",
};

export const sameRow = (table: OwnTable, one: Row, other: Row): boolean => KEYS[table].every((key) => one[key] === other[key]);

export const createRecordCopies = (database: Database): RecordCopies => {
  const rowsOf = (table: OwnTable, machineId: string): readonly Row[] =>
    database.prepare<[string], Row>(`SELECT * FROM ${table} WHERE machine_id = ?`).all(machineId);
  const idsOf = (table: HistoryTable, machineId: string): readonly (string | number)[] =>
    database
      .prepare<[string], { id: string | number }>(`SELECT id FROM ${table} WHERE machine_id = ? ORDER BY id`)
      .all(machineId)
      .map(({ id }) => id);
  const insert = (table: string, row: Row, how: 'OR IGNORE' | 'OR REPLACE'): void => {
    const columns = Object.keys(row);
    database
      .prepare(`INSERT ${how} INTO "${table}"(${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .run(...columns.map((column) => row[column] ?? null));
  };
  /** A policy may have been removed since; its place under a limit went with it. */
  const isStill = (table: OwnTable, row: Row): boolean =>
    table !== 'reservation' || database.prepare('SELECT 1 FROM policy WHERE name = ?').get(row['policy']) !== undefined;
  const add = (table: OwnTable, rows: readonly Row[], machineId: string): void => {
    for (const row of rows) if (isStill(table, row)) insert(table, { ...row, machine_id: machineId }, 'OR IGNORE');
  };
  const drop: RecordCopies['drop'] = (table, rows, machineId) => {
    const where = ['machine_id', ...KEYS[table]].map((key) => `${key} = ?`).join(' AND ');
    const statement = database.prepare(`DELETE FROM ${table} WHERE ${where}`);
    for (const row of rows) statement.run(machineId, ...KEYS[table].map((key) => row[key] ?? null));
  };
  return {
    copy: (machineId) => {
      const machine = database.prepare<[string], Row>('SELECT * FROM machine WHERE id = ?').get(machineId);
      if (machine === undefined) throw new Error(`no machine ${machineId}`);
      return {
        machine,
        own: Object.fromEntries(OWN.map((table) => [table, rowsOf(table, machineId)])) as RecordCopy['own'],
        history: Object.fromEntries(HISTORY.map((table) => [table, idsOf(table, machineId)])) as RecordCopy['history'],
      };
    },
    restore: ({ machine, own }, tables = OWN) => {
      const id = String(machine['id']);
      // Not "or replace": that would delete the row first, and all that hangs on it.
      insert('machine', machine, 'OR IGNORE');
      const columns = Object.keys(machine).filter((column) => column !== 'id');
      database
        .prepare(`UPDATE machine SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`)
        .run(...columns.map((column) => machine[column] ?? null), id);
      for (const table of tables) {
        drop(table, own[table], id);
        add(table, own[table], id);
      }
    },
    add,
    drop,
    moveAll: (from, to) => {
      for (const table of HISTORY) database.prepare(`UPDATE ${table} SET ${GIVEN[table]} WHERE machine_id = ?`).run(to, from);
    },
    moveCopied: ({ history }, from, to) => {
      for (const table of HISTORY) {
        const move = database.prepare(`UPDATE ${table} SET ${GIVEN[table]} WHERE id = ? AND machine_id = ?`);
        for (const id of history[table] ?? []) move.run(to, id, from);
      }
    },
    moveSince: (sinceMs, sessionId, from, to) => {
      for (const table of HISTORY) {
        const time = SINCE[table];
        const which = time === null ? 'id = ?' : `${time} >= ?`;
        database
          .prepare(`UPDATE ${table} SET ${GIVEN[table]} WHERE machine_id = ? AND ${which}`)
          .run(to, from, time === null ? sessionId : sinceMs);
      }
    },
    remove: (machineId) => void database.prepare('DELETE FROM machine WHERE id = ?').run(machineId),
  };
};

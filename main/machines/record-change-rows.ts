// What a person joined and parted, who and when, with the rows as they were before.
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import type { RecordCopy } from './record-copy.ts';

export type RecordChange = {
  readonly id: number;
  readonly kind: 'merge' | 'split';
  readonly keptId: string;
  readonly keptName: string;
  readonly otherId: string;
  readonly otherName: string;
  readonly atMs: number;
  readonly operator: string;
  readonly undoneAtMs: number | null;
};

/** A split keeps no other: it made it. */
export type Before = { readonly kept: RecordCopy; readonly other: RecordCopy | null };

export type RecordChangeRows = {
  add(change: Pick<RecordChange, 'kind' | 'keptId' | 'keptName' | 'otherId' | 'otherName'>, before: Before): RecordChange;
  get(id: number): { readonly change: RecordChange; readonly before: Before } | null;
  all(): readonly RecordChange[];
  undone(id: number): void;
};

type Row = {
  id: number;
  kind: RecordChange['kind'];
  kept_id: string;
  kept_name: string;
  other_id: string;
  other_name: string;
  at_ms: number;
  operator: string;
  before_json: string;
  undone_at_ms: number | null;
};

export const createRecordChangeRows = (options: {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
}): RecordChangeRows => {
  const { database, now, sites } = options;
  const columns = 'record_change.id, kind, kept_id, kept_name, other_id, other_name, at_ms, operator.name AS operator, undone_at_ms';
  const from = 'FROM record_change JOIN operator ON operator.id = operator_id';
  const insert = database.prepare(
    `INSERT INTO record_change(kind, kept_id, kept_name, other_id, other_name, at_ms, site_id, operator_id, before_json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const one = database.prepare<[number], Row>(`SELECT ${columns}, before_json ${from} WHERE record_change.id = ?`);
  const list = database.prepare<[], Row>(`SELECT ${columns}, '' AS before_json ${from} ORDER BY record_change.id`);
  const end = database.prepare('UPDATE record_change SET undone_at_ms = ? WHERE id = ?');
  const read = (id: number): ReturnType<RecordChangeRows['get']> => {
    const row = one.get(id);
    return row === undefined ? null : { change: changeOf(row), before: JSON.parse(row.before_json) as Before };
  };
  return {
    add: ({ kind, keptId, keptName, otherId, otherName }, before) => {
      const { siteId, operatorId } = sites.current();
      const { lastInsertRowid } = insert.run(kind, keptId, keptName, otherId, otherName, now(), siteId, operatorId, JSON.stringify(before));
      const added = read(Number(lastInsertRowid));
      if (added === null) throw new Error('an inserted row is not there');
      return added.change;
    },
    get: read,
    all: () => list.all().map(changeOf),
    undone: (id) => void end.run(now(), id),
  };
};

const changeOf = (row: Row): RecordChange => ({
  id: row.id,
  kind: row.kind,
  keptId: row.kept_id,
  keptName: row.kept_name,
  otherId: row.other_id,
  otherName: row.other_name,
  atMs: row.at_ms,
  operator: row.operator,
  undoneAtMs: row.undone_at_ms,
});

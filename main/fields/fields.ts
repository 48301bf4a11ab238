// The station's own fields as they were added; the one owner of their table.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { stationFieldSchema } from '../../preload/contract/fields.ts';
import type { FieldView, StationField } from '../../preload/contract/fields.ts';
import type { Database } from '../database/open.ts';

export type StationFields = {
  list(): readonly FieldView[];
  /** All of them or, where that fails, none; they were checked. */
  save(fields: readonly StationField[], addedBy: string): void;
  remove(name: string): Result<null>;
};

type Row = { field_json: string; added_at_ms: number; added_by: string };

export const createStationFields = (options: {
  readonly database: Database;
  readonly now: () => number;
  readonly onChange: (list: readonly FieldView[]) => void;
}): StationFields => {
  const { database, now, onChange } = options;
  const select = database.prepare<[], Row>('SELECT field_json, added_at_ms, added_by FROM field ORDER BY rowid');
  const put = database.prepare(
    `INSERT INTO field(name, field_json, added_at_ms, added_by) VALUES (?, ?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET field_json = excluded.field_json, added_at_ms = excluded.added_at_ms, added_by = excluded.added_by`,
  );
  const remove = database.prepare('DELETE FROM field WHERE name = ?');
  // Kept parsed: every decision asks for them.
  let all: readonly FieldView[] = [];
  const reload = (): void => {
    all = select.all().map((row) => ({
      field: stationFieldSchema.parse(JSON.parse(row.field_json)),
      addedAtMs: row.added_at_ms,
      addedBy: row.added_by,
    }));
  };
  reload();
  return {
    list: () => all,
    save: (fields, addedBy) => {
      database.transaction(() => {
        for (const field of fields) put.run(field.name, JSON.stringify(field), now(), addedBy);
      })();
      reload();
      onChange(all);
    },
    remove: (name) => {
      if (remove.run(name).changes === 0)
        return failed('field.unknown', `There is no field "${name}".`, 'Look at the list of fields; names are exact.');
      reload();
      onChange(all);
      return success(null);
    },
  };
};

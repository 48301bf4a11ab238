// Image sets as this station has them; the one owner of their table.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { imageSetSchema } from '../../preload/contract/image-set.ts';
import type { ImageSet, SetView } from '../../preload/contract/image-set.ts';
import type { Database } from '../database/open.ts';

export type ImageSets = {
  list(): readonly SetView[];
  current(name: string): SetView | null;
  /** All, switched on, or switched off where they come from elsewhere; they were checked. */
  put(sets: readonly ImageSet[], enabled: boolean, addedBy: string): void;
  enable(name: string, enabled: boolean): Result<SetView>;
  remove(name: string): Result<null>;
};

type Row = { set_json: string; enabled: number; added_at_ms: number; added_by: string };

export const createImageSets = (options: {
  readonly database: Database;
  readonly now: () => number;
  readonly onChange: (list: readonly SetView[]) => void;
}): ImageSets => {
  const { database, now, onChange } = options;
  const select = database.prepare<[], Row>('SELECT set_json, enabled, added_at_ms, added_by FROM image_set ORDER BY name');
  const put = database.prepare(
    `INSERT INTO image_set(name, set_json, enabled, added_at_ms, added_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET set_json = excluded.set_json, enabled = excluded.enabled,
       added_at_ms = excluded.added_at_ms, added_by = excluded.added_by`,
  );
  const enable = database.prepare('UPDATE image_set SET enabled = ? WHERE name = ?');
  const remove = database.prepare('DELETE FROM image_set WHERE name = ?');
  // Kept parsed: every decision asks for them.
  let all: readonly SetView[] = [];
  const reload = (): void => {
    all = select.all().map((row) => ({
      set: imageSetSchema.parse(JSON.parse(row.set_json)),
      enabled: row.enabled === 1,
      addedAtMs: row.added_at_ms,
      addedBy: row.added_by,
    }));
  };
  reload();
  const current = (name: string): SetView | null => all.find(({ set }) => set.name === name) ?? null;
  const unknown = (name: string) => failed('set.unknown', `There is no image set "${name}".`, 'Look at the list of sets; names are exact.');
  return {
    list: () => all,
    current,
    put: (sets, enabled, addedBy) => {
      database.transaction(() => {
        for (const set of sets) put.run(set.name, JSON.stringify(set), enabled ? 1 : 0, now(), addedBy);
      })();
      reload();
      onChange(all);
    },
    enable: (name, enabled) => {
      if (enable.run(enabled ? 1 : 0, name).changes === 0) return unknown(name);
      reload();
      onChange(all);
      const view = current(name);
      return view === null ? unknown(name) : success(view);
    },
    remove: (name) => {
      if (remove.run(name).changes === 0) return unknown(name);
      reload();
      onChange(all);
      return success(null);
    },
  };
};

// Prepared statements for constructions.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { Database } from '../database/open.ts';
import type { RecipeKey } from './correspond.ts';

export type Construction = {
  readonly id: string;
  readonly kind: 'compose' | 'command';
  readonly imageName: string;
  readonly key: RecipeKey;
  readonly machineId: string | null;
  readonly machineName: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly osoid: string | null;
  readonly failure: Failure | null;
  readonly lastLine: string;
  /** A person lets it try again: how it ended counts no more. */
  readonly forgotten: boolean;
};

type Row = {
  id: string;
  kind: 'compose' | 'command';
  image_name: string;
  key_json: string;
  machine_id: string | null;
  machine_name: string;
  state: Construction['state'];
  started_at_ms: number;
  ended_at_ms: number | null;
  osoid: string | null;
  failure_json: string | null;
  last_line: string;
  forgotten: number;
};

export const createConstructionRows = (database: Database) => {
  const insert = database.prepare(
    `INSERT INTO construction(id, recipe_id, version, kind, image_name, key_json, machine_id, machine_name, state, started_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
  );
  const update = database.prepare(
    'UPDATE construction SET state = ?, ended_at_ms = ?, osoid = ?, failure_json = ?, last_line = ?, forgotten = ? WHERE id = ?',
  );
  const select = database.prepare<[], Row>('SELECT * FROM construction ORDER BY started_at_ms, rowid');
  return {
    insert: (one: Construction): void => {
      const { id, key, kind, imageName, machineId, machineName, startedAtMs } = one;
      insert.run(id, key.id, Number(key.version), kind, imageName, JSON.stringify(key), machineId, machineName, startedAtMs);
    },
    update: (one: Construction): void => {
      const failure = one.failure === null ? null : JSON.stringify(one.failure);
      update.run(one.state, one.endedAtMs, one.osoid, failure, one.lastLine, one.forgotten ? 1 : 0, one.id);
    },
    /** Oldest first. */
    all: (): readonly Construction[] =>
      select.all().map((row) => ({
        id: row.id,
        kind: row.kind,
        imageName: row.image_name,
        key: JSON.parse(row.key_json) as RecipeKey,
        machineId: row.machine_id,
        machineName: row.machine_name,
        state: row.state,
        startedAtMs: row.started_at_ms,
        endedAtMs: row.ended_at_ms,
        osoid: row.osoid,
        failure: row.failure_json === null ? null : (JSON.parse(row.failure_json) as Failure),
        lastLine: row.last_line,
        forgotten: row.forgotten === 1,
      })),
  };
};

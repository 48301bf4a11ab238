// Prepared statements for armings. The machines that one has used are kept by the id they had: records that a person merges meanwhile
// were two machines all the same.
import type { ArmingPreview } from '../../preload/contract/arming.ts';
import type { Database } from '../database/open.ts';

export type NewArmingRow = {
  readonly id: string;
  readonly siteId: number;
  readonly operatorId: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly machines: number;
  readonly shown: ArmingPreview;
  readonly replaceExisting: boolean;
};

export type ArmingRow = { readonly id: string; readonly siteName: string; readonly machines: number };

export type ArmingRows = {
  insert(row: NewArmingRow): void;
  /** Not ended; at most one, and after a start of the station it is what the last run left behind. */
  open(): ArmingRow | null;
  /** Counts a machine, once. */
  use(armingId: string, machineId: string): void;
  used(armingId: string): number;
  end(armingId: string, reason: string, nowAtMs: number): void;
};

export const createArmingRows = (database: Database): ArmingRows => {
  const insert = database.prepare(
    `INSERT INTO arming(id, site_id, operator_id, at_ms, until_ms, machines, shown_json, replace_existing)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const open = database.prepare<[], ArmingRow>(
    `SELECT arming.id, site.name AS siteName, machines FROM arming JOIN site ON site.id = site_id
     WHERE ended_at_ms IS NULL ORDER BY at_ms DESC LIMIT 1`,
  );
  const use = database.prepare('INSERT OR IGNORE INTO arming_machine(arming_id, machine_id) VALUES (?, ?)');
  const used = database.prepare<[string], { used: number }>('SELECT count(*) AS used FROM arming_machine WHERE arming_id = ?');
  const end = database.prepare('UPDATE arming SET ended_at_ms = ?, end_reason = ? WHERE id = ? AND ended_at_ms IS NULL');
  return {
    insert: ({ id, siteId, operatorId, sinceMs, untilMs, machines, shown, replaceExisting }) =>
      void insert.run(id, siteId, operatorId, sinceMs, untilMs, machines, JSON.stringify(shown), replaceExisting ? 1 : 0),
    open: () => open.get() ?? null,
    use: (armingId, machineId) => void use.run(armingId, machineId),
    used: (armingId) => used.get(armingId)?.used ?? 0,
    end: (armingId, reason, nowAtMs) => void end.run(nowAtMs, reason, armingId),
  };
};

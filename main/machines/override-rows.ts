// A person's own word for one machine, above all policies: deploy this image, or hold. It belongs to a site, ends when the
// person says something else, and a "hold" followed by "retry" hands the machine back to its policies.
import type { DiskHint } from '../../agent/protocol/decision.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';

export type Override =
  | { readonly kind: 'hold' }
  | { readonly kind: 'deploy'; readonly osoid: string; readonly diskHint: DiskHint; readonly rewrite: boolean };

export type Overrides = {
  get(machineId: string): Override | null;
  put(machineId: string, override: Override): void;
  clear(machineId: string): void;
};

type Row = { kind: Override['kind']; osoid: string | null; disk_hint_json: string; rewrite: number };

export const createOverrides = (options: { readonly database: Database; readonly now: () => number; readonly sites: Sites }): Overrides => {
  const { database, now, sites } = options;
  const select = database.prepare<[string, number], Row>(
    'SELECT kind, osoid, disk_hint_json, rewrite FROM override WHERE machine_id = ? AND site_id = ?',
  );
  const insert = database.prepare(
    'INSERT OR REPLACE INTO override(machine_id, kind, osoid, disk_hint_json, rewrite, site_id, operator_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM override WHERE machine_id = ?');
  return {
    get: (machineId) => {
      const row = select.get(machineId, sites.current().siteId);
      if (row === undefined) return null;
      if (row.kind === 'hold' || row.osoid === null) return { kind: 'hold' };
      return { kind: 'deploy', osoid: row.osoid, diskHint: JSON.parse(row.disk_hint_json) as DiskHint, rewrite: row.rewrite === 1 };
    },
    put: (machineId, override) => {
      const { siteId, operatorId } = sites.current();
      const [osoid, hint, rewrite] = override.kind === 'deploy' ? [override.osoid, override.diskHint, override.rewrite] : [null, {}, false];
      insert.run(machineId, override.kind, osoid, JSON.stringify(hint), rewrite ? 1 : 0, siteId, operatorId, now());
    },
    clear: (machineId) => void remove.run(machineId),
  };
};

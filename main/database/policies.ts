// Policies as saved, and the places under their limits. Nothing is saved that `checkPolicy` refuses.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import { checkPolicy } from '../matching/check-policy.ts';
import type { Database } from './open.ts';
import type { Sites } from './sites.ts';

export type Policies = {
  list(): readonly PolicyView[];
  /** Checked; one of the same name is replaced and keeps its switch and its reservations. `enabled` is for a new name. */
  add(policy: unknown, options?: { readonly enabled: boolean }): Result<PolicyView>;
  remove(name: string): Result<readonly PolicyView[]>;
  enable(name: string, enabled: boolean): Result<PolicyView>;
  /** Machines of the current site that hold a place of this policy, `exceptMachineId` left out. */
  used(name: string, exceptMachineId: string): number;
  /** Takes a place for the machine at the current site, and gives back any other that it held there. */
  reserve(name: string, machineId: string): void;
  /** Gives back the machine's place at the current site. */
  release(machineId: string): void;
};

export type PoliciesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly onChange: (policies: readonly PolicyView[]) => void;
};

type Row = { name: string; policy_json: string; enabled: number; added_at_ms: number };

export const createPolicies = ({ database, now, sites, onChange }: PoliciesOptions): Policies => {
  const select = database.prepare<[], Row>('SELECT name, policy_json, enabled, added_at_ms FROM policy');
  const insert = database.prepare(
    `INSERT INTO policy(name, policy_json, enabled, added_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT(name) DO UPDATE SET policy_json = excluded.policy_json, added_at_ms = excluded.added_at_ms`,
  );
  const remove = database.prepare('DELETE FROM policy WHERE name = ?');
  const enable = database.prepare('UPDATE policy SET enabled = ? WHERE name = ?');
  const count = database.prepare<[string, number, string], { used: number }>(
    'SELECT count(*) AS used FROM reservation WHERE policy = ? AND site_id = ? AND machine_id <> ?',
  );
  const reserve = database.prepare(
    `INSERT INTO reservation(site_id, machine_id, policy, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT(site_id, machine_id) DO UPDATE SET policy = excluded.policy`,
  );
  const release = database.prepare('DELETE FROM reservation WHERE site_id = ? AND machine_id = ?');

  // Kept parsed: every decision reads all of them, and the compiled tests hang on these very objects.
  let kept: readonly (Omit<PolicyView, 'used'> & { readonly policy: Policy })[] = [];
  const reload = (): void => {
    const parsed = select.all().map((row) => ({
      policy: policySchema.parse(JSON.parse(row.policy_json)),
      enabled: row.enabled === 1,
      addedAtMs: row.added_at_ms,
    }));
    kept = parsed.toSorted((a, b) => a.policy.rank - b.policy.rank || (a.policy.name < b.policy.name ? -1 : 1));
  };
  reload();

  const used = (name: string, exceptMachineId: string): number => count.get(name, sites.current().siteId, exceptMachineId)?.used ?? 0;
  const list = (): readonly PolicyView[] => kept.map((entry) => ({ ...entry, used: used(entry.policy.name, '') }));
  const unknown = (name: string) =>
    failed('policy.unknown', `There is no policy "${name}".`, 'Look at the list of policies; names are exact.');
  const viewOf = (name: string): Result<PolicyView> => {
    const view = list().find(({ policy }) => policy.name === name);
    return view === undefined ? unknown(name) : success(view);
  };
  const changed = <T>(result: Result<T>): Result<T> => {
    onChange(list());
    return result;
  };

  return {
    list,
    used,
    add: (value, options = { enabled: true }) => {
      const checked = checkPolicy(value);
      if (!checked.ok) return checked;
      insert.run(checked.value.name, JSON.stringify(checked.value), options.enabled ? 1 : 0, now());
      reload();
      return changed(viewOf(checked.value.name));
    },
    remove: (name) => {
      if (remove.run(name).changes === 0) return unknown(name);
      reload();
      return changed(success(list()));
    },
    enable: (name, enabled) => {
      if (enable.run(enabled ? 1 : 0, name).changes === 0) return unknown(name);
      reload();
      return changed(viewOf(name));
    },
    reserve: (name, machineId) => void reserve.run(sites.current().siteId, machineId, name, now()),
    release: (machineId) => void release.run(sites.current().siteId, machineId),
  };
};

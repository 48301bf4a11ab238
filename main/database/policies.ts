// Policies as saved, and the places under their limits. Nothing is saved that `checkPolicy` refuses.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import type { Policy, PolicyImport } from '../../preload/contract/policy.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import { checkPolicy } from '../matching/check-policy.ts';
import type { KnownRecipe } from '../matching/policy-problem.ts';
import { arrived, differenceOf } from '../matching/compare-policies.ts';
import { editedSet, shadowedByEdit } from '../matching/edited-set.ts';
import type { PolicyEntry } from '../matching/ranked.ts';
import type { Place } from '../matching/resolve-all.ts';
import { shadowed } from '../matching/shadowed.ts';
import { createArrivedPolicies } from './arrived-policies.ts';
import type { Arrival } from './arrived-policies.ts';
import type { Database } from './open.ts';
import type { Sites } from './sites.ts';

export type Policies = {
  list(): readonly PolicyView[];
  /** The same without counting places: every decision reads it. */
  entries(): readonly PolicyEntry[];
  /** Checked; one of the same name is replaced and keeps its switch and its reservations. `enabled` is for a new name. */
  add(policy: unknown, options?: { readonly enabled: boolean }): Result<PolicyView>;
  /** The same for policies that were checked, all or none. */
  addAll(policies: readonly Policy[]): readonly PolicyView[];
  /** Keeps what came with a file beside what is here; nothing is switched on, and what is on goes on. */
  arrive(policies: readonly Policy[], source: string): PolicyImport;
  /** Forgets what came by import under this name; a policy that was new with it goes too. */
  discard(name: string): Result<readonly PolicyView[]>;
  remove(name: string): Result<readonly PolicyView[]>;
  /** What came by import is switched on only with the hash of the difference that was `seen`. Codes: `policy.unknown`, `policy.not-seen`. */
  enable(name: string, enabled: boolean, seen?: string | null): Result<PolicyView>;
  /** Machines of the current site that hold a place of this policy, `exceptMachineId` left out. */
  used(name: string, exceptMachineId: string): number;
  /** Every place at every site. */
  places(): readonly Place[];
  /** Takes a place for the machine at the current site, and gives back any other that it held there. */
  reserve(name: string, machineId: string): void;
  /** Gives back the machine's place at the current site. */
  release(machineId: string): void;
};

export type PoliciesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly recipes: () => readonly KnownRecipe[];
  readonly onChange: (policies: readonly PolicyView[]) => void;
};

type Row = { name: string; policy_json: string; enabled: number; added_at_ms: number };

const arrivedView = (here: Policy, { policy, source, atMs, wasAuto, isNew }: Arrival): NonNullable<PolicyView['arrived']> => ({
  policy,
  source,
  atMs,
  difference: differenceOf(isNew ? null : here, policy, wasAuto),
});

export const createPolicies = ({ database, now, sites, recipes, onChange }: PoliciesOptions): Policies => {
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
  const countAll = database.prepare<[number], { policy: string; used: number }>(
    'SELECT policy, count(*) AS used FROM reservation WHERE site_id = ? GROUP BY policy',
  );
  const allPlaces = database.prepare<[], Place>('SELECT site_id AS siteId, machine_id AS machineId, policy FROM reservation');
  const reserve = database.prepare(
    `INSERT INTO reservation(site_id, machine_id, policy, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT(site_id, machine_id) DO UPDATE SET policy = excluded.policy`,
  );
  const release = database.prepare('DELETE FROM reservation WHERE site_id = ? AND machine_id = ?');

  // Kept parsed: every decision reads all of them, and the compiled conditions hang on these very objects.
  let kept: readonly Omit<PolicyView, 'used' | 'shadowed' | 'arrived'>[] = [];
  let parsedAs: ReadonlyMap<string, Policy> = new Map();
  const reload = (): void => {
    const rows = select.all();
    parsedAs = new Map(rows.map(({ policy_json: json }) => [json, parsedAs.get(json) ?? policySchema.parse(JSON.parse(json))] as const));
    const parsed = rows.flatMap((row) => {
      const policy = parsedAs.get(row.policy_json);
      return policy === undefined ? [] : [{ policy, enabled: row.enabled === 1, addedAtMs: row.added_at_ms }];
    });
    kept = parsed.toSorted((a, b) => a.policy.rank - b.policy.rank || (a.policy.name < b.policy.name ? -1 : 1));
  };
  reload();
  const arrivals = createArrivedPolicies(database);

  const used = (name: string, exceptMachineId: string): number => count.get(name, sites.current().siteId, exceptMachineId)?.used ?? 0;
  const list = (): readonly PolicyView[] => {
    const places = new Map(countAll.all(sites.current().siteId).map((row) => [row.policy, row.used]));
    const waiting = arrivals.all();
    const hidden = new Map(shadowed(kept).map(({ policy, says }) => [policy, says]));
    return kept.map((entry) => {
      const arrival = waiting.get(entry.policy.name);
      return {
        ...entry,
        used: places.get(entry.policy.name) ?? 0,
        shadowed: hidden.get(entry.policy.name) ?? null,
        arrived: arrival === undefined ? null : arrivedView(entry.policy, arrival),
      };
    });
  };
  const unknown = (name: string) =>
    failed('policy.unknown', `There is no policy "${name}".`, 'Look at the list of policies; names are exact.');
  const viewOf = (name: string): Result<PolicyView> => {
    const view = list().find(({ policy }) => policy.name === name);
    return view === undefined ? unknown(name) : success(view);
  };
  /** A person's own word about a name settles what came under it. */
  const put = (policy: Policy, enabled: boolean): void => {
    insert.run(policy.name, JSON.stringify(policy), enabled ? 1 : 0, now());
    arrivals.remove(policy.name);
  };
  const changed = <T>(result: Result<T>): Result<T> => {
    onChange(list());
    return result;
  };

  return {
    list,
    entries: () => kept,
    used,
    add: (value, options = { enabled: true }) => {
      const checked = checkPolicy(value, recipes());
      if (!checked.ok) return checked;
      put(checked.value, options.enabled);
      reload();
      return changed(viewOf(checked.value.name));
    },
    addAll: (policies) => {
      database.transaction(() => {
        for (const policy of policies) put(policy, true);
      })();
      reload();
      onChange(list());
      const names = new Set(policies.map(({ name }) => name));
      return list().filter(({ policy }) => names.has(policy.name));
    },
    arrive: (policies, source) => {
      const before = new Map(list().map((view) => [view.policy.name, view]));
      const waiting = arrivals.all();
      const differences = policies.map((policy) => {
        const here = before.get(policy.name);
        const isNew = here === undefined || waiting.get(policy.name)?.isNew === true;
        return { policy, isNew, difference: differenceOf(isNew ? null : here.policy, policy, policy.consent === 'auto') };
      });
      database.transaction(() => {
        for (const { policy, isNew, difference } of differences) {
          if (difference.kind === 'same') continue;
          const incoming = arrived(policy);
          if (isNew) insert.run(policy.name, JSON.stringify(incoming), 0, now());
          arrivals.put({ policy: incoming, source, atMs: now(), wasAuto: policy.consent === 'auto', isNew });
        }
      })();
      reload();
      onChange(list());
      const names = new Set(policies.map(({ name }) => name));
      return {
        source,
        differences: differences.map(({ difference }) => difference),
        onlyHere: [...before.keys()].filter((name) => !names.has(name)),
        shadowed: shadowedByEdit(editedSet(kept, policies, true), policies),
      };
    },
    discard: (name) => {
      const arrival = arrivals.all().get(name);
      if (arrival === undefined)
        return failed(
          'policy.nothing-arrived',
          `Nothing came by import under the name "${name}".`,
          'See what waits with: rackside policies list',
        );
      if (arrival.isNew) remove.run(name);
      else arrivals.remove(name);
      reload();
      return changed(success(list()));
    },
    remove: (name) => {
      if (remove.run(name).changes === 0) return unknown(name);
      reload();
      return changed(success(list()));
    },
    enable: (name, enabled, seen = null) => {
      const entry = kept.find(({ policy }) => policy.name === name);
      if (entry === undefined) return unknown(name);
      const arrival = enabled ? arrivals.all().get(name) : undefined;
      if (arrival !== undefined && arrivedView(entry.policy, arrival).difference.hash !== seen)
        return failed(
          'policy.not-seen',
          `Policy "${name}" came with ${arrival.source}, and what it changes has not been looked at.`,
          `Look at it and switch it on with: rackside policies enable ${name}`,
        );
      // A recipe may be named by what arrives, and must be here and on before that is.
      const checked = arrival === undefined ? null : checkPolicy(arrival.policy, recipes());
      if (checked?.ok === false) return checked;
      database.transaction(() => {
        if (arrival !== undefined) put(arrival.policy, true);
        enable.run(enabled ? 1 : 0, name);
      })();
      reload();
      return changed(viewOf(name));
    },
    places: () => allPlaces.all(),
    reserve: (name, machineId) => void reserve.run(sites.current().siteId, machineId, name, now()),
    release: (machineId) => void release.run(sites.current().siteId, machineId),
  };
};

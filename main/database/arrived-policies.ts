// What came with imported policy files and waits for a person to look at it (migration 12). It decides nothing.
import { policySchema } from '../../preload/contract/policy.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { Database } from './open.ts';

export type Arrival = {
  readonly policy: Policy;
  /** The file it came with. */
  readonly source: string;
  readonly atMs: number;
  readonly wasAuto: boolean;
  /** No policy of this name has ever been switched on here. */
  readonly isNew: boolean;
};

export type ArrivedPolicies = {
  all(): ReadonlyMap<string, Arrival>;
  put(arrival: Arrival): void;
  remove(name: string): void;
};

type Row = { policy_json: string; source: string; arrived_at_ms: number; was_auto: number; is_new: number };

export const createArrivedPolicies = (database: Database): ArrivedPolicies => {
  const select = database.prepare<[], Row>('SELECT policy_json, source, arrived_at_ms, was_auto, is_new FROM arrived_policy');
  const insert = database.prepare(
    'INSERT OR REPLACE INTO arrived_policy(name, policy_json, source, arrived_at_ms, was_auto, is_new) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM arrived_policy WHERE name = ?');
  return {
    all: () =>
      new Map(
        select.all().map((row) => {
          const policy = policySchema.parse(JSON.parse(row.policy_json));
          const { source, arrived_at_ms: atMs } = row;
          return [policy.name, { policy, source, atMs, wasAuto: row.was_auto === 1, isNew: row.is_new === 1 }];
        }),
      ),
    put: ({ policy, source, atMs, wasAuto, isNew }) =>
      void insert.run(policy.name, JSON.stringify(policy), source, atMs, Number(wasAuto), Number(isNew)),
    remove: (name) => void remove.run(name),
  };
};

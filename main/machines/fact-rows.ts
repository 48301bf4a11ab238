// Facts of machines as they stand, and every change of them. What a person typed, what the inventory read and what the plan
// says are kept side by side; a person's value stands where the inventory has none, or only filler, and the plan's below that.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Database } from '../database/open.ts';

export type FactOrigin = 'inventory' | 'person' | 'plan';
/** One value with where it comes from; of several for a name, the one that `counts` is what policies see. */
export type KnownFact = Fact & { readonly origin: FactOrigin; readonly sinceMs: number; readonly counts: boolean };
export type FactChange = { readonly name: string; readonly value: Fact['value'] | null; readonly source: string; readonly atMs: number };

export type FactRows = {
  /** The facts that count, one a name. */
  of(machineId: string): readonly Fact[];
  /** Replaces all that the inventory said. */
  replaceInventory(machineId: string, facts: readonly Fact[], nowAtMs: number): void;
  /** Replaces all that the site's plan said; true when that changed anything. */
  replacePlan(machineId: string, facts: readonly Fact[], nowAtMs: number): boolean;
  setPerson(machineId: string, fact: Fact, nowAtMs: number): void;
  /** Takes back what a person typed. */
  clearPerson(machineId: string, name: string, nowAtMs: number): void;
  /** Everything that is known, also what does not count. */
  all(machineId: string): readonly KnownFact[];
  history(machineId: string): readonly FactChange[];
  /** Reads from the database again: facts were moved between machines. */
  forget(machineId: string): void;
  /** The same for every machine: changes were taken back. */
  forgetAll(): void;
};

type Row = { origin: FactOrigin; name: string; value_json: string; source: string; filler: number; since_ms: number };

export const createFactRows = (database: Database): FactRows => {
  const select = database.prepare<[string], Row>(
    'SELECT origin, name, value_json, source, filler, since_ms FROM fact WHERE machine_id = ? ORDER BY rowid',
  );
  const upsert = database.prepare(
    `INSERT INTO fact(machine_id, origin, name, value_json, source, filler, since_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT(machine_id, origin, name) DO UPDATE SET
       value_json = excluded.value_json, source = excluded.source, filler = excluded.filler, since_ms = excluded.since_ms`,
  );
  const remove = database.prepare('DELETE FROM fact WHERE machine_id = ? AND origin = ? AND name = ?');
  const note = database.prepare('INSERT INTO fact_history(machine_id, origin, name, value_json, source, at_ms) VALUES (?, ?, ?, ?, ?, ?)');
  const selectHistory = database.prepare<[string], { name: string; value_json: string | null; source: string; at_ms: number }>(
    'SELECT name, value_json, source, at_ms FROM fact_history WHERE machine_id = ? ORDER BY id',
  );

  // Every list of machines asks for the facts of all of them.
  const cached = new Map<string, readonly Fact[]>();

  const put = (machineId: string, origin: FactOrigin, fact: Fact, before: Row | undefined, nowAtMs: number): void => {
    const value = JSON.stringify(fact.value);
    if (before?.value_json === value && before.source === fact.source && before.filler === Number(fact.filler)) return;
    upsert.run(machineId, origin, fact.name, value, fact.source, Number(fact.filler), nowAtMs);
    if (before?.value_json !== value) note.run(machineId, origin, fact.name, value, fact.source, nowAtMs);
  };
  const drop = (machineId: string, origin: FactOrigin, row: Row, nowAtMs: number): void => {
    remove.run(machineId, origin, row.name);
    note.run(machineId, origin, row.name, null, row.source, nowAtMs);
  };
  const find = (machineId: string, origin: FactOrigin, name: string): Row | undefined =>
    select.all(machineId).find((row) => row.origin === origin && row.name === name);

  const replace = database.transaction((machineId: string, origin: FactOrigin, facts: readonly Fact[], nowAtMs: number): boolean => {
    const rows = select.all(machineId).filter((row) => row.origin === origin);
    if (rows.length === 0 && facts.length === 0) return false;
    cached.delete(machineId);
    const before = new Map(rows.map((row) => [row.name, row]));
    for (const fact of facts) put(machineId, origin, fact, before.get(fact.name), nowAtMs);
    const names = new Set(facts.map((fact) => fact.name));
    for (const row of rows) if (!names.has(row.name)) drop(machineId, origin, row, nowAtMs);
    return JSON.stringify(rows.map(factOf)) !== JSON.stringify(facts);
  });

  return {
    of: (machineId) => {
      const facts = cached.get(machineId) ?? chosenOf(select.all(machineId)).map(factOf);
      cached.set(machineId, facts);
      return facts;
    },
    forget: (machineId) => void cached.delete(machineId),
    forgetAll: () => cached.clear(),
    replaceInventory: (machineId, facts, nowAtMs) => void replace(machineId, 'inventory', facts, nowAtMs),
    replacePlan: (machineId, facts, nowAtMs) => replace(machineId, 'plan', facts, nowAtMs),
    setPerson: database.transaction((machineId: string, fact: Fact, nowAtMs: number): void => {
      cached.delete(machineId);
      put(machineId, 'person', fact, find(machineId, 'person', fact.name), nowAtMs);
    }),
    clearPerson: database.transaction((machineId: string, name: string, nowAtMs: number): void => {
      cached.delete(machineId);
      const before = find(machineId, 'person', name);
      if (before !== undefined) drop(machineId, 'person', before, nowAtMs);
    }),
    all: (machineId) => {
      const rows = select.all(machineId);
      const chosen = new Set(chosenOf(rows));
      return rows.map((row) => ({ ...factOf(row), origin: row.origin, sinceMs: row.since_ms, counts: chosen.has(row) }));
    },
    history: (machineId) =>
      selectHistory.all(machineId).map((row) => ({
        name: row.name,
        value: row.value_json === null ? null : (JSON.parse(row.value_json) as Fact['value']),
        source: row.source,
        atMs: row.at_ms,
      })),
  };
};

const factOf = (row: Row): Fact => ({
  name: row.name,
  value: JSON.parse(row.value_json) as Fact['value'],
  source: row.source,
  filler: row.filler === 1,
});

/** A measurement goes before a person's word, that before the plan, and filler counts for nothing. */
const WEIGHTS: Readonly<Record<FactOrigin, number>> = { inventory: 3, person: 2, plan: 1 };

/** The row that counts for each name. */
const chosenOf = (rows: readonly Row[]): readonly Row[] => {
  const chosen = new Map<string, Row>();
  const weight = (row: Row): number => (row.filler === 1 ? 0 : WEIGHTS[row.origin]);
  for (const row of rows) {
    const before = chosen.get(row.name);
    if (before === undefined || weight(row) > weight(before)) chosen.set(row.name, row);
  }
  return [...chosen.values()];
};

// Prepared statements for machines and their evidence. JSON columns hold values that this station wrote itself, so they are
// trusted when read.
import type { Database } from '../database/open.ts';
import type { Evidence, EvidenceKind } from './evidence.ts';
import type { Machine } from './machine.ts';
import type { KnownMachine } from './recognise.ts';

type Row = {
  readonly id: string;
  readonly given_name: string | null;
  readonly provisional: number;
  readonly boot_mac: string | null;
  readonly session_id: string | null;
  readonly state: Machine['state'];
  readonly state_at_ms: number;
  readonly says: string;
  readonly question_json: string | null;
  readonly failure_json: string | null;
  readonly osoid: string | null;
  readonly image_name: string | null;
  readonly policy: string | null;
  readonly job_id: string | null;
  readonly order_sequence: number | null;
  readonly failed_attempts: number;
  readonly outcome_json: string | null;
  readonly boot_json: string;
  readonly first_seen_at_ms: number;
  readonly last_seen_at_ms: number;
};

type Reading = { readonly machine_id: string; readonly inventory_json: string | null; readonly trace_json: string | null };

export type MachineRows = {
  all(): readonly Machine[];
  put(machine: Machine): void;
  /** Evidence of every machine that is more than a MAC. */
  known(): readonly KnownMachine[];
  evidenceOf(machineId: string): readonly Evidence[];
  /** MACs and disks that more than one machine has ever carried: adapters and disks that wander. */
  wandering(): readonly Evidence[];
  /** From now on no reading replaces what this machine is known by: a person has put it together. */
  keepEvidence(machineId: string): void;
  /** Adds to what a machine is known by; nothing is replaced. */
  remember(machineId: string, evidence: readonly Evidence[], nowAtMs: number): void;
  /** Reads evidence from the database again: it was moved between machines, or a change of it taken back. */
  refresh(): void;
  /** Machines, provisional ones included, whose evidence holds this MAC. */
  byMac(mac: string): readonly string[];
  /** Values of a kind that the new evidence has replace the old ones; kinds it lacks stay as they were, and so does what a person has put together. */
  learn(machineId: string, evidence: readonly Evidence[], nowAtMs: number): void;
  /** Moves what hangs on a provisional record to the machine that it turned out to be, and removes the record. */
  fold(fromId: string, toId: string): void;
  /**
   * Up to `most` records of machines that were only ever heard: no hello, no inventory, no word of a person, no work. Those that came
   * no further than DHCP first, of them the longest silent.
   */
  onlySeen(heardBeforeMs: number, most: number): readonly string[];
  /** Removes records and what was noted of them. */
  remove(ids: readonly string[]): void;
};

const COLUMNS =
  'id given_name provisional boot_mac session_id state state_at_ms says question_json failure_json osoid image_name policy job_id order_sequence failed_attempts outcome_json boot_json first_seen_at_ms last_seen_at_ms'.split(
    ' ',
  );

/** Kinds of evidence that can be pulled out of one machine and put into another. */
const WANDERERS: readonly EvidenceKind[] = ['mac', 'disk'];

export const createMachineRows = (database: Database): MachineRows => {
  const select = database.prepare<[], Row & Reading>(
    `SELECT ${COLUMNS.join(', ')}, inventory_json, trace_json FROM machine LEFT JOIN reading ON machine_id = id ORDER BY first_seen_at_ms, id`,
  );
  const putReading = database.prepare('INSERT OR REPLACE INTO reading(machine_id, inventory_json, trace_json) VALUES (?, ?, ?)');
  /** What was last written of the large values, so that they are written only when they change. */
  const written = new Map<string, Pick<Machine, 'inventory' | 'trace' | 'provisional'>>();
  const upsert = database.prepare<[Row]>(
    `INSERT INTO machine(${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `:${name}`).join(', ')})
     ON CONFLICT(id) DO UPDATE SET ${COLUMNS.slice(1)
       .map((name) => `${name} = excluded.${name}`)
       .join(', ')}`,
  );
  const remove = database.prepare('DELETE FROM machine WHERE id = ?');
  const selectEvidence = database.prepare<[], { machine_id: string; kind: EvidenceKind; value: string }>(
    'SELECT machine_id, kind, value FROM evidence',
  );
  const evidence = new Map<string, Evidence[]>();
  const refresh = (): void => {
    evidence.clear();
    for (const { machine_id: id, kind, value } of selectEvidence.all()) {
      const found = evidence.get(id);
      if (found === undefined) evidence.set(id, [{ kind, value }]);
      else found.push({ kind, value });
    }
  };
  refresh();
  const selectByMac = database.prepare<[string], { machine_id: string }>(
    "SELECT machine_id FROM evidence WHERE kind = 'mac' AND value = ?",
  );
  const forget = database.prepare('DELETE FROM evidence WHERE machine_id = ? AND kind = ? AND merged = 0');
  const keep = database.prepare('UPDATE evidence SET merged = 1 WHERE machine_id = ?');
  const selectOwn = database.prepare<[string], Evidence>('SELECT kind, value FROM evidence WHERE machine_id = ?');
  const insertEvidence = database.prepare(
    `INSERT INTO evidence(machine_id, kind, value, seen_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT(machine_id, kind, value) DO UPDATE SET seen_at_ms = excluded.seen_at_ms`,
  );
  const insertCarrier = database.prepare('INSERT OR IGNORE INTO evidence_carrier(kind, value, machine_id) VALUES (?, ?, ?)');
  const selectWandering = database.prepare<[], Evidence>(
    'SELECT kind, value FROM evidence_carrier GROUP BY kind, value HAVING count(*) > 1',
  );
  const remember = (machineId: string, found: readonly Evidence[], nowAtMs: number): void => {
    for (const { kind, value } of found) {
      insertEvidence.run(machineId, kind, value, nowAtMs);
      if (WANDERERS.includes(kind) && written.get(machineId)?.provisional === false) insertCarrier.run(kind, value, machineId);
    }
  };
  const moves = [
    'UPDATE event SET machine_id = :to WHERE machine_id = :from',
    'UPDATE session SET machine_id = :to WHERE machine_id = :from',
    'UPDATE consent SET machine_id = :to WHERE machine_id = :from',
    'UPDATE job SET machine_id = :to WHERE machine_id = :from',
    'UPDATE fact_history SET machine_id = :to WHERE machine_id = :from',
    // Of two words of people about one fact, the later.
    `DELETE FROM fact WHERE machine_id = :to AND origin = 'person' AND EXISTS (SELECT 1 FROM fact AS said
       WHERE said.machine_id = :from AND said.origin = 'person' AND said.name = fact.name AND said.since_ms > fact.since_ms)`,
    "UPDATE OR IGNORE fact SET machine_id = :to WHERE machine_id = :from AND origin = 'person'",
    'UPDATE OR IGNORE override SET machine_id = :to WHERE machine_id = :from',
    'UPDATE OR IGNORE reservation SET machine_id = :to WHERE machine_id = :from',
  ].map((sql) => database.prepare<[{ from: string; to: string }]>(sql));
  const selectOnlySeen = database.prepare<[number, number], { id: string }>(
    `SELECT id FROM machine WHERE provisional = 1 AND state IN ('seen', 'booting') AND last_seen_at_ms < ?
       AND session_id IS NULL AND given_name IS NULL
       ${['fact', 'fact_history', 'override', 'session', 'consent', 'job'].map((table) => `AND NOT EXISTS (SELECT 1 FROM ${table} WHERE machine_id = machine.id)`).join(' ')}
     ORDER BY state = 'booting', last_seen_at_ms LIMIT ?`,
  );
  const removeEvents = database.prepare('DELETE FROM event WHERE machine_id = ?');

  return {
    all: () => {
      const machines = select.all().map(machineOf);
      for (const machine of machines) written.set(machine.id, machine);
      return machines;
    },
    put: (machine) => {
      upsert.run(rowOf(machine));
      const { id, inventory, trace } = machine;
      const before = written.get(id);
      written.set(id, { inventory, trace, provisional: machine.provisional });
      if (before?.inventory !== inventory || before.trace !== trace) putReading.run(id, json(inventory), json(trace));
    },
    known: () =>
      [...evidence].flatMap(([machineId, found]) =>
        written.get(machineId)?.provisional === false ? [{ machineId, evidence: found }] : [],
      ),
    evidenceOf: (machineId) => evidence.get(machineId) ?? [],
    wandering: () => selectWandering.all(),
    remember: database.transaction((machineId: string, found: readonly Evidence[], nowAtMs: number): void => {
      remember(machineId, found, nowAtMs);
      refresh();
    }),
    keepEvidence: (machineId) => void keep.run(machineId),
    refresh,
    byMac: (mac) => selectByMac.all(mac).map((row) => row.machine_id),
    learn: database.transaction((machineId: string, found: readonly Evidence[], nowAtMs: number): void => {
      const kinds = new Set(found.map((one) => one.kind));
      for (const kind of kinds) forget.run(machineId, kind);
      remember(machineId, found, nowAtMs);
      evidence.set(machineId, selectOwn.all(machineId));
    }),
    fold: database.transaction((from: string, to: string): void => {
      for (const move of moves) move.run({ from, to });
      remove.run(from);
      written.delete(from);
      evidence.delete(from);
    }),
    onlySeen: (heardBeforeMs, most) => selectOnlySeen.all(heardBeforeMs, most).map(({ id }) => id),
    remove: database.transaction((ids: readonly string[]): void => {
      for (const id of ids) {
        removeEvents.run(id);
        remove.run(id);
        written.delete(id);
        evidence.delete(id);
      }
    }),
  };
};

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const parse = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));

const rowOf = (machine: Machine): Row => ({
  id: machine.id,
  given_name: machine.givenName,
  provisional: machine.provisional ? 1 : 0,
  boot_mac: machine.bootMac,
  session_id: machine.sessionId,
  state: machine.state,
  state_at_ms: machine.stateAtMs,
  says: machine.says,
  question_json: json(machine.question),
  failure_json: json(machine.failure),
  osoid: machine.osoid,
  image_name: machine.imageName,
  policy: machine.policy,
  job_id: machine.jobId,
  order_sequence: machine.orderSequence,
  failed_attempts: machine.failedAttempts,
  outcome_json: json(machine.outcome),
  boot_json: JSON.stringify(machine.boot),
  first_seen_at_ms: machine.firstSeenAtMs,
  last_seen_at_ms: machine.lastSeenAtMs,
});

const machineOf = (row: Row & Reading): Machine => ({
  id: row.id,
  givenName: row.given_name,
  provisional: row.provisional === 1,
  bootMac: row.boot_mac,
  sessionId: row.session_id,
  state: row.state,
  stateAtMs: row.state_at_ms,
  says: row.says,
  question: parse(row.question_json),
  failure: parse(row.failure_json),
  osoid: row.osoid,
  imageName: row.image_name,
  policy: row.policy,
  jobId: row.job_id,
  orderSequence: row.order_sequence,
  failedAttempts: row.failed_attempts,
  inventory: parse(row.inventory_json),
  trace: parse(row.trace_json),
  outcome: parse(row.outcome_json),
  boot: parse<Machine['boot']>(row.boot_json) ?? [],
  firstSeenAtMs: row.first_seen_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
});

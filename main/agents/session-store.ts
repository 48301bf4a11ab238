// Sessions of agents, kept in the database so that a restarted station goes on with the agents it had.
import type { Database } from 'better-sqlite3';

export type StoredSession = {
  readonly id: string;
  /** HMAC key, hex. */
  readonly key: string;
  readonly bootMac: string;
  readonly machineId: string | null;
  readonly kitId: string;
  readonly protocol: number;
  /** Nonce of the hello that opened it: an agent that did not hear the answer says the same hello again. */
  readonly helloNonce: string;
  readonly startedAtMs: number;
};

export type SessionStore = {
  open(session: StoredSession): void;
  find(id: string): StoredSession | null;
  findByNonce(nonce: string): StoredSession | null;
  bindMachine(id: string, machineId: string): void;
  end(id: string, nowAtMs: number): void;
  /** Highest request counter and order sequence, so that neither runs backwards after a restart. */
  readMarks(id: string): { readonly counter: number; readonly sequence: number };
  saveMarks(id: string, marks: { readonly counter: number; readonly sequence: number }, nowAtMs: number): void;
  /** Deletes sessions that ended before `endedBeforeMs` or were last heard before `heardBeforeMs`; their ids. */
  removeOld(limits: { readonly endedBeforeMs: number; readonly heardBeforeMs: number }): readonly string[];
};

type Row = {
  id: string;
  key: string;
  boot_mac: string;
  machine_id: string | null;
  kit_id: string;
  protocol: number;
  hello_nonce: string;
  started_at_ms: number;
};

const sessionOf = (row: Row | undefined): StoredSession | null =>
  row === undefined
    ? null
    : {
        id: row.id,
        key: row.key,
        bootMac: row.boot_mac,
        machineId: row.machine_id,
        kitId: row.kit_id,
        protocol: row.protocol,
        helloNonce: row.hello_nonce,
        startedAtMs: row.started_at_ms,
      };

export const createSessionStore = (database: Database): SessionStore => {
  const insertSession = database.prepare(
    'INSERT INTO session(id, key, boot_mac, machine_id, kit_id, protocol, hello_nonce, started_at_ms, heard_at_ms, counter, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)',
  );
  const columns = 'id, key, boot_mac, machine_id, kit_id, protocol, hello_nonce, started_at_ms';
  const selectSession = database.prepare<[string], Row>(`SELECT ${columns} FROM session WHERE id = ? AND ended_at_ms IS NULL`);
  const selectByNonce = database.prepare<[string], Row>(`SELECT ${columns} FROM session WHERE hello_nonce = ? AND ended_at_ms IS NULL`);
  const bind = database.prepare('UPDATE session SET machine_id = ? WHERE id = ?');
  const endSession = database.prepare('UPDATE session SET ended_at_ms = ? WHERE id = ?');
  const selectMarks = database.prepare<[string], { counter: number; sequence: number }>(
    'SELECT counter, sequence FROM session WHERE id = ?',
  );
  const updateMarks = database.prepare('UPDATE session SET counter = ?, sequence = ?, heard_at_ms = ? WHERE id = ?');
  const deleteOld = database.prepare<[number, number], { id: string }>(
    'DELETE FROM session WHERE ended_at_ms < ? OR (ended_at_ms IS NULL AND heard_at_ms < ?) RETURNING id',
  );

  return {
    open: (session) =>
      void insertSession.run(
        session.id,
        session.key,
        session.bootMac,
        session.machineId,
        session.kitId,
        session.protocol,
        session.helloNonce,
        session.startedAtMs,
        session.startedAtMs,
      ),
    find: (id) => sessionOf(selectSession.get(id)),
    findByNonce: (nonce) => sessionOf(selectByNonce.get(nonce)),
    bindMachine: (id, machineId) => void bind.run(machineId, id),
    end: (id, nowAtMs) => void endSession.run(nowAtMs, id),
    readMarks: (id) => selectMarks.get(id) ?? { counter: 0, sequence: 0 },
    saveMarks: (id, marks, nowAtMs) => void updateMarks.run(marks.counter, marks.sequence, nowAtMs, id),
    removeOld: ({ endedBeforeMs, heardBeforeMs }) => deleteOld.all(endedBeforeMs, heardBeforeMs).map(({ id }) => id),
  };
};

// Tokens and sessions of agents, kept in the database so that a restarted station goes on with the agents it had.
import { createHash, randomBytes } from 'node:crypto';
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
  issueToken(mac: string, nowAtMs: number): string;
  /** The MAC a token was issued for; null when unknown, too old, used by another hello than `nonce`, or its session has ended. */
  redeemToken(token: string, nonce: string, nowAtMs: number): string | null;
  open(session: StoredSession): void;
  find(id: string): StoredSession | null;
  findByNonce(nonce: string): StoredSession | null;
  bindMachine(id: string, machineId: string): void;
  end(id: string, nowAtMs: number): void;
  /** Highest request counter and order sequence, so that neither runs backwards after a restart. */
  readMarks(id: string): { readonly counter: number; readonly sequence: number };
  saveMarks(id: string, marks: { readonly counter: number; readonly sequence: number }): void;
};

/** A token is for the boot that fetched it; an hour covers the slowest firmware. */
const TOKEN_LIFE_MS = 60 * 60_000;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

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
  const insertToken = database.prepare('INSERT INTO boot_token(token_hash, mac, issued_at_ms) VALUES (?, ?, ?)');
  const dropOldTokens = database.prepare('DELETE FROM boot_token WHERE issued_at_ms < ?');
  const selectToken = database.prepare<[string], { mac: string; issued_at_ms: number; used_nonce: string | null }>(
    'SELECT mac, issued_at_ms, used_nonce FROM boot_token WHERE token_hash = ?',
  );
  const useToken = database.prepare('UPDATE boot_token SET used_nonce = ?, used_at_ms = ? WHERE token_hash = ?');
  const insertSession = database.prepare(
    'INSERT INTO session(id, key, boot_mac, machine_id, kit_id, protocol, hello_nonce, started_at_ms, counter, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)',
  );
  const columns = 'id, key, boot_mac, machine_id, kit_id, protocol, hello_nonce, started_at_ms';
  const selectSession = database.prepare<[string], Row>(`SELECT ${columns} FROM session WHERE id = ? AND ended_at_ms IS NULL`);
  const selectByNonce = database.prepare<[string], Row>(`SELECT ${columns} FROM session WHERE hello_nonce = ? AND ended_at_ms IS NULL`);
  const selectEnded = database.prepare<[string]>('SELECT 1 FROM session WHERE hello_nonce = ? AND ended_at_ms IS NOT NULL');
  const bind = database.prepare('UPDATE session SET machine_id = ? WHERE id = ?');
  const endSession = database.prepare('UPDATE session SET ended_at_ms = ? WHERE id = ?');
  const selectMarks = database.prepare<[string], { counter: number; sequence: number }>(
    'SELECT counter, sequence FROM session WHERE id = ?',
  );
  const updateMarks = database.prepare('UPDATE session SET counter = ?, sequence = ? WHERE id = ?');

  return {
    issueToken: (mac, nowAtMs) => {
      const token = randomBytes(24).toString('base64url');
      dropOldTokens.run(nowAtMs - TOKEN_LIFE_MS);
      insertToken.run(hashOf(token), mac, nowAtMs);
      return token;
    },
    redeemToken: (token, nonce, nowAtMs) => {
      const hash = hashOf(token);
      const row = selectToken.get(hash);
      if (row === undefined || nowAtMs - row.issued_at_ms > TOKEN_LIFE_MS) return null;
      if (row.used_nonce !== null) return row.used_nonce === nonce && selectEnded.get(nonce) === undefined ? row.mac : null;
      useToken.run(nonce, nowAtMs, hash);
      return row.mac;
    },
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
      ),
    find: (id) => sessionOf(selectSession.get(id)),
    findByNonce: (nonce) => sessionOf(selectByNonce.get(nonce)),
    bindMachine: (id, machineId) => void bind.run(machineId, id),
    end: (id, nowAtMs) => void endSession.run(nowAtMs, id),
    readMarks: (id) => selectMarks.get(id) ?? { counter: 0, sequence: 0 },
    saveMarks: (id, marks) => void updateMarks.run(marks.counter, marks.sequence, id),
  };
};

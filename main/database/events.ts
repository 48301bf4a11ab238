// The station's memory of what happened, one row an event, in the words a person reads later.
import type { EventView } from '../../preload/contract/views.ts';
import type { Database } from './open.ts';
import type { Sites } from './sites.ts';

export type NewEvent = {
  /** `area.past-tense`. */
  readonly kind: string;
  readonly text: string;
  readonly level?: EventView['level'];
  readonly machineId?: string | null;
  readonly jobId?: string | null;
};

export type Events = {
  log(event: NewEvent): EventView;
  /** Oldest first, after `afterId`; `machineId` null is all machines and the station itself. */
  list(query: { readonly afterId: number; readonly limit: number; readonly machineId: string | null }): readonly EventView[];
  /** The last `limit` events of one machine, oldest first. */
  lastOf(machineId: string, limit: number): readonly EventView[];
  /** Events of a record that was folded into another machine follow it. */
  reassign(fromMachineId: string, toMachineId: string): void;
};

export type EventsOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly onEvent: (event: EventView) => void;
};

type Row = {
  id: number;
  at_ms: number;
  machine_id: string | null;
  job_id: string | null;
  kind: string;
  level: EventView['level'];
  text: string;
};

export const createEvents = ({ database, now, sites, onEvent }: EventsOptions): Events => {
  const columns = 'id, at_ms, machine_id, job_id, kind, level, text';
  const insert = database.prepare(
    'INSERT INTO event(at_ms, site_id, operator_id, machine_id, job_id, kind, level, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const all = database.prepare<[number, number], Row>(`SELECT ${columns} FROM event WHERE id > ? ORDER BY id LIMIT ?`);
  const ofMachine = database.prepare<[string, number, number], Row>(
    `SELECT ${columns} FROM event WHERE machine_id = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const last = database.prepare<[string, number], Row>(`SELECT ${columns} FROM event WHERE machine_id = ? ORDER BY id DESC LIMIT ?`);
  const move = database.prepare('UPDATE event SET machine_id = ? WHERE machine_id = ?');
  return {
    log: ({ kind, text, level = 'info', machineId = null, jobId = null }) => {
      const { siteId, operatorId } = sites.current();
      const atMs = now();
      const { lastInsertRowid } = insert.run(atMs, siteId, operatorId, machineId, jobId, kind, level, text);
      const view: EventView = { id: Number(lastInsertRowid), atMs, machineId, jobId, kind, level, text };
      onEvent(view);
      return view;
    },
    list: ({ afterId, limit, machineId }) =>
      (machineId === null ? all.all(afterId, limit) : ofMachine.all(machineId, afterId, limit)).map(viewOf),
    lastOf: (machineId, limit) => last.all(machineId, limit).toReversed().map(viewOf),
    reassign: (from, to) => void move.run(to, from),
  };
};

const viewOf = (row: Row): EventView => ({
  id: row.id,
  atMs: row.at_ms,
  machineId: row.machine_id,
  jobId: row.job_id,
  kind: row.kind,
  level: row.level,
  text: row.text,
});

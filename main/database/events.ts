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

export type EventQuery = {
  readonly afterId: number;
  readonly beforeId: number | null;
  readonly limit: number;
  readonly machineId: string | null;
};

export type Events = {
  log(event: NewEvent): EventView;
  /** Oldest first: those after `afterId`, or with `beforeId` the last ones before it. Null as machine is all, and the station itself. */
  list(query: EventQuery): readonly EventView[];
  /** The last `limit` events of one machine, oldest first. */
  /** Where each machine was when something last happened to it. */
  sitesOf(): ReadonlyMap<string, { readonly siteId: number; readonly siteName: string }>;
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

type Bounds = { after: number; limit: number; machine?: string };

export const createEvents = ({ database, now, sites, onEvent }: EventsOptions): Events => {
  const columns = 'id, at_ms, machine_id, job_id, kind, level, text';
  const insert = database.prepare(
    'INSERT INTO event(at_ms, site_id, operator_id, machine_id, job_id, kind, level, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  // Two statements each way: an index serves the one of a machine only where the machine is named.
  const range = (where: string) => ({
    forwards: database.prepare<[Bounds], Row>(`SELECT ${columns} FROM event WHERE ${where} id > :after ORDER BY id LIMIT :limit`),
    backwards: database.prepare<[Bounds & { before: number }], Row>(
      `SELECT ${columns} FROM event WHERE ${where} id > :after AND id < :before ORDER BY id DESC LIMIT :limit`,
    ),
  });
  const all = range('');
  const ofMachine = range('machine_id = :machine AND');
  const last = database.prepare<[string, number], Row>(`SELECT ${columns} FROM event WHERE machine_id = ? ORDER BY id DESC LIMIT ?`);
  const lastSites = database.prepare<[], { machineId: string; siteId: number; siteName: string }>(
    `SELECT machine_id AS machineId, site_id AS siteId, site.name AS siteName FROM event JOIN site ON site.id = site_id
     WHERE event.id IN (SELECT max(id) FROM event WHERE machine_id IS NOT NULL GROUP BY machine_id)`,
  );
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
    list: ({ afterId: after, beforeId: before, limit, machineId }) => {
      const { forwards, backwards } = machineId === null ? all : ofMachine;
      const bounds = { after, limit, ...(machineId === null ? {} : { machine: machineId }) };
      const rows = before === null ? forwards.all(bounds) : backwards.all({ ...bounds, before }).toReversed();
      return rows.map(viewOf);
    },
    sitesOf: () => new Map(lastSites.all().map(({ machineId, ...site }) => [machineId, site])),
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

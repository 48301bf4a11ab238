// How far a machine is with an image set. The library says which members are there, so that a run goes on by itself after whatever cut it
// short; these rows keep what was built here, what one yes of a person covers, and what it failed with.
import { z } from 'zod';
import { diskIdentitySchema } from '../../agent/protocol/disk.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { imageSetSchema } from '../../preload/contract/image-set.ts';
import type { ImageSet, SetRun } from '../../preload/contract/image-set.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';

/** What a person agreed to with one yes (docs/adr/0023): these builds and this last image, on this disk, within this boot of the agent. */
const coverageSchema = z.object({
  operator: z.string(),
  sessionId: z.string(),
  disk: diskIdentitySchema,
  /** SHA-256 of the recipes whose scripts may still run. */
  recipes: z.array(z.string()),
  /** The image that it ends on, where that was there already. */
  finalOsoid: z.string().nullable(),
  /** What the last build left on the disk, by its record; null until one has ended. */
  leaves: z.string().nullable(),
});
export type SetCoverage = Readonly<z.infer<typeof coverageSchema>>;

const builtSchema = z.array(z.object({ member: z.string(), osoid: z.string() }));

export type OpenRun = {
  readonly id: number;
  readonly set: ImageSet;
  readonly final: string;
  readonly number: number;
  readonly built: readonly { readonly member: string; readonly osoid: string }[];
  readonly coverage: SetCoverage | null;
  readonly failure: Failure | null;
};

type Row = {
  id: number;
  machine_id: string;
  set_name: string;
  set_json: string;
  final: string;
  number: number;
  is_final: number;
  built_json: string;
  covered_json: string | null;
  failure_json: string | null;
  state: 'running' | 'done' | 'ended';
  started_at_ms: number;
  ended_at_ms: number | null;
};

export type SetRuns = {
  open(machineId: string): OpenRun | null;
  /** The machine is at this member of this set; another set, or another end, is another run. */
  at(
    machineId: string,
    place: { readonly set: ImageSet; readonly final: string; readonly number: number; readonly isFinal: boolean },
  ): void;
  cover(machineId: string, coverage: SetCoverage | null): void;
  built(machineId: string, member: string, osoid: string, recorded: boolean): void;
  /** Its member failed: what a person agreed to is over, and the next try begins with this member. */
  failed(machineId: string, failure: Failure): void;
  /** It boots its own disk, or was decided otherwise. */
  close(machineId: string): void;
  views(machineId: string | null, nameOf: (machineId: string) => string): SetRun[];
};

const SHOWN_MOST = 200;

export const createSetRuns = (options: { readonly database: Database; readonly now: () => number; readonly sites: Sites }): SetRuns => {
  const { database, now, sites } = options;
  const selectOpen = database.prepare<[string], Row>("SELECT * FROM set_run WHERE machine_id = ? AND state = 'running'");
  const selectAll = database.prepare<[string | null, string | null], Row>(
    `SELECT * FROM set_run WHERE ? IS NULL OR machine_id = ? ORDER BY id DESC LIMIT ${SHOWN_MOST}`,
  );
  const insert = database.prepare(
    "INSERT INTO set_run(machine_id, site_id, set_name, set_json, final, number, is_final, state, started_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)",
  );
  const move = database.prepare('UPDATE set_run SET number = ?, is_final = ? WHERE id = ?');
  const setBuilt = database.prepare('UPDATE set_run SET built_json = ?, covered_json = ?, failure_json = NULL WHERE id = ?');
  const setCovered = database.prepare('UPDATE set_run SET covered_json = ?, failure_json = NULL WHERE id = ?');
  const setFailed = database.prepare('UPDATE set_run SET failure_json = ?, covered_json = NULL WHERE id = ?');
  const end = database.prepare('UPDATE set_run SET state = ?, ended_at_ms = ?, covered_json = NULL WHERE id = ?');

  const open = (machineId: string): (OpenRun & { readonly isFinal: boolean }) | null => {
    const row = selectOpen.get(machineId);
    return row === undefined ? null : { ...openOf(row), isFinal: row.is_final === 1 };
  };
  const close = (machineId: string): void => {
    const run = open(machineId);
    if (run !== null) end.run(run.isFinal ? 'done' : 'ended', now(), run.id);
  };
  return {
    open,
    at: (machineId, { set, final, number, isFinal }) => {
      const run = open(machineId);
      if (run !== null && JSON.stringify(run.set) === JSON.stringify(set) && run.final === final) {
        move.run(number, isFinal ? 1 : 0, run.id);
        return;
      }
      if (run !== null) end.run('ended', now(), run.id);
      // A machine that gets what is there anyway completes nothing.
      if (!isFinal) insert.run(machineId, sites.current().siteId, set.name, JSON.stringify(set), final, number, 0, now());
    },
    cover: (machineId, coverage) => {
      const run = open(machineId);
      if (run !== null) setCovered.run(coverage === null ? null : JSON.stringify(coverage), run.id);
    },
    built: (machineId, member, osoid, recorded) => {
      const run = open(machineId);
      if (run === null) return;
      // Without its record the disk does not say what is on it, and nobody agreed to lose that.
      const coverage = run.coverage === null || !recorded ? null : { ...run.coverage, leaves: osoid };
      setBuilt.run(JSON.stringify([...run.built, { member, osoid }]), coverage === null ? null : JSON.stringify(coverage), run.id);
    },
    failed: (machineId, failure) => {
      const run = open(machineId);
      if (run !== null) setFailed.run(JSON.stringify(failure), run.id);
    },
    close,
    views: (machineId, nameOf) => selectAll.all(machineId, machineId).map((row) => viewOf(row, nameOf(row.machine_id))),
  };
};

const openOf = (row: Row): OpenRun => ({
  id: row.id,
  set: imageSetSchema.parse(JSON.parse(row.set_json)),
  final: row.final,
  number: row.number,
  built: builtSchema.parse(JSON.parse(row.built_json)),
  coverage: row.covered_json === null ? null : coverageSchema.parse(JSON.parse(row.covered_json)),
  failure: row.failure_json === null ? null : failureSchema.parse(JSON.parse(row.failure_json)),
});

const viewOf = (row: Row, machineName: string): SetRun => {
  const { set, final, number, built, coverage, failure } = openOf(row);
  const isFinal = row.is_final === 1;
  const isFailed = failure !== null && row.state === 'running';
  const stateOf = (name: string, index: number): SetRun['members'][number]['state'] => {
    if (built.some(({ member }) => member === name)) return 'built';
    if (isFinal || index + 1 < number) return 'there';
    if (index + 1 > number) return 'waiting';
    return isFailed ? 'failed' : row.state === 'running' ? 'now' : 'waiting';
  };
  return {
    id: row.id,
    machineId: row.machine_id,
    machineName,
    set: row.set_name,
    final,
    state: isFailed ? 'failed' : row.state,
    place: { name: row.set_name, member: set.members[number - 1]?.name ?? final, number, of: set.members.length },
    members: set.members.map(({ name }, index) => ({
      name,
      state: stateOf(name, index),
      osoid: built.findLast(({ member }) => member === name)?.osoid ?? null,
    })),
    failure,
    covered: coverage !== null,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  };
};

// The machine records in memory, written through to the database, and how one is found: by id, by session, by MAC.
import { randomUUID } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { FactRows } from './fact-rows.ts';
import { machineView, newMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import type { MachineRows } from './machine-rows.ts';
import type { Presence } from './presence.ts';

export type Records = {
  all(): readonly Machine[];
  get(machineId: string): Result<Machine>;
  /** Throws for an id that no record has: its caller has just read it. */
  known(machineId: string): Machine;
  ofSession(sessionId: string): Machine | null;
  /** By a MAC alone: the one machine that carries it as evidence, else the record made from it before, else a new one. */
  byMac(mac: string): Machine;
  /** The record made from this MAC alone, or a new one. */
  provisional(mac: string): Machine;
  put(machine: Machine): Machine;
  /** Folds a provisional record into the machine that it turned out to be. */
  fold(from: Machine, to: Machine): Machine;
  viewOf(machine: Machine): MachineView;
  /** Back to what the database holds. */
  reload(): void;
};

export type RecordsOptions = {
  readonly rows: MachineRows;
  readonly facts: FactRows;
  readonly presence: Presence;
  readonly now: () => number;
  readonly onNew: (machine: Machine) => void;
  readonly onChange: (machine: MachineView) => void;
  readonly onRemove: (machineId: string) => void;
};

export const createRecords = ({ rows, facts, presence, now, onNew, onChange, onRemove }: RecordsOptions): Records => {
  const machines = new Map(rows.all().map((machine) => [machine.id, machine]));
  const viewOf = (machine: Machine): MachineView => machineView(machine, facts.of(machine.id), presence.isOnline(machine.sessionId));
  const put = (machine: Machine): Machine => {
    machines.set(machine.id, machine);
    rows.put(machine);
    onChange(viewOf(machine));
    return machine;
  };
  const get = (machineId: string): Result<Machine> => {
    const machine = machines.get(machineId);
    return machine === undefined
      ? failed('machine.unknown', 'There is no such machine here.', 'Look at the list of machines; it may have been folded into another.')
      : success(machine);
  };
  const provisional = (mac: string): Machine => {
    const before = [...machines.values()].find((machine) => machine.provisional && machine.bootMac === mac);
    if (before !== undefined) return before;
    const machine = put(newMachine(randomUUID(), mac, now()));
    onNew(machine);
    return machine;
  };
  return {
    all: () => [...machines.values()],
    get,
    known: (machineId) => {
      const machine = machines.get(machineId);
      if (machine === undefined) throw new Error(`no machine ${machineId}`);
      return machine;
    },
    ofSession: (sessionId) => [...machines.values()].find((machine) => machine.sessionId === sessionId) ?? null,
    byMac: (mac) => {
      const [carrier, ...others] = rows.byMac(mac).flatMap((id) => machines.get(id) ?? []);
      return carrier !== undefined && others.length === 0 ? carrier : provisional(mac);
    },
    provisional,
    put,
    fold: (from, to) => {
      rows.fold(from.id, to.id);
      facts.forget(from.id);
      facts.forget(to.id);
      machines.delete(from.id);
      onRemove(from.id);
      return put({ ...to, boot: from.boot, bootMac: from.bootMac });
    },
    viewOf,
    reload: () => {
      const gone = [...machines.keys()];
      machines.clear();
      for (const machine of rows.all()) machines.set(machine.id, machine);
      for (const id of gone) if (!machines.has(id)) onRemove(id);
      for (const machine of machines.values()) onChange(viewOf(machine));
    },
  };
};

// The machine records in memory, written through to the database, and how one is found: by id, by session, by MAC.
import { randomUUID } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { FactRows } from './fact-rows.ts';
import { carries, machineView, newMachine } from './machine.ts';
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
  /** The machine that booted from this MAC or has it in its inventory; makes none. */
  idOfMac(mac: string): string | null;
  /** The record made from this MAC alone, or a new one. */
  provisional(mac: string): Machine;
  put(machine: Machine): Machine;
  /** Folds a provisional record into the machine that it turned out to be. */
  fold(from: Machine, to: Machine): Machine;
  /** Forgets machines that were only ever heard, and not since `heardBeforeMs`; how many. */
  forgetSeen(heardBeforeMs: number): number;
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
  /** So many machines were only ever heard that the longest silent of them were forgotten. */
  readonly onCrowd: () => void;
  readonly onChange: (machine: MachineView) => void;
  readonly onRemove: (machineId: string) => void;
};

/** Whoever makes up addresses must not fill the disk; four large halls of machines that wait to be listened to stay below it. */
export const SEEN_MOST = 2000;
/** Forgotten together, so that a flood does not ask the database for every one of them. */
const FORGOTTEN_AT_ONCE = 200;

export const createRecords = ({ rows, facts, presence, now, onNew, onCrowd, onChange, onRemove }: RecordsOptions): Records => {
  const machines = new Map<string, Machine>();
  /** Records made from a MAC alone, by it: under a flood of made-up addresses there are thousands, asked for with every packet. */
  const provisionals = new Map<string, string>();
  const unlist = (machineId: string): void => {
    const mac = machines.get(machineId)?.bootMac ?? '';
    if (provisionals.get(mac) === machineId) provisionals.delete(mac);
  };
  const keep = (machine: Machine): void => {
    unlist(machine.id);
    machines.set(machine.id, machine);
    if (machine.provisional && machine.bootMac !== null) provisionals.set(machine.bootMac, machine.id);
  };
  const lose = (machineId: string): void => {
    unlist(machineId);
    machines.delete(machineId);
  };
  for (const machine of rows.all()) keep(machine);
  const viewOf = (machine: Machine): MachineView => machineView(machine, facts.of(machine.id), presence.isOnline(machine.sessionId));
  const put = (machine: Machine): Machine => {
    keep(machine);
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
  const forget = (ids: readonly string[]): number => {
    rows.remove(ids);
    for (const id of ids) {
      facts.forget(id);
      lose(id);
      onRemove(id);
    }
    return ids.length;
  };
  const isCrowded = (): boolean => {
    if (provisionals.size < SEEN_MOST) return false;
    let seen = 0;
    for (const machine of machines.values()) if (machine.provisional && machine.sessionId === null) seen += 1;
    return seen >= SEEN_MOST;
  };
  const provisional = (mac: string): Machine => {
    const before = machines.get(provisionals.get(mac) ?? '');
    if (before !== undefined) return before;
    if (isCrowded() && forget(rows.onlySeen(Number.MAX_SAFE_INTEGER, FORGOTTEN_AT_ONCE)) > 0) onCrowd();
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
    idOfMac: (mac) => {
      const seen = provisionals.get(mac);
      if (seen !== undefined) return seen;
      for (const machine of machines.values()) if (carries(machine, mac)) return machine.id;
      return null;
    },
    provisional,
    forgetSeen: (heardBeforeMs) => forget(rows.onlySeen(heardBeforeMs, SEEN_MOST)),
    put,
    fold: (from, to) => {
      rows.fold(from.id, to.id);
      facts.forget(from.id);
      facts.forget(to.id);
      lose(from.id);
      onRemove(from.id);
      return put({ ...to, boot: from.boot, bootMac: from.bootMac });
    },
    viewOf,
    reload: () => {
      const gone = [...machines.keys()];
      machines.clear();
      provisionals.clear();
      for (const machine of rows.all()) keep(machine);
      for (const id of gone) if (!machines.has(id)) onRemove(id);
      for (const machine of machines.values()) onChange(viewOf(machine));
    },
  };
};

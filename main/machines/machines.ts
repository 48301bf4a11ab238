// The registry of machines: who was heard, who booted, who they turned out to be, and what is known of them. It decides
// nothing about images (journey.ts does); it keeps the records, tells windows of every change, and remembers across restarts.
import { randomUUID } from 'node:crypto';
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { JobView, MachineDetail, MachineView } from '../../preload/contract/views.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { endStage, enterStage } from './boot-timeline.ts';
import type { StageName } from './boot-timeline.ts';
import { evidenceFrom } from './evidence.ts';
import { createFactRows } from './fact-rows.ts';
import { machineView, nameOf, newMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { createMachineRows } from './machine-rows.ts';
import { personFact } from './person-fact.ts';
import { createPresence } from './presence.ts';
import { recognise } from './recognise.ts';
import type { Recognition } from './recognise.ts';
import { assertFollows, SAYS } from './state.ts';

/** Who speaks DHCP: the firmware's own boot request, a second-stage loader, our agent, or an installed system. */
export type Speaker = 'firmware' | 'loader' | 'agent' | 'system';

export type MachineChange = Partial<Omit<Machine, 'id' | 'state' | 'stateAtMs'>>;

export type Machines = {
  list(): readonly MachineView[];
  get(machineId: string): Result<Machine>;
  view(machineId: string): Result<MachineView>;
  detail(machineId: string, jobs: readonly JobView[]): Result<MachineDetail>;
  nameOf(machineId: string): string;
  facts(machineId: string): readonly Fact[];
  ofSession(sessionId: string): Machine | null;
  online(): readonly Machine[];
  isOnline(machine: Machine): boolean;
  /** Names of the known machines that this one cannot be told from; null where there is no such doubt. */
  rivalsOf(machine: Machine): readonly string[] | null;

  /** A DHCP packet of this MAC was heard; makes a record when no machine is known by it. */
  heard(mac: string, speaker: Speaker): Machine;
  /** The machine that booted from this MAC has reached a stage of its boot. */
  reached(mac: string, stage: StageName): Machine;
  /** An agent has opened a session. */
  hello(sessionId: string, bootMac: string): Machine;
  /** The agent's inventory: says who the machine is, and folds the record made from its MAC into that machine. */
  inventory(sessionId: string, inventory: Inventory, bootMac: string): { readonly machine: Machine; readonly recognition: Recognition };
  /** Any sign of life of a session. */
  contact(sessionId: string): void;
  /** The session is over: the machine reboots. */
  left(sessionId: string): void;
  /** Tells windows of machines whose agent has fallen silent; call it every few seconds. */
  sweep(): void;

  /** Changes a record without moving it on its journey. */
  change(machineId: string, change: MachineChange): Machine;
  /** Moves a machine to a state; question and failure end unless given again. */
  move(machineId: string, state: Machine['state'], change?: MachineChange): Machine;
  rename(machineId: string, name: string): Result<MachineView>;
  /** A person's value for a fact; an empty text takes it back. */
  setFact(machineId: string, name: string, text: string): Result<Machine>;
};

export type MachinesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly events: Events;
  readonly factsFrom: (inventory: Inventory) => readonly Fact[];
  /** True while this MAC's next network boot will be sent to its own disk: then its requests are no new journey. */
  readonly bootsOwnDisk: (mac: string) => boolean;
  readonly onChange: (machine: MachineView) => void;
  readonly onRemove: (machineId: string) => void;
};

const EVENTS_SHOWN = 200;

export const createMachines = (options: MachinesOptions): Machines => {
  const { database, now, events, sites } = options;
  const rows = createMachineRows(database);
  const factRows = createFactRows(database);
  const presence = createPresence(now);
  const machines = new Map(rows.all().map((machine) => [machine.id, machine]));

  const viewOf = (machine: Machine): MachineView => machineView(machine, factRows.of(machine.id), presence.isOnline(machine.sessionId));
  const put = (machine: Machine): Machine => {
    machines.set(machine.id, machine);
    rows.put(machine);
    options.onChange(viewOf(machine));
    return machine;
  };
  const known = (machineId: string): Machine => {
    const machine = machines.get(machineId);
    if (machine === undefined) throw new Error(`no machine ${machineId}`);
    return machine;
  };
  const get = (machineId: string): Result<Machine> => {
    const machine = machines.get(machineId);
    return machine === undefined
      ? failed('machine.unknown', 'There is no such machine here.', 'Look at the list of machines; it may have been folded into another.')
      : success(machine);
  };
  const change = (machineId: string, patch: MachineChange): Machine => put({ ...known(machineId), ...patch, lastSeenAtMs: now() });
  const move = (machineId: string, state: Machine['state'], patch: MachineChange = {}): Machine => {
    const machine = known(machineId);
    assertFollows(machine.state, state);
    const stateAtMs = machine.state === state ? machine.stateAtMs : now();
    return put({ ...machine, question: null, failure: null, says: SAYS[state], ...patch, state, stateAtMs, lastSeenAtMs: now() });
  };

  const create = (bootMac: string | null): Machine => {
    const machine = newMachine(randomUUID(), bootMac, now());
    put(machine);
    events.log({ kind: 'machine.seen', text: `A machine was heard${bootMac === null ? '' : ` at ${bootMac}`}.`, machineId: machine.id });
    return machine;
  };
  /** By a MAC alone: the one machine that carries it as evidence, else the record made from it before. */
  const byMac = (mac: string): Machine => {
    const carriers = rows.byMac(mac).flatMap((id) => machines.get(id) ?? []);
    if (carriers.length === 1 && carriers[0] !== undefined) return carriers[0];
    return [...machines.values()].find((machine) => machine.provisional && machine.bootMac === mac) ?? create(mac);
  };
  const enter = (machine: Machine, stage: StageName): readonly Machine['boot'][number][] => enterStage(machine.boot, stage, now());

  const restore = new Map<string, Machine>();
  /** A boot begins; what was known of the machine before is kept in case the MAC belongs to another one by now. */
  const begin = (machine: Machine, state: 'seen' | 'booting', stage: StageName): Machine => {
    if (machine.state !== 'seen' && machine.state !== 'booting') restore.set(machine.id, machine);
    return move(machine.id, state, { boot: enter(machine, stage) });
  };
  const giveBack = (machine: Machine): void => {
    const before = restore.get(machine.id);
    restore.delete(machine.id);
    put({
      ...machine,
      ...(before === undefined ? {} : { state: before.state, stateAtMs: before.stateAtMs, says: before.says }),
      sessionId: null,
    });
  };

  const heard: Machines['heard'] = (mac, speaker) => {
    const machine = byMac(mac);
    if (speaker === 'system' || options.bootsOwnDisk(mac)) return change(machine.id, {});
    if (speaker === 'firmware') {
      if (machine.sessionId !== null) presence.leave(machine.sessionId);
      return begin(machine, 'seen', 'DHCP');
    }
    // A running agent renews its lease; that is no boot.
    if (presence.isOnline(machine.sessionId)) return change(machine.id, {});
    return begin(machine, 'booting', speaker === 'loader' ? 'loader' : 'stage 1');
  };

  const identify = (session: Machine | null, bootMac: string, facts: readonly Fact[]): { machine: Machine; recognition: Recognition } => {
    const recognition = recognise(evidenceFrom(facts), rows.known());
    const own = session?.provisional === true ? session : null;
    if (recognition.kind === 'known') {
      const machine = known(recognition.machineId);
      if (own !== null) return { recognition, machine: fold(own, machine) };
      if (session !== null && session.id !== machine.id) giveBack(session);
      return { recognition, machine };
    }
    if (session !== null && own === null) giveBack(session);
    const machine = own ?? [...machines.values()].find((one) => one.provisional && one.bootMac === bootMac) ?? create(bootMac);
    return { recognition, machine: recognition.kind === 'new' ? put({ ...machine, provisional: false }) : machine };
  };
  const fold = (from: Machine, to: Machine): Machine => {
    rows.fold(from.id, to.id);
    machines.delete(from.id);
    options.onRemove(from.id);
    events.log({
      kind: 'machine.recognised',
      text: `${from.bootMac ?? 'A new record'} is ${nameOf(to, factRows.of(to.id))}.`,
      machineId: to.id,
    });
    return put({ ...to, boot: from.boot, bootMac: from.bootMac });
  };

  return {
    list: () => [...machines.values()].map(viewOf),
    get,
    view: (machineId) => {
      const found = get(machineId);
      return found.ok ? success(viewOf(found.value)) : found;
    },
    detail: (machineId, jobs) => {
      const found = get(machineId);
      if (!found.ok) return found;
      const machine = found.value;
      return success({
        machine: viewOf(machine),
        facts: [...factRows.of(machineId)],
        disks: machine.inventory?.disks ?? [],
        outcome: machine.outcome,
        trace: machine.trace,
        boot: [...machine.boot],
        events: [...events.lastOf(machineId, EVENTS_SHOWN)],
        jobs: [...jobs],
      });
    },
    nameOf: (machineId) => {
      const machine = machines.get(machineId);
      return machine === undefined ? machineId : nameOf(machine, factRows.of(machineId));
    },
    facts: (machineId) => factRows.of(machineId),
    ofSession: (sessionId) => [...machines.values()].find((machine) => machine.sessionId === sessionId) ?? null,
    online: () => [...machines.values()].filter((machine) => presence.isOnline(machine.sessionId)),
    isOnline: (machine) => presence.isOnline(machine.sessionId),
    rivalsOf: (machine) => {
      if (!machine.provisional || machine.inventory === null) return null;
      const recognition = recognise(evidenceFrom(options.factsFrom(machine.inventory)), rows.known());
      return recognition.kind === 'tie' ? recognition.candidates.map((id) => nameOf(known(id), factRows.of(id))) : null;
    },

    heard,
    reached: (mac, stage) => {
      const machine = byMac(mac);
      if (stage === 'own disk') return change(machine.id, { boot: enter(machine, stage) });
      return options.bootsOwnDisk(mac) ? machine : begin(machine, 'booting', stage);
    },
    hello: (sessionId, bootMac) => {
      const machine = byMac(bootMac);
      presence.contact(sessionId);
      const begun = begin(machine, 'booting', 'agent');
      events.log({ kind: 'agent.arrived', text: 'The agent said hello.', machineId: machine.id });
      return put({ ...begun, sessionId, bootMac, says: 'The agent runs and reads the hardware.' });
    },
    inventory: (sessionId, inventory, bootMac) => {
      presence.contact(sessionId);
      const facts = options.factsFrom(inventory);
      const session = [...machines.values()].find((machine) => machine.sessionId === sessionId) ?? null;
      const { machine, recognition } = identify(session, bootMac, facts);
      restore.delete(machine.id);
      if (recognition.kind === 'tie') rows.learn(machine.id, [{ kind: 'mac', value: bootMac }], now());
      else rows.learn(machine.id, evidenceFrom(facts), now());
      factRows.replaceInventory(machine.id, facts, now());
      events.log({ kind: 'machine.inventoried', text: describeInventory(inventory), machineId: machine.id });
      const moved = move(machine.id, 'inventoried', { sessionId, bootMac, inventory, boot: endStage(enter(machine, 'inventory'), now()) });
      return { machine: moved, recognition };
    },
    contact: (sessionId) => {
      if (!presence.contact(sessionId)) return;
      for (const machine of machines.values()) if (machine.sessionId === sessionId) options.onChange(viewOf(machine));
    },
    left: (sessionId) => {
      presence.leave(sessionId);
      for (const machine of machines.values())
        if (machine.sessionId === sessionId) change(machine.id, { boot: endStage(machine.boot, now()) });
    },
    sweep: () => {
      const silent = new Set(presence.sweep());
      for (const machine of machines.values()) {
        if (machine.sessionId !== null && silent.has(machine.sessionId)) options.onChange(viewOf(machine));
      }
    },

    change,
    move,
    rename: (machineId, name) => {
      const found = get(machineId);
      if (!found.ok) return found;
      const machine = put({ ...found.value, givenName: name.trim() === '' ? null : name.trim() });
      return success(viewOf(machine));
    },
    setFact: (machineId, name, text) => {
      const found = get(machineId);
      if (!found.ok) return found;
      const { operator } = sites.current();
      const fact = personFact(name, text, operator);
      if (!fact.ok) return fact;
      if (fact.value === null) factRows.clearPerson(machineId, name, now());
      else factRows.setPerson(machineId, fact.value, now());
      const said = fact.value === null ? `${operator} took back ${name}.` : `${operator} set ${name} to ${text.trim()}.`;
      events.log({ kind: 'fact.set', text: said, machineId });
      return success(put(found.value));
    },
  };
};

const describeInventory = ({ disks, nics, problems }: Inventory): string => {
  const unread = problems.length === 0 ? '' : `; not readable: ${problems.map((problem) => problem.source).join(', ')}`;
  return `Inventory: ${disks.length} disks, ${nics.length} network interfaces${unread}.`;
};

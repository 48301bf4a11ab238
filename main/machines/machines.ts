// The registry of machines: who was heard, who booted, who they turned out to be, and what is known of them. It decides
// nothing about images (journey.ts does); it keeps the records, tells windows of every change, and remembers across restarts.
import type { Fact } from '../../agent/protocol/facts.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { JobView, MachineDetail, MachineView } from '../../preload/contract/views.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { endStage, enterStage, stageOfState } from './boot-timeline.ts';
import type { StageName } from './boot-timeline.ts';
import { evidenceFrom } from './evidence.ts';
import { createFactRows } from './fact-rows.ts';
import { nameOf } from './machine.ts';
import type { Machine } from './machine.ts';
import { createMachineRows } from './machine-rows.ts';
import { personFact } from './person-fact.ts';
import { createPresence } from './presence.ts';
import { createRecords } from './records.ts';
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

  /** Reads every record again: a change could not be saved. */
  reload(): void;
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
const TOUCH_MS = 5_000;

export const createMachines = (options: MachinesOptions): Machines => {
  const { database, now, events, sites } = options;
  const rows = createMachineRows(database);
  const facts = createFactRows(database);
  const presence = createPresence(now);
  const records = createRecords({
    rows,
    facts,
    presence,
    now,
    onNew: ({ id, bootMac }) => void events.log({ kind: 'machine.seen', text: `A machine was heard at ${bootMac ?? '?'}.`, machineId: id }),
    onChange: options.onChange,
    onRemove: options.onRemove,
  });
  const { get, known, put, viewOf, byMac } = records;
  const nameFor = (machine: Machine): string => nameOf(machine, facts.of(machine.id));

  const change = (machineId: string, patch: MachineChange): Machine => put({ ...known(machineId), ...patch, lastSeenAtMs: now() });
  const move = (machineId: string, state: Machine['state'], patch: MachineChange = {}): Machine => {
    const machine = known(machineId);
    assertFollows(machine.state, state);
    const stateAtMs = machine.state === state ? machine.stateAtMs : now();
    const boot = stageOfState(patch.boot ?? machine.boot, state, now());
    return put({ ...machine, question: null, failure: null, says: SAYS[state], ...patch, boot, state, stateAtMs, lastSeenAtMs: now() });
  };

  /** A sign of life that changes nothing else: firmware asks several times a second. */
  const touch = (machine: Machine): Machine => (now() - machine.lastSeenAtMs < TOUCH_MS ? machine : change(machine.id, {}));

  const restore = new Map<string, Machine>();
  /** A boot begins; what was known of the machine before is kept in case the MAC belongs to another one by now. */
  const begin = (machine: Machine, state: 'seen' | 'booting', stage: StageName): Machine => {
    if (machine.state !== 'seen' && machine.state !== 'booting') restore.set(machine.id, machine);
    const boot = enterStage(machine.boot, stage, now());
    return machine.state === state && boot === machine.boot ? touch(machine) : move(machine.id, state, { boot });
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

  /**
   * The known machine that this inventory is of. One whose agent is at work under another boot MAC cannot be it, whatever the
   * evidence says (two boards with one UUID): then a person is asked, and the running one keeps its record and its job.
   */
  const recogniseAt = (bootMac: string | null, read: readonly Fact[]): Recognition => {
    const recognition = recognise(evidenceFrom(read), rows.known());
    if (recognition.kind !== 'known') return recognition;
    const machine = known(recognition.machineId);
    const isElsewhere = presence.isOnline(machine.sessionId) && machine.bootMac !== null && bootMac !== null && machine.bootMac !== bootMac;
    return isElsewhere ? { kind: 'tie', candidates: [machine.id], score: recognition.score } : recognition;
  };

  /** Who sent this inventory: a machine known before, or the record made from its MAC, which is one from now on. */
  const identify = (session: Machine | null, bootMac: string, read: readonly Fact[]): { machine: Machine; recognition: Recognition } => {
    const recognition = recogniseAt(bootMac, read);
    const own = session?.provisional === true ? session : null;
    if (session !== null && own === null && (recognition.kind !== 'known' || recognition.machineId !== session.id)) giveBack(session);
    if (recognition.kind === 'known') {
      const machine = known(recognition.machineId);
      if (own === null) return { recognition, machine };
      const text = `${own.bootMac ?? 'A new record'} is ${nameFor(machine)}.`;
      const folded = records.fold(own, machine);
      events.log({ kind: 'machine.recognised', text, machineId: machine.id });
      return { recognition, machine: folded };
    }
    const machine = own ?? records.provisional(bootMac);
    return { recognition, machine: recognition.kind === 'new' ? put({ ...machine, provisional: false }) : machine };
  };

  return {
    list: () => records.all().map(viewOf),
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
        facts: [...facts.of(machineId)],
        disks: machine.inventory?.disks ?? [],
        outcome: machine.outcome,
        trace: machine.trace,
        boot: [...machine.boot],
        events: [...events.lastOf(machineId, EVENTS_SHOWN)],
        jobs: [...jobs],
      });
    },
    nameOf: (machineId) => {
      const found = get(machineId);
      return found.ok ? nameFor(found.value) : machineId;
    },
    facts: (machineId) => facts.of(machineId),
    ofSession: records.ofSession,
    online: () => records.all().filter((machine) => presence.isOnline(machine.sessionId)),
    isOnline: (machine) => presence.isOnline(machine.sessionId),
    rivalsOf: (machine) => {
      if (!machine.provisional || machine.inventory === null) return null;
      const recognition = recogniseAt(machine.bootMac, options.factsFrom(machine.inventory));
      return recognition.kind === 'tie' ? recognition.candidates.map((id) => nameFor(known(id))) : null;
    },

    heard: (mac, speaker) => {
      const machine = byMac(mac);
      // A system renews its lease, and so does a running agent: neither is a boot.
      const isRenewal = speaker === 'system' || (speaker === 'agent' && presence.isOnline(machine.sessionId));
      if (isRenewal || options.bootsOwnDisk(mac)) return touch(machine);
      if (machine.sessionId !== null) presence.leave(machine.sessionId);
      if (speaker === 'firmware') return begin(machine, 'seen', 'DHCP');
      return begin(machine, 'booting', speaker === 'loader' ? 'loader' : 'stage 1');
    },
    reached: (mac, stage) => {
      const machine = byMac(mac);
      if (stage === 'own disk') return change(machine.id, { boot: enterStage(machine.boot, stage, now()) });
      // News of a file that was fetched before the agent said hello may come late.
      if (presence.isOnline(machine.sessionId) || options.bootsOwnDisk(mac)) return machine;
      return begin(machine, 'booting', stage);
    },
    hello: (sessionId, bootMac) => {
      const begun = begin(byMac(bootMac), 'booting', 'agent');
      presence.contact(sessionId);
      events.log({ kind: 'agent.arrived', text: 'The agent said hello.', machineId: begun.id });
      return put({ ...begun, sessionId, bootMac, says: 'The agent runs and reads the hardware.' });
    },
    inventory: (sessionId, inventory, bootMac) => {
      presence.contact(sessionId);
      const read = options.factsFrom(inventory);
      const { machine, recognition } = identify(records.ofSession(sessionId), bootMac, read);
      restore.delete(machine.id);
      rows.learn(machine.id, recognition.kind === 'tie' ? [{ kind: 'mac', value: bootMac }] : evidenceFrom(read), now());
      facts.replaceInventory(machine.id, read, now());
      events.log({ kind: 'machine.inventoried', text: describeInventory(inventory), machineId: machine.id });
      const boot = enterStage(machine.boot, 'inventory', now());
      return { machine: move(machine.id, 'inventoried', { sessionId, bootMac, inventory, boot }), recognition };
    },
    contact: (sessionId) => {
      if (!presence.contact(sessionId)) return;
      const machine = records.ofSession(sessionId);
      if (machine !== null) options.onChange(viewOf(machine));
    },
    left: (sessionId) => {
      presence.leave(sessionId);
      const machine = records.ofSession(sessionId);
      if (machine !== null) change(machine.id, { boot: endStage(machine.boot, now()) });
    },
    sweep: () => {
      for (const sessionId of presence.sweep()) {
        const machine = records.ofSession(sessionId);
        if (machine !== null) options.onChange(viewOf(machine));
      }
    },

    reload: records.reload,
    change,
    move,
    rename: (machineId, name) => {
      const found = get(machineId);
      if (!found.ok) return found;
      return success(viewOf(put({ ...found.value, givenName: name.trim() === '' ? null : name.trim() })));
    },
    setFact: (machineId, name, text) => {
      const found = get(machineId);
      if (!found.ok) return found;
      const { operator } = sites.current();
      const fact = personFact(name, text, operator);
      if (!fact.ok) return fact;
      if (fact.value === null) facts.clearPerson(machineId, name, now());
      else facts.setPerson(machineId, fact.value, now());
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

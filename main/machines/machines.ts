// The registry of machines: who was heard, who booted, who they turned out to be, and what is known of them. It decides
// nothing about images (main/journey does); it keeps the records, tells windows of every change, and remembers across restarts.
import type { Fact } from '../../agent/protocol/facts.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { JobView, MachineDetail, MachineFacts, MachineView } from '../../preload/contract/views.ts';
import type { PlannedFacts, Planning, RealMachine } from '../plan/match.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { endStage, enterStage, stageOfState } from './boot-timeline.ts';
import { createBoots } from './boots.ts';
import type { Boots } from './boots.ts';
import { evidenceFrom } from './evidence.ts';
import { createFactRows } from './fact-rows.ts';
import { createIdentify } from './identify.ts';
import { describeInventory, nameOf } from './machine.ts';
import type { Machine, MachineChange } from './machine.ts';
import { createMachineRows } from './machine-rows.ts';
import { personFact } from './person-fact.ts';
import { createPresence } from './presence.ts';
import { createRecordChanges } from './record-changes.ts';
import type { RecordChange } from './record-change-rows.ts';
import type { RecordChanges } from './record-changes.ts';
import { createRecords, SEEN_MOST } from './records.ts';
import type { Recognition } from './recognise.ts';
import { assertFollows, SAYS } from './state.ts';

export type Machines = Pick<Boots, 'heard' | 'reached' | 'hello'> & {
  list(): readonly MachineView[];
  get(machineId: string): Result<Machine>;
  view(machineId: string): Result<MachineView>;
  detail(machineId: string, jobs: readonly JobView[]): Result<MachineDetail>;
  nameOf(machineId: string): string;
  facts(machineId: string): readonly Fact[];
  /** The machine that booted from this MAC or has it in its inventory; makes no record. */
  idOfMac(mac: string): string | null;
  /** Every machine as plans are matched with it. */
  realMachines(): readonly RealMachine[];
  /** What the site's plan says of a machine. */
  setPlanFacts(machineId: string, facts: readonly Fact[]): void;
  /** Every value that is known, with who said it and since when, and its history. */
  allFacts(machineId: string): Result<MachineFacts>;
  ofSession(sessionId: string): Machine | null;
  online(): readonly Machine[];
  isOnline(machine: Machine): boolean;
  /** Records that a person joins and parts. */
  readonly changes: RecordChanges;
  /** Names of the known machines that this one cannot be told from; null where there is no such doubt. */
  rivalsOf(machine: Machine): readonly string[] | null;

  /** The agent's inventory: says who the machine is, and folds the record made from its MAC into that machine. */
  inventory(
    sessionId: string,
    inventory: Inventory,
    bootMac: string,
  ): {
    readonly machine: Machine;
    readonly recognition: Recognition;
    /** Other machines of which the site's plan says something else now. */
    readonly replanned: readonly string[];
  };
  /** Any sign of life of a session. */
  contact(sessionId: string): void;
  /** The session is over: the machine reboots. */
  left(sessionId: string): void;
  /** Tells windows of machines whose agent has fallen silent; call it every few seconds. */
  sweep(): void;
  /** Forgets machines that were only ever heard, and long ago; call it every few minutes. */
  tidy(): void;

  /** Reads every record again: a change could not be saved. */
  reload(): void;
  /** Changes a record without moving it on its journey. */
  change(machineId: string, change: MachineChange): Machine;
  /** Moves a machine to a state; question and failure end unless given again. */
  move(machineId: string, state: Machine['state'], change?: MachineChange): Machine;
  rename(machineId: string, name: string): Result<MachineView>;
  /** What a person answered; read and named already. */
  putFacts(machineId: string, facts: readonly Fact[]): void;
  /** A person's value for a fact; an empty text takes it back. */
  setFact(machineId: string, name: string, text: string): Result<Machine>;
};

export type MachinesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly events: Events;
  readonly factsFrom: (inventory: Inventory) => readonly Fact[];
  /** What the site's plan says of machines, once their facts are known. */
  readonly plan?: Planning;
  /** True while this MAC's next network boot will be sent to its own disk: then its requests are no new journey. */
  readonly bootsOwnDisk: (mac: string) => boolean;
  readonly onChange: (machine: MachineView) => void;
  readonly onRemove: (machineId: string) => void;
};

const EVENTS_SHOWN = 200;
const SEEN_LIFE_MS = 7 * 24 * 60 * 60_000;
const CROWD_REPEAT_MS = 60 * 60_000;

export const createMachines = (options: MachinesOptions): Machines => {
  const { database, now, events, sites } = options;
  const rows = createMachineRows(database);
  const facts = createFactRows(database);
  const presence = createPresence(now);
  let crowdToldAtMs = Number.NEGATIVE_INFINITY;
  const onCrowd = (): void => {
    if (now() - crowdToldAtMs < CROWD_REPEAT_MS) return;
    crowdToldAtMs = now();
    const text = `More than ${SEEN_MOST} machines were heard that never booted from here. The longest silent of them are forgotten as new ones come: look for a device on this wire that makes up addresses.`;
    events.log({ kind: 'machine.crowd', text, level: 'warn' });
  };
  const records = createRecords({
    rows,
    facts,
    presence,
    now,
    onNew: (machine) => {
      events.log({ kind: 'machine.seen', text: `A machine was heard at ${machine.bootMac ?? '?'}.`, machineId: machine.id });
      planned(machine);
    },
    onCrowd,
    onChange: options.onChange,
    onRemove: options.onRemove,
  });
  const { get, known, put, viewOf } = records;
  const realOf = ({ id, bootMac }: Pick<Machine, 'id' | 'bootMac'>): RealMachine => ({ id, bootMac, facts: facts.of(id) });
  /** Of those whose facts changed by it, the ids. */
  const takePlanned = (said: PlannedFacts): readonly string[] =>
    [...said].flatMap(([id, planned]) => {
      if (!facts.replacePlan(id, planned, now())) return [];
      put(known(id));
      return [id];
    });
  /** What the site's plan says of a machine joins its facts as soon as the machine can be told. */
  const planned = (machine: Pick<Machine, 'id' | 'bootMac'>, before: readonly RealMachine[] = []): readonly string[] =>
    takePlanned(options.plan?.factsAround(realOf(machine), before) ?? new Map());
  const nameFor = (machine: Machine): string => nameOf(machine, facts.of(machine.id));
  const isOnline = (machine: Machine): boolean => presence.isOnline(machine.sessionId);
  const byHand = createRecordChanges({ ...options, rows, facts, records, nameOf: nameFor, isOnline });
  /** A row of the plan may fit otherwise now, also on machines that were not named. */
  const replanned = (changed: Result<RecordChange>): Result<RecordChange> => {
    if (changed.ok) takePlanned(options.plan?.factsOfAll() ?? new Map());
    return changed;
  };
  const changes: RecordChanges = {
    merge: (keptId, otherId) => replanned(byHand.merge(keptId, otherId)),
    split: (keptId, values) => replanned(byHand.split(keptId, values)),
    undo: (changeId) => replanned(byHand.undo(changeId)),
    all: byHand.all,
  };

  const change = (machineId: string, patch: MachineChange): Machine => put({ ...known(machineId), ...patch, lastSeenAtMs: now() });
  const move = (machineId: string, state: Machine['state'], patch: MachineChange = {}): Machine => {
    const machine = known(machineId);
    assertFollows(machine.state, state);
    const stateAtMs = machine.state === state ? machine.stateAtMs : now();
    const boot = stageOfState(patch.boot ?? machine.boot, state, now());
    return put({ ...machine, question: null, failure: null, says: SAYS[state], ...patch, boot, state, stateAtMs, lastSeenAtMs: now() });
  };

  const boots = createBoots({ records, presence, events, now, bootsOwnDisk: options.bootsOwnDisk, change, move });
  const { recogniseAt, identify } = createIdentify({ rows, records, events, nameOf: nameFor, isOnline, giveBack: boots.giveBack });

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
        policy: machine.policy,
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
    idOfMac: records.idOfMac,
    realMachines: () => records.all().map(realOf),
    setPlanFacts: (machineId, planned) => {
      if (facts.replacePlan(machineId, planned, now())) put(known(machineId));
    },
    allFacts: (machineId) => {
      const found = get(machineId);
      if (!found.ok) return found;
      const known = { facts: [...facts.all(machineId)], history: [...facts.history(machineId)] };
      return success({ machineId, name: nameFor(found.value), ...known });
    },
    ofSession: records.ofSession,
    online: () => records.all().filter(isOnline),
    isOnline,
    changes,
    rivalsOf: (machine) => {
      if (!machine.provisional || machine.inventory === null) return null;
      const recognition = recogniseAt(machine.bootMac, options.factsFrom(machine.inventory));
      return recognition.kind === 'tie' ? recognition.candidates.map((id) => nameFor(known(id))) : null;
    },

    heard: boots.heard,
    reached: boots.reached,
    hello: boots.hello,
    inventory: (sessionId, inventory, bootMac) => {
      presence.contact(sessionId);
      const read = options.factsFrom(inventory);
      const session = records.ofSession(sessionId);
      const asked = session === null ? [] : [realOf(session)];
      const { machine, recognition } = identify(session, bootMac, read);
      const before = [...asked, realOf(machine)];
      boots.identified(machine);
      rows.learn(machine.id, recognition.kind === 'tie' ? [{ kind: 'mac', value: bootMac }] : evidenceFrom(read), now());
      facts.replaceInventory(machine.id, read, now());
      const replanned = planned({ ...machine, bootMac }, before).filter((id) => id !== machine.id);
      events.log({ kind: 'machine.inventoried', text: describeInventory(inventory), machineId: machine.id });
      const boot = enterStage(machine.boot, 'inventory', now());
      return { machine: move(machine.id, 'inventoried', { sessionId, bootMac, inventory, boot }), recognition, replanned };
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

    tidy: () => {
      const gone = records.forgetSeen(now() - SEEN_LIFE_MS);
      if (gone === 0) return;
      const text = `${gone} machines that were only ever heard, and not for a week, were forgotten.`;
      events.log({ kind: 'machine.forgotten', text });
    },

    reload: () => {
      facts.forgetAll();
      rows.refresh();
      records.reload();
    },
    change,
    move,
    rename: (machineId, name) => {
      const found = get(machineId);
      if (!found.ok) return found;
      return success(viewOf(put({ ...found.value, givenName: name.trim() === '' ? null : name.trim() })));
    },
    putFacts: (machineId, answered) => {
      for (const fact of answered) facts.setPerson(machineId, fact, now());
      put(known(machineId));
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

// Two records of one machine joined, or one record of two machines parted, by a person's word, and either taken back
// (docs/identity.md, "By hand"). Nothing of either's history is lost: it moves, and finds its way back.
import { randomUUID } from 'node:crypto';
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import { evidenceFrom } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { FactRows } from './fact-rows.ts';
import { newMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import type { MachineRows } from './machine-rows.ts';
import { createRecordChangeRows } from './record-change-rows.ts';
import type { Before, RecordChange } from './record-change-rows.ts';
import { createRecordCopies, sameRow } from './record-copy.ts';
import type { OwnTable, RecordCopy, Row } from './record-copy.ts';
import { recognise } from './recognise.ts';
import type { Records } from './records.ts';

export type RecordChanges = {
  /** `otherId` becomes part of `keptId`. */
  merge(keptId: string, otherId: string): Result<RecordChange>;
  /**
   * The named values of its evidence belong to a machine of their own. Without values: a record that could not be told from others
   * is a machine of its own.
   */
  split(keptId: string, values: readonly string[]): Result<RecordChange>;
  undo(changeId: number): Result<RecordChange>;
  all(): readonly RecordChange[];
};

export type RecordChangesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly events: Events;
  readonly rows: MachineRows;
  readonly facts: FactRows;
  readonly records: Records;
  readonly factsFrom: (inventory: Inventory) => readonly Fact[];
  readonly nameOf: (machine: Machine) => string;
  readonly isOnline: (machine: Machine) => boolean;
};

/** What belongs to a boot of a machine and not to its record. */
const liveOf = ({
  id: _id,
  givenName: _name,
  provisional: _provisional,
  firstSeenAtMs: _firstSeenAtMs,
  ...live
}: Machine): Partial<Machine> => live;

const inventoryIn = ({ own }: RecordCopy): Inventory | null => {
  const text = own.reading[0]?.['inventory_json'];
  return typeof text === 'string' ? (JSON.parse(text) as Inventory) : null;
};

export const createRecordChanges = (options: RecordChangesOptions): RecordChanges => {
  const { database, now, sites, events, rows, facts, records } = options;
  const changes = createRecordChangeRows({ database, now, sites });
  const copies = createRecordCopies(database);

  /** Memory follows the database, which was changed below it. */
  const readAgain = (...ids: readonly string[]): void => {
    for (const id of ids) facts.forget(id);
    rows.refresh();
    records.reload();
  };
  const tell = (kind: string, text: string, ...ids: readonly string[]): void => {
    for (const machineId of ids) events.log({ kind, text: `${sites.current().operator}: ${text}`, machineId });
  };
  const refuseWork = (...machines: readonly Machine[]): Result<null> => {
    const atWork = machines.find((machine) => machine.jobId !== null || machine.state === 'working');
    return atWork === undefined
      ? success(null)
      : failed('machine.at-work', `A job on ${options.nameOf(atWork)} is not finished.`, 'Wait for its end, or cancel it first.');
  };
  const evidenceOf = (machine: Machine): ReturnType<typeof evidenceFrom> =>
    machine.inventory === null ? [] : evidenceFrom(options.factsFrom(machine.inventory));

  /** All of `from` to `to`; what is running there now goes with it. */
  const join = (to: Machine, from: Machine, source: RecordCopy): void => {
    copies.moveAll(from.id, to.id);
    for (const table of ['evidence', 'evidence_carrier', 'override', 'reservation'] as const) copies.add(table, source.own[table], to.id);
    copies.add(
      'fact',
      source.own.fact.filter((row) => row['origin'] !== 'inventory'),
      to.id,
    );
    copies.remove(from.id);
    readAgain(to.id, from.id);
    const wasLater = to.inventory === null ? from.lastSeenAtMs >= to.lastSeenAtMs : from.lastSeenAtMs > to.lastSeenAtMs;
    const isLater = options.isOnline(from) || (!options.isOnline(to) && wasLater && from.inventory !== null);
    // What was never read has no facts to lose.
    const inventory = isLater ? from.inventory : (to.inventory ?? from.inventory);
    const firstSeenAtMs = Math.min(to.firstSeenAtMs, from.firstSeenAtMs);
    const joined = { ...to, ...(isLater ? liveOf(from) : {}), firstSeenAtMs, provisional: to.provisional && from.provisional };
    records.put({ ...joined, inventory, givenName: to.givenName ?? from.givenName });
    if (inventory !== null && inventory !== to.inventory) facts.replaceInventory(to.id, options.factsFrom(inventory), now());
    rows.remember(to.id, evidenceOf(from), now());
  };

  const merge = database.transaction((kept: Machine, other: Machine): RecordChange => {
    const before: Before = { kept: copies.copy(kept.id), other: copies.copy(other.id) };
    const names = { keptName: options.nameOf(kept), otherName: options.nameOf(other) };
    join(kept, other, copies.copy(other.id));
    rows.keepEvidence(kept.id);
    const change = changes.add({ kind: 'merge', keptId: kept.id, otherId: other.id, ...names }, before);
    tell('machine.merged', `${names.otherName} is ${names.keptName}: their records were merged (change ${change.id}).`, kept.id);
    return change;
  });

  const split = database.transaction((kept: Machine, values: ReadonlySet<string>): RecordChange => {
    const before: Before = { kept: copies.copy(kept.id), other: null };
    const mine = (table: OwnTable) => before.kept.own[table].filter((row) => values.has(String(row['value'])));
    const macs = mine('evidence')
      .filter((row) => row['kind'] === 'mac')
      .map((row) => String(row['value']));
    const isHere = kept.bootMac !== null && macs.includes(kept.bootMac);
    const id = randomUUID();
    const born = { ...newMachine(id, macs[0] ?? null, now()), provisional: false, firstSeenAtMs: kept.firstSeenAtMs };
    records.put(isHere ? { ...born, ...liveOf(kept) } : { ...born, lastSeenAtMs: kept.lastSeenAtMs });
    for (const table of ['evidence', 'evidence_carrier'] as const) {
      copies.add(table, mine(table), id);
      copies.drop(table, mine(table), kept.id);
    }
    readAgain(kept.id, id);
    if (isHere) {
      // What stands there now is the other machine: this boot is its own, with all that came of it.
      const startedAtMs = kept.boot[0]?.startedAtMs ?? kept.lastSeenAtMs;
      copies.moveSince(startedAtMs, kept.sessionId ?? '', kept.id, id);
      // By another of its cards it still has a name that a person can find.
      const left = before.kept.own.evidence.find((row) => row['kind'] === 'mac' && !values.has(String(row['value'])));
      records.put({
        ...newMachine(kept.id, left === undefined ? null : String(left['value']), kept.firstSeenAtMs),
        provisional: false,
        givenName: kept.givenName,
        lastSeenAtMs: startedAtMs,
      });
      facts.replaceInventory(kept.id, [], now());
      if (kept.inventory !== null) facts.replaceInventory(id, options.factsFrom(kept.inventory), now());
    }
    const made = records.known(id);
    const names = { keptName: options.nameOf(records.known(kept.id)), otherName: options.nameOf(made) };
    const change = changes.add({ kind: 'split', keptId: kept.id, otherId: id, ...names }, before);
    tell(
      'machine.split',
      `${[...values].join(', ')} is a machine of its own, no longer ${names.keptName} (change ${change.id}).`,
      kept.id,
      id,
    );
    return change;
  });

  /** The look-alike is nobody that is known; what it shares with others tells nobody apart from now on. */
  const standAlone = database.transaction((machine: Machine): RecordChange => {
    const before: Before = { kept: copies.copy(machine.id), other: null };
    records.put({ ...machine, provisional: false });
    rows.remember(machine.id, evidenceOf(machine), now());
    const name = options.nameOf(records.known(machine.id));
    const change = changes.add({ kind: 'split', keptId: machine.id, otherId: machine.id, keptName: name, otherName: name }, before);
    tell('machine.split', `${name} is a machine of its own (change ${change.id}).`, machine.id);
    return change;
  });

  /** True when what stands under the kept record now is the other machine, told by what each was known by before they were merged. */
  const isOther = (kept: Machine, before: RecordCopy, other: RecordCopy): boolean => {
    const known = [before, other].map(({ machine, own }) => ({
      machineId: String(machine['id']),
      evidence: own.evidence as unknown as Evidence[],
    }));
    const recognition = recognise(evidenceOf(kept), known);
    return recognition.kind === 'known' && recognition.machineId === other.machine['id'];
  };

  const undoMerge = (kept: Machine, before: RecordCopy, other: RecordCopy): void => {
    const otherId = String(other.machine['id']);
    copies.restore(other);
    copies.moveCopied(other, kept.id, otherId);
    const learned = evidenceOf({ ...kept, inventory: inventoryIn(other) }).map(({ kind, value }) => ({ kind, value }));
    for (const table of ['evidence', 'evidence_carrier', 'fact', 'override', 'reservation'] as const) {
      const theirs = table === 'evidence' || table === 'evidence_carrier' ? [...other.own[table], ...learned] : other.own[table];
      const isMine = (row: Row): boolean => row['origin'] === 'inventory' || before.own[table].some((mine) => sameRow(table, mine, row));
      copies.drop(
        table,
        theirs.filter((row) => !isMine(row)),
        kept.id,
      );
    }
    // A boot of the other machine since then has replaced what this one was known by.
    for (const table of ['evidence', 'evidence_carrier'] as const) {
      copies.drop(table, before.own[table], kept.id);
      copies.add(table, before.own[table], kept.id);
    }
    // The boot that the merge took over goes back with its record; a later boot belongs to the machine that booted.
    const isThatBoot = kept.sessionId !== null && kept.sessionId === other.machine['session_id'];
    const isOthers = !isThatBoot && kept.sessionId !== before.machine['session_id'] && isOther(kept, before, other);
    const isOwn = !isThatBoot && !isOthers && kept.sessionId !== before.machine['session_id'];
    if (isOthers) copies.moveSince(kept.boot[0]?.startedAtMs ?? kept.stateAtMs, kept.sessionId ?? '', kept.id, otherId);
    if (!isOwn) copies.restore(before, ['reading']);
    readAgain(kept.id, otherId);
    if (isOthers) records.put({ ...records.known(otherId), ...liveOf(kept) });
    for (const id of isOthers ? [kept.id, otherId] : isThatBoot ? [kept.id] : []) {
      const { inventory } = records.known(id);
      facts.replaceInventory(id, inventory === null ? [] : options.factsFrom(inventory), now());
    }
  };

  /** What a later change made of the same records would be lost or doubled: its own copy of them still holds what goes back here. */
  const laterOf = (change: RecordChange): RecordChange | undefined => {
    const ids = [change.keptId, change.otherId];
    return changes.all().findLast(({ id, keptId, otherId, undoneAtMs }) => {
      return id > change.id && undoneAtMs === null && (ids.includes(keptId) || ids.includes(otherId));
    });
  };

  const undo = database.transaction((change: RecordChange, before: Before): Result<null> => {
    const later = laterOf(change);
    if (later !== undefined)
      return failed(
        'machine.undo-order',
        `Change ${later.id}, the ${later.kind} of ${later.keptName} and ${later.otherName}, came later and is about the same records.`,
        `Take that one back first: rackside machines undo ${later.id}`,
      );
    const kept = records.get(change.keptId);
    const gone = 'One of the two has been merged again since; undo that change first: rackside machines changes';
    if (!kept.ok) return failed('machine.undo-order', `${change.keptName} is no longer there.`, gone);
    if (change.keptId === change.otherId) {
      copies.drop('evidence', copies.copy(change.keptId).own.evidence, change.keptId);
      copies.drop('evidence_carrier', copies.copy(change.keptId).own.evidence_carrier, change.keptId);
      copies.add('evidence', before.kept.own.evidence, change.keptId);
      records.put({ ...kept.value, provisional: true });
      readAgain(change.keptId);
    } else if (change.kind === 'merge' && before.other !== null) {
      if (records.get(change.otherId).ok) return failed('machine.undo-order', `${change.otherName} is there already.`, gone);
      const free = refuseWork(kept.value);
      if (!free.ok) return free;
      undoMerge(kept.value, before.kept, before.other);
    } else {
      const other = records.get(change.otherId);
      if (!other.ok) return failed('machine.undo-order', `${change.otherName} is no longer there.`, gone);
      const free = refuseWork(kept.value, other.value);
      if (!free.ok) return free;
      join(kept.value, other.value, copies.copy(other.value.id));
    }
    changes.undone(change.id);
    const ids = change.kind === 'merge' ? [change.keptId, change.otherId] : [change.keptId];
    tell(
      'machine.change-undone',
      `the ${change.kind} of ${change.keptName} and ${change.otherName} was taken back (change ${change.id}).`,
      ...ids,
    );
    return success(null);
  });

  return {
    merge: (keptId, otherId) => {
      const kept = records.get(keptId);
      const other = records.get(otherId);
      if (!kept.ok) return kept;
      if (!other.ok) return other;
      if (keptId === otherId) return failed('machine.merge-same', 'That is one record, not two.', 'Name two machines.');
      if (options.isOnline(kept.value) && options.isOnline(other.value))
        return failed(
          'machine.both-online',
          'Both answer at this moment, so they are two machines.',
          'Look at their MACs and serials again.',
        );
      const free = refuseWork(kept.value, other.value);
      return free.ok ? success(merge(kept.value, other.value)) : free;
    },
    split: (keptId, values) => {
      const kept = records.get(keptId);
      if (!kept.ok) return kept;
      if (values.length === 0 && kept.value.provisional && kept.value.inventory !== null) return success(standAlone(kept.value));
      const evidence = rows.evidenceOf(keptId).map(({ value }) => value);
      const wanted = new Set(values.map((value) => value.trim().toLowerCase()));
      const strange = [...wanted].find((value) => !evidence.includes(value));
      const known = `It is known by: ${evidence.join(', ') || 'nothing'}.`;
      if (strange !== undefined)
        return failed('machine.split-unknown', `${options.nameOf(kept.value)} is not known by "${strange}".`, known);
      if (wanted.size === 0 || evidence.every((value) => wanted.has(value)))
        return failed('machine.split-all', 'A split leaves something to each of the two.', known);
      const free = refuseWork(kept.value);
      return free.ok ? success(split(kept.value, wanted)) : free;
    },
    undo: (changeId) => {
      const found = changes.get(changeId);
      if (found === null)
        return failed('machine.change-unknown', `There is no change ${changeId}.`, 'See them with: rackside machines changes');
      if (found.change.undoneAtMs !== null)
        return failed('machine.change-undone', `Change ${changeId} was taken back before.`, 'Nothing is to be done.');
      const done = undo(found.change, found.before);
      return done.ok ? success(changes.get(changeId)?.change ?? found.change) : done;
    },
    all: () => changes.all(),
  };
};

// Which planned machine is which real one. PURE. Of serial, MAC and slot, the first that both the row and the machine tell decides;
// what disagrees after it is shown as a difference, what agrees against it as a conflict. Never guessed: two candidates are none.
import type { Fact, FactValue } from '../../agent/protocol/facts.ts';
import { foldText } from '../matching/text.ts';
import type { KeyName, Plan, PlanEntry } from './plan.ts';

export type RealMachine = { readonly id: string; readonly facts: readonly Fact[]; readonly bootMac: string | null };

/** By the ids of machines. */
export type PlannedFacts = ReadonlyMap<string, readonly Fact[]>;

export type Planning = {
  /**
   * What the plan says of a machine and of all that share a row with it, by their ids: one that now fits a row may leave it open which
   * is meant, and what was otherwise known `before`, of this record or of one that was folded into it, may have done so until now.
   */
  factsAround(machine: RealMachine, before: readonly RealMachine[]): PlannedFacts;
  /** What the plan says of every machine. */
  factsOfAll(): PlannedFacts;
};

export type Difference = { readonly fact: string; readonly expected: FactValue; readonly seen: FactValue };

export type Match = {
  readonly entry: PlanEntry;
  readonly machineId: string | null;
  /** Why nobody was taken although somebody looks like it; null otherwise. */
  readonly conflict: string | null;
  readonly differences: readonly Difference[];
};

type Verdict = 'agrees' | 'differs' | 'unknown';
const ORDER: readonly KeyName[] = ['serial', 'mac', 'slot'];

const TOLD_BY = {
  serial: ['system.serial', 'board.serial'],
  mac: ['nic.macs', 'nic.current-macs'],
  slot: ['blade.slot'],
  enclosure: ['chassis.enclosure', 'enclosure.serial'],
} as const satisfies Record<KeyName, readonly string[]>;

type Told = Readonly<Record<KeyName, readonly string[]>>;

const readTold = (facts: readonly Fact[]): Told => {
  const textsOf = (key: KeyName): readonly string[] =>
    facts
      .filter((fact) => (TOLD_BY[key] as readonly string[]).includes(fact.name) && !fact.filler)
      .flatMap((fact) => (Array.isArray(fact.value) ? fact.value.map(String) : [String(fact.value)]))
      .map((text) => text.trim().toLowerCase());
  return { serial: textsOf('serial'), mac: textsOf('mac'), slot: textsOf('slot'), enclosure: textsOf('enclosure') };
};

/** A list of facts never changes, and the same lists come with every machine that boots. */
const remembered = new WeakMap<readonly Fact[], Told>();
const toldBy = (facts: readonly Fact[]): Told => {
  const told = remembered.get(facts) ?? readTold(facts);
  remembered.set(facts, told);
  return told;
};

/** What a machine tells of a key; nothing where it does not know. A machine of which only its boot MAC was heard may have others. */
const toldOf = (machine: RealMachine, key: KeyName): { readonly values: readonly string[]; readonly isAll: boolean } => {
  const values = toldBy(machine.facts)[key];
  if (key !== 'mac') return { values, isAll: true };
  return { values: machine.bootMac === null ? values : [...values, machine.bootMac], isAll: values.length > 0 };
};

const verdictOf = (entry: PlanEntry, machine: RealMachine, key: KeyName): Verdict => {
  const wanted = entry.keys[key];
  const { values, isAll } = toldOf(machine, key);
  if (wanted === undefined || values.length === 0) return 'unknown';
  if (values.includes(wanted)) {
    const isElsewhere = key === 'slot' && entry.keys.enclosure !== undefined && verdictOf(entry, machine, 'enclosure') !== 'agrees';
    return isElsewhere ? 'differs' : 'agrees';
  }
  return isAll ? 'differs' : 'unknown';
};

const same = (one: FactValue, other: FactValue): boolean =>
  typeof one === 'string' && typeof other === 'string' ? foldText(one) === foldText(other) : JSON.stringify(one) === JSON.stringify(other);

const differencesOf = (entry: PlanEntry, machine: RealMachine): readonly Difference[] => {
  const keys = ORDER.filter((key) => verdictOf(entry, machine, key) === 'differs').map((key) => ({
    fact: key,
    expected: entry.keys[key] ?? '',
    seen: [...new Set(toldOf(machine, key).values)],
  }));
  const facts = entry.facts.flatMap((expected) => {
    const seen = machine.facts.find((fact) => fact.name === expected.name && !fact.filler && !fact.source.startsWith('plan:'));
    return seen === undefined || same(seen.value, expected.value)
      ? []
      : [{ fact: expected.name, expected: expected.value, seen: seen.value }];
  });
  return [...keys, ...facts];
};

/** Machines by each thing they tell, so that ten thousand rows and machines are matched in one pass. */
const indexOf = (machines: readonly RealMachine[]): ReadonlyMap<string, ReadonlySet<RealMachine>> => {
  const index = new Map<string, Set<RealMachine>>();
  for (const machine of machines)
    for (const key of ORDER)
      for (const value of toldOf(machine, key).values) {
        const found = index.get(`${key} ${value}`);
        if (found === undefined) index.set(`${key} ${value}`, new Set([machine]));
        else found.add(machine);
      }
  return index;
};

const candidatesOf = (entry: PlanEntry, index: ReadonlyMap<string, ReadonlySet<RealMachine>>) => {
  const alike = new Set(ORDER.flatMap((key) => [...(index.get(`${key} ${entry.keys[key] ?? ''}`) ?? [])]));
  const judged = [...alike].map((machine) => {
    const told = ORDER.map((key) => ({ key, verdict: verdictOf(entry, machine, key) })).filter(({ verdict }) => verdict !== 'unknown');
    const strongest = told[0];
    return { machine, is: strongest?.verdict === 'agrees', rank: ORDER.indexOf(strongest?.key ?? 'slot'), told };
  });
  // Who agrees by serial goes before who agrees by slot alone.
  const best = Math.min(...judged.filter(({ is }) => is).map(({ rank }) => rank));
  return {
    fits: judged.filter(({ is, rank }) => is && rank === best).map(({ machine }) => machine),
    against: judged.filter(({ is, told }) => !is && told.some(({ verdict }) => verdict === 'agrees')),
  };
};

export type RowsByKey = ReadonlyMap<string, readonly PlanEntry[]>;

export const rowsByKey = (plan: Plan): RowsByKey => {
  const rows = new Map<string, PlanEntry[]>();
  for (const entry of plan.entries)
    for (const key of ORDER) {
      const found = rows.get(`${key} ${entry.keys[key] ?? ''}`);
      if (found === undefined) rows.set(`${key} ${entry.keys[key] ?? ''}`, [entry]);
      else found.push(entry);
    }
  return rows;
};

/** The rows that have a key in common with this machine; only they can be about it. */
export const rowsNaming = (rows: RowsByKey, machine: RealMachine): readonly PlanEntry[] => [
  ...new Set(ORDER.flatMap((key) => toldOf(machine, key).values.flatMap((value) => rows.get(`${key} ${value}`) ?? []))),
];

export const matchPlan = (
  plan: Plan,
  machines: readonly RealMachine[],
): { readonly matches: readonly Match[]; readonly unexpected: readonly string[] } => {
  const index = indexOf(machines);
  const taken = new Map<string, number>();
  const found = plan.entries.map((entry) => ({ entry, ...candidatesOf(entry, index) }));
  for (const { fits } of found) if (fits[0] !== undefined && fits.length === 1) taken.set(fits[0].id, (taken.get(fits[0].id) ?? 0) + 1);
  const matches = found.map(({ entry, fits, against }): Match => {
    const [machine, ...others] = fits;
    const none = { entry, machineId: null, differences: [] };
    if (machine === undefined) {
      const [odd] = against;
      const key = odd?.told.find(({ verdict }) => verdict === 'agrees')?.key;
      return { ...none, conflict: key === undefined ? null : `Another machine has its ${key}.` };
    }
    if (others.length > 0) return { ...none, conflict: `${fits.length} machines fit this row.` };
    if ((taken.get(machine.id) ?? 0) > 1) return { ...none, conflict: 'Another row fits the same machine.' };
    return { entry, machineId: machine.id, conflict: null, differences: differencesOf(entry, machine) };
  });
  const matched = new Set(matches.map(({ machineId }) => machineId));
  return { matches, unexpected: machines.filter(({ id }) => !matched.has(id)).map(({ id }) => id) };
};

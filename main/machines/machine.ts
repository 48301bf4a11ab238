// The station's record of one machine, and what a window is shown of it.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { Outcome, Trace } from '../../preload/contract/policy.ts';
import { AGENT_READS, AGENT_SILENT, SAYS } from './state.ts';
import type { BootStage, MachineState, MachineView, Question } from '../../preload/contract/views.ts';

export type Machine = {
  readonly id: string;
  readonly givenName: string | null;
  /** True while nothing but a MAC is known of it. */
  readonly provisional: boolean;
  readonly bootMac: string | null;
  /** The agent session of its latest boot; it may have ended. */
  readonly sessionId: string | null;
  readonly state: MachineState;
  readonly stateAtMs: number;
  readonly says: string;
  readonly question: Question | null;
  readonly failure: Failure | null;
  /** The image decided for it, or known to be on it. */
  readonly osoid: string | null;
  readonly imageName: string | null;
  /** The policy that decided; null when a person did. */
  readonly policy: string | null;
  /** The unfinished job. */
  readonly jobId: string | null;
  /** Sequence of the last order whose answer matters; answers to older orders are dropped. */
  readonly orderSequence: number | null;
  /** Failed attempts in a row, over jobs and boots; two hold the machine. */
  readonly failedAttempts: number;
  readonly inventory: Inventory | null;
  readonly trace: Trace | null;
  readonly outcome: Outcome | null;
  readonly boot: readonly BootStage[];
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
};

export type MachineChange = Partial<Omit<Machine, 'id' | 'state' | 'stateAtMs'>>;

/** A record of which nothing but a MAC is known. */
export const newMachine = (id: string, bootMac: string | null, nowAtMs: number): Machine => ({
  id,
  givenName: null,
  provisional: true,
  bootMac,
  sessionId: null,
  state: 'seen',
  stateAtMs: nowAtMs,
  says: SAYS.seen,
  question: null,
  failure: null,
  osoid: null,
  imageName: null,
  policy: null,
  jobId: null,
  orderSequence: null,
  failedAttempts: 0,
  inventory: null,
  trace: null,
  outcome: null,
  boot: [],
  firstSeenAtMs: nowAtMs,
  lastSeenAtMs: nowAtMs,
});

const textOf = (facts: readonly Fact[], name: string): string | null => {
  const fact = facts.find((one) => one.name === name && !one.filler);
  return fact === undefined || Array.isArray(fact.value) ? null : String(fact.value);
};

/** Rack position as typed, else blade slot, else switch and port. */
const positionOf = (facts: readonly Fact[]): string | null => {
  const port = [textOf(facts, 'network.switch'), textOf(facts, 'network.port')].filter((part) => part !== null).join(' ');
  const slot = [textOf(facts, 'chassis.enclosure'), textOf(facts, 'blade.slot')].filter((part) => part !== null).join(' slot ');
  return textOf(facts, 'rack.position') ?? (slot === '' ? null : slot) ?? (port === '' ? null : port);
};

export const carries = (machine: Machine, mac: string): boolean =>
  machine.bootMac === mac || (machine.inventory?.nics.some((nic) => (nic.permanentMac ?? nic.mac) === mac) ?? false);

const macsOf = (machine: Machine): string[] => {
  const macs = machine.inventory?.nics.map((nic) => nic.permanentMac ?? nic.mac) ?? [];
  return [...new Set([...(machine.bootMac === null ? [] : [machine.bootMac]), ...macs])];
};

/** A given name, else the host name it is planned or said to have, else serial, else MAC. */
export const nameOf = (machine: Machine, facts: readonly Fact[]): string =>
  machine.givenName ?? textOf(facts, 'input.hostname') ?? textOf(facts, 'system.serial') ?? machine.bootMac ?? machine.id;

export const machineView = (machine: Machine, facts: readonly Fact[], online: boolean): MachineView => ({
  id: machine.id,
  name: nameOf(machine, facts),
  manufacturer: textOf(facts, 'manufacturer'),
  model: textOf(facts, 'model'),
  serial: textOf(facts, 'system.serial'),
  macs: macsOf(machine),
  position: positionOf(facts),
  firmware: machine.inventory?.firmware?.kind ?? null,
  secureBoot: machine.inventory?.firmware?.secureBoot ?? null,
  state: machine.state,
  stateAtMs: machine.stateAtMs,
  // Silence between hello and inventory: it ran out of memory, or was switched off.
  says: machine.state === 'booting' && machine.says === AGENT_READS && !online ? AGENT_SILENT : machine.says,
  question: machine.question,
  failure: machine.failure,
  osoid: machine.osoid,
  imageName: machine.imageName,
  jobId: machine.jobId,
  online,
  firstSeenAtMs: machine.firstSeenAtMs,
  lastSeenAtMs: machine.lastSeenAtMs,
});

/** Problems a person reads in the event; the target's own screen has them all. */
const PROBLEMS_SHOWN = 4;

/** In the words of the event log. A card without its driver or firmware is named by PCI id, as on the target's own screen. */
export const describeInventory = ({ disks, nics, problems }: Inventory): string => {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `${problem.source}: ${problem.message}`);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  const told = problems.length === 0 ? '' : ` Problems: ${[...shown, ...more].join('; ')}.`;
  return `Inventory: ${disks.length} disks, ${nics.length} network interfaces.${told}`;
};

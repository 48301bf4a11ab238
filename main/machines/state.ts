// The states of a machine's journey, which may follow which, and the sentence that goes with each. A step that the table does
// not have is a bug in the station, never a state of the world.
import type { MachineState } from '../../preload/contract/views.ts';

// Power buttons: a machine may start over from anywhere, and any agent may send a fresh inventory.
const ALWAYS: readonly MachineState[] = ['seen', 'booting', 'inventoried'];

const NEXT: Readonly<Record<MachineState, readonly MachineState[]>> = {
  seen: [],
  booting: [],
  /** The only state in which a decision is made. */
  inventoried: ['matched', 'unmatched', 'ambiguous', 'waiting', 'working', 'provisioned', 'failed'],
  matched: ['waiting', 'working', 'provisioned', 'failed'],
  unmatched: ['waiting', 'provisioned'],
  ambiguous: ['waiting', 'provisioned'],
  waiting: ['waiting', 'working', 'provisioned', 'failed'],
  working: ['working', 'provisioned', 'failed'],
  provisioned: ['failed', 'provisioned'],
  failed: ['failed', 'waiting', 'provisioned'],
};

export const mayFollow = (from: MachineState, to: MachineState): boolean => ALWAYS.includes(to) || NEXT[from].includes(to);

/** Throws on a step that the journey does not have. */
export const assertFollows = (from: MachineState, to: MachineState): void => {
  if (!mayFollow(from, to)) throw new Error(`a machine cannot go from ${from} to ${to}`);
};

/** What the station says while nothing more particular is to be said. */
export const SAYS: Readonly<Record<MachineState, string>> = {
  seen: 'Heard on the wire; it has not asked for boot files here yet.',
  booting: 'Booting the agent from this station.',
  inventoried: 'The agent runs; its inventory is in.',
  matched: 'An image was decided; the agent compares it with its disks.',
  unmatched: 'No policy fits this machine. Choose an image for it.',
  ambiguous: 'It cannot be decided what this machine should run.',
  waiting: 'Waiting for a person.',
  working: 'A job is at work on it.',
  provisioned: 'Provisioned; it boots its own disk.',
  failed: 'It failed and is held until a person looks at it.',
};

/** Between an agent's hello and its inventory. */
export const AGENT_READS = 'The agent runs and reads the hardware.';
export const AGENT_SILENT = 'The agent said hello and has not been heard since: look at its screen, or restart it.';

// Trust in a key was given or withdrawn while agents run: what they said of a disk whose record that key signed no longer holds.
import type { MachineState } from '../../preload/contract/views.ts';
import { send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';

/** Others have not read their disks yet, are writing one, or have left. */
const WAITING: ReadonlySet<MachineState> = new Set(['inventoried', 'matched', 'unmatched', 'ambiguous', 'waiting', 'failed']);

/** The order carries the keys that count from now on; the inventory that answers it is decided for anew. */
export const judgeAgain = (parts: Parts, machine: Machine, keyId: string): Machine => {
  const isConcerned = machine.inventory?.disks.some(({ provenance }) => provenance.keyId === keyId) === true;
  if (!isConcerned || !WAITING.has(machine.state)) return machine;
  const says = 'Whom its disk is believed from has changed; the agent looks again.';
  return send(parts, parts.machines.move(machine.id, 'inventoried', { says, question: null }), { kind: 'rescan' });
};

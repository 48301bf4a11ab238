// A person joins or parts records: done as they say, and whoever is online of them is decided for anew, with nothing asked before.
import { assertNever } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { decideFor, reconsider } from './decision-step.ts';
import type { Parts } from './journey-parts.ts';
import type { RecordChange } from '../machines/record-change-rows.ts';

export type RecordWish =
  | { readonly kind: 'merge'; readonly machineId: string; readonly otherId: string }
  | { readonly kind: 'split'; readonly machineId: string; readonly values: readonly string[] }
  | { readonly kind: 'undo'; readonly changeId: number };

const carryOut = (parts: Parts, wish: RecordWish): Result<RecordChange> => {
  const { changes } = parts.machines;
  switch (wish.kind) {
    case 'merge':
      return changes.merge(wish.machineId, wish.otherId);
    case 'split':
      return changes.split(wish.machineId, wish.values);
    case 'undo':
      return changes.undo(wish.changeId);
    default:
      return assertNever(wish);
  }
};

/** What was decided or asked before the change may have been about the other machine. */
const decideAgain = (parts: Parts, machineId: string): void => {
  const found = parts.machines.get(machineId);
  if (!found.ok || found.value.inventory === null || !parts.machines.isOnline(found.value)) return;
  if (['inventoried', 'matched', 'unmatched', 'ambiguous', 'waiting', 'failed'].includes(found.value.state))
    decideFor(parts, parts.machines.move(machineId, 'inventoried'));
};

export const changeRecords = (parts: Parts, wish: RecordWish): Result<RecordChange> => {
  const changed = carryOut(parts, wish);
  if (!changed.ok) return changed;
  // Jobs may be another record's by now.
  parts.jobs.reload();
  const both = new Set([changed.value.keptId, changed.value.otherId]);
  for (const id of both) decideAgain(parts, id);
  // A row of the site's plan that both fitted may be a third one's now.
  for (const machine of parts.machines.online()) if (!both.has(machine.id)) reconsider(parts, machine);
  return changed;
};

// What a machine is recognised by: values that belong to this very machine, drawn from its cleaned facts. Filler and MACs of
// adapters that wander (USB dongles) are marked by the inventory and never become evidence.
import type { Fact } from '../../agent/protocol/facts.ts';

export type EvidenceKind = 'system-serial' | 'system-uuid' | 'board-serial' | 'chassis-serial' | 'mac' | 'disk';
export type Evidence = { readonly kind: EvidenceKind; readonly value: string };

const KINDS: Readonly<Record<string, EvidenceKind>> = {
  'system.serial': 'system-serial',
  'system.uuid': 'system-uuid',
  'board.serial': 'board-serial',
  'chassis.serial': 'chassis-serial',
  'nic.macs': 'mac',
  'disk.serials': 'disk',
  'disk.wwns': 'disk',
};

/** A serial of "0" or "12" may be true, and is true of too many machines. */
const SHORTEST_SERIAL = 4;

/** Evidence in the facts of one inventory; facts that a person typed prove nothing and must not be passed. */
export const evidenceFrom = (facts: readonly Fact[]): readonly Evidence[] => {
  const found = new Map<string, Evidence>();
  for (const fact of facts) {
    const kind = KINDS[fact.name];
    if (kind === undefined || fact.filler) continue;
    for (const value of Array.isArray(fact.value) ? fact.value : [fact.value]) {
      const text = String(value).trim().toLowerCase();
      if (text.length >= SHORTEST_SERIAL) found.set(`${kind} ${text}`, { kind, value: text });
    }
  }
  return [...found.values()];
};

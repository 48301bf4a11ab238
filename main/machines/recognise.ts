// Which known machine is this? Pure, and the whole rule (docs/identity.md):
//  1. A value that two or more known machines carry, or that two have ever carried, tells nobody apart and is left out: blades share a
//     chassis serial, dongles go from machine to machine.
//  2. Of system serial, system UUID and board serial, the first that both sides carry decides: if it differs, they are not the
//     same machine, whatever else agrees (a disk or a card has moved).
//  3. If it agrees but a later one of the three differs, the board was swapped, or two nodes share one serial: then a MAC or a
//     disk must agree as well.
//  4. Points: system serial 40, UUID 40, board serial 20, each MAC 20 up to 40, chassis serial 5, each disk 5 up to 10.
//     Below 20 points nobody is recognised, so chassis and disks alone never do.
//  5. The sole best score wins; a tie is no answer. So is a winner by MACs alone when each side also has one that the other lacks: a
//     card may have moved, or been swapped. And so is a winner by one serial or UUID alone where no MAC and no disk agrees with it: nodes
//     of one chassis may share its serial, and boards a UUID that looks real. A virtual machine may tell no disk beside its UUID.
import type { Evidence, EvidenceKind } from './evidence.ts';

export type KnownMachine = { readonly machineId: string; readonly evidence: readonly Evidence[] };

export type Recognition =
  | { readonly kind: 'known'; readonly machineId: string; readonly score: number }
  | { readonly kind: 'new' }
  | { readonly kind: 'tie'; readonly candidates: readonly string[]; readonly score: number };

const POINTS: Readonly<Record<EvidenceKind, { readonly each: number; readonly most: number }>> = {
  'system-serial': { each: 40, most: 40 },
  'system-uuid': { each: 40, most: 40 },
  'board-serial': { each: 20, most: 20 },
  mac: { each: 20, most: 40 },
  'chassis-serial': { each: 5, most: 5 },
  disk: { each: 5, most: 10 },
};
const THRESHOLD = 20;
const IDENTITY: readonly EvidenceKind[] = ['system-serial', 'system-uuid', 'board-serial'];

const keyOf = ({ kind, value }: Evidence): string => `${kind} ${value}`;

export const recognise = (
  evidence: readonly Evidence[],
  known: readonly KnownMachine[],
  wandering: readonly Evidence[] = [],
): Recognition => {
  const shared = new Set([...sharedKeys(known), ...wandering.map(keyOf)]);
  const own = evidence.filter((one) => !shared.has(keyOf(one)));
  const scored = known
    .map(({ machineId, evidence: theirs }) => ({
      machineId,
      score: score(
        own,
        theirs.filter((one) => !shared.has(keyOf(one))),
      ),
    }))
    .filter((candidate) => candidate.score >= THRESHOLD);
  const best = Math.max(...scored.map((candidate) => candidate.score));
  const [winner, ...rivals] = scored.filter((candidate) => candidate.score === best);
  if (winner === undefined) return { kind: 'new' };
  if (rivals.length > 0) return { kind: 'tie', candidates: [winner, ...rivals].map(({ machineId }) => machineId).toSorted(), score: best };
  const theirs = (known.find(({ machineId }) => machineId === winner.machineId)?.evidence ?? []).filter((one) => !shared.has(keyOf(one)));
  if (isByCardAlone(own, theirs) || isByWordAlone(own, theirs)) return { kind: 'tie', candidates: [winner.machineId], score: best };
  return { kind: 'known', ...winner };
};

/** Nothing agrees but the system serial, or but the UUID, and what a chassis shares; both sides tell MACs, beside a UUID disks too, that do not. */
const isByWordAlone = (own: readonly Evidence[], theirs: readonly Evidence[]): boolean => {
  const keys = new Set(theirs.map(keyOf));
  const agreeing = new Set(own.filter((one) => keys.has(keyOf(one))).map(({ kind }) => kind));
  agreeing.delete('chassis-serial');
  const both = (kind: EvidenceKind): boolean => [own, theirs].every((side) => side.some((one) => one.kind === kind));
  const [only, ...more] = agreeing;
  if (more.length > 0) return false;
  return (only === 'system-serial' && both('mac')) || (only === 'system-uuid' && both('mac') && both('disk'));
};

/** Nothing but MACs agrees, and each side has one that the other lacks. */
const isByCardAlone = (own: readonly Evidence[], theirs: readonly Evidence[]): boolean => {
  const keys = new Set(theirs.map(keyOf));
  const agreeing = own.filter((one) => keys.has(keyOf(one)));
  const ownKeys = new Set(own.map(keyOf));
  const isLacked = (one: Evidence, others: ReadonlySet<string>): boolean => one.kind === 'mac' && !others.has(keyOf(one));
  return (
    agreeing.every((one) => one.kind === 'mac') && own.some((one) => isLacked(one, keys)) && theirs.some((one) => isLacked(one, ownKeys))
  );
};

const sharedKeys = (known: readonly KnownMachine[]): Iterable<string> => {
  const holders = new Map<string, string>();
  const shared = new Set<string>();
  for (const { machineId, evidence } of known) {
    for (const key of evidence.map(keyOf)) {
      if ((holders.get(key) ?? machineId) !== machineId) shared.add(key);
      holders.set(key, machineId);
    }
  }
  return shared;
};

const score = (own: readonly Evidence[], theirs: readonly Evidence[]): number => {
  const theirKeys = new Set(theirs.map(keyOf));
  const agreeing = (kind: EvidenceKind): number => own.filter((one) => one.kind === kind && theirKeys.has(keyOf(one))).length;
  const both = IDENTITY.filter((kind) => own.some((one) => one.kind === kind) && theirs.some((one) => one.kind === kind));
  const [first, ...later] = both.map((kind) => agreeing(kind) > 0);
  if (first === false) return 0;
  if (later.includes(false) && agreeing('mac') + agreeing('disk') === 0) return 0;
  return (Object.keys(POINTS) as EvidenceKind[]).reduce(
    (sum, kind) => sum + Math.min(agreeing(kind) * POINTS[kind].each, POINTS[kind].most),
    0,
  );
};

// A set on its machine: what one yes of a person covers, and going on from one member to the next (docs/adr/0023).
import type { Disk } from '../../agent/protocol/disk.ts';
import type { SetPlace } from '../../preload/contract/image-set.ts';
import { sameDisk } from './consent.ts';
import type { ConsentSubject } from './consent.ts';
import type { DecidedSet } from './decided.ts';
import { note, send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';

/** What of a question about erasing belongs to a set. */
export type SetQuestion = SetPlace & { readonly covers: string[] };

export const questionOf = (decided: DecidedSet | undefined): { readonly set?: SetQuestion } => {
  if (decided === undefined || decided.isFinal) return {};
  const { set, number, after } = decided;
  const member = set.members[number - 1]?.name ?? decided.final;
  return { set: { name: set.name, member, number, of: set.members.length, covers: [...after] } };
};

/** Whether a question that stands names what is decided now. */
export const sameSetQuestion = (question: { readonly set?: SetQuestion | undefined }, decided: DecidedSet | undefined): boolean =>
  JSON.stringify(question.set ?? null) === JSON.stringify(questionOf(decided).set ?? null);

/** Remembers what a person said yes to, with all that the question named. */
export const coverRest = (parts: Parts, machine: Machine, { recipes, finalOsoid, after }: DecidedSet, subject: ConsentSubject): void => {
  if (after.length === 0) return parts.setRuns.cover(machine.id, null);
  const { operator } = parts.sites.current();
  const { sessionId, disk } = subject;
  parts.setRuns.cover(machine.id, { operator, sessionId, disk, recipes: [...recipes], finalOsoid, leaves: null });
};

/**
 * Whether the yes that began a run covers this erase too: the same person at the station, boot and disk, a recipe or image that the
 * question named, and on the disk nothing but what this run itself left there, by its record.
 */
export const isCovered = (
  parts: Parts,
  machine: Machine,
  disk: Disk,
  wants: { readonly recipe: string } | { readonly osoid: string },
): boolean => {
  const run = parts.setRuns.open(machine.id);
  const coverage = run?.coverage ?? null;
  if (run === null || coverage === null || coverage.leaves === null) return false;
  const isNamed =
    'recipe' in wants
      ? coverage.recipes.includes(wants.recipe)
      : coverage.finalOsoid === wants.osoid || run.built.some(({ member, osoid }) => member === run.final && osoid === wants.osoid);
  const { provenance } = disk;
  return (
    isNamed &&
    machine.sessionId === coverage.sessionId &&
    parts.sites.current().operator === coverage.operator &&
    sameDisk(disk, coverage.disk) &&
    provenance.verdict === 'trusted' &&
    provenance.osoid === coverage.leaves
  );
};

/** A member was built: the machine looks at its disk again, and the next one is decided. Null where it builds for no set. */
export const goOnWithSet = (
  parts: Parts,
  machine: Machine,
  built: { readonly osoid: string; readonly name: string; readonly recorded: boolean },
): Machine | null => {
  const run = parts.setRuns.open(machine.id);
  if (run === null) return null;
  const member = run.set.members[run.number - 1]?.name ?? run.final;
  parts.setRuns.built(machine.id, member, built.osoid, built.recorded);
  const says = `Member ${run.number} of ${run.set.members.length} of set "${run.set.name}" is stored as "${built.name}"; the agent looks again for the next.`;
  note(parts, machine, 'set.member-built', says);
  const again = parts.machines.move(machine.id, 'inventoried', { failedAttempts: 0, jobId: null, says });
  return send(parts, again, { kind: 'rescan' });
};

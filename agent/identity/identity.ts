// The identity of the systems on one filesystem: found, and where a person wants it so, taken out. Works on a tree of files, whatever is
// behind it; what else it takes to have one of a disk is in look.ts.
import type { IdentityFinding, IdentityKind } from '../protocol/identity.ts';
import type { Finder, Found } from './found.ts';
import { traceOf } from './found.ts';
import { findHostName } from './host-name.ts';
import { findInitiator } from './initiator.ts';
import { findMachineId } from './machine-id.ts';
import { findNetworkCards } from './network-cards.ts';
import { findByPlace } from './plain-rules.ts';
import { findSshHostKeys } from './ssh-host-keys.ts';
import { placesIn } from './systems.ts';
import type { Place } from './systems.ts';
import type { Tree } from './tree.ts';
import { textOf } from './tree.ts';
import { findWindows } from './windows.ts';

const FINDERS: readonly Finder[] = [
  findMachineId,
  findSshHostKeys,
  findHostName,
  findByPlace,
  findNetworkCards,
  findInitiator,
  findWindows,
];

export type Look = {
  /** The filesystem, for people. */
  readonly volume: string;
  readonly hasSubvolumes: boolean;
  /** Of the subvolume that it starts from, where that is not its top. */
  readonly startFolder: string | null;
  /** Kinds to take out; none to only look. */
  readonly neutralise: ReadonlySet<IdentityKind>;
};

/** Rejects with the system's error where the filesystem fails, or what was taken out is found again. */
export const lookAtTree = async (tree: Tree, look: Look): Promise<readonly IdentityFinding[]> => {
  const findings: IdentityFinding[] = [];
  for (const place of await placesIn(tree, look)) {
    const found = await foundIn(place.tree);
    for (const one of found) {
      const finding = await dealWith(place, one, look);
      if (finding !== null) findings.push(finding);
    }
    await checkGone(place.tree, look.neutralise);
  }
  return findings;
};

const foundIn = async (tree: Tree): Promise<readonly Found[]> => {
  const all: Found[] = [];
  for (const find of FINDERS) all.push(...(await find(tree)));
  return all;
};

const dealWith = async ({ tree, folder }: Place, found: Found, { volume, neutralise }: Look): Promise<IdentityFinding | null> => {
  const { kind, what, path, value, edit, note, isNew = false } = found;
  const isWanted = neutralise.has(kind);
  if (isNew && !isWanted) return null;
  const was = await traceOf(tree, path);
  const shared = {
    kind,
    volume: short(volume, 200),
    path: short(`${folder}${path}`, 1024),
    what: short(what, 200),
    value: value === null ? null : short(value, 400),
    note: short(note, 600),
    was,
  };
  if (!isWanted) return { ...shared, outcome: 'found', now: was };
  if (edit.do === 'nothing') return { ...shared, outcome: 'left', now: was };
  await apply(tree, path, edit);
  const now = await traceOf(tree, path);
  return { ...shared, outcome: isNew ? 'added' : now === null ? 'removed' : 'reset', now };
};

/** Names come from a disk, and a manifest has its limits. */
const short = (text: string, most: number): string => text.slice(0, most).toWellFormed();

const apply = async (tree: Tree, path: string, edit: Found['edit']): Promise<void> => {
  switch (edit.do) {
    case 'remove':
      return tree.remove(path);
    case 'write':
      return tree.write(path, edit.bytes);
    case 'link':
      if ((await tree.stat(path)) !== null) await tree.remove(path);
      return tree.link(path, edit.target);
    case 'rewrite': {
      // Read anew: another kind may have changed the same file.
      const text = await textOf(tree, path);
      if (text === null) return;
      const changed = edit.change(text);
      return changed === '' ? tree.remove(path) : tree.write(path, Buffer.from(changed));
    }
    case 'nothing':
      return;
  }
};

/** A rule whose edit does not undo what it finds would publish, as neutralised, what is not. */
const checkGone = async (tree: Tree, neutralise: ReadonlySet<IdentityKind>): Promise<void> => {
  if (neutralise.size === 0) return;
  const still = (await foundIn(tree)).filter(({ kind, edit, isNew }) => neutralise.has(kind) && edit.do !== 'nothing' && isNew !== true);
  if (still.length > 0) throw new Error(`still there after it was taken out: ${still.map(({ path }) => path).join(', ')}`);
};

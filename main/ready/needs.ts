// What the machines of a site will want, as far as it can be known now: policies against facts, the outcomes against images and recipes.
// A machine of which a deciding fact is missing is said to be unknown, and everything that it might get is looked for. Pure.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Outcome, Resolution } from '../../preload/contract/policy.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import { memberOutcome } from '../journey/decide-set.ts';
import type { LibraryImage } from '../journey/decided.ts';
import { evaluate, openFacts } from '../matching/evaluate.ts';
import { labelWords, likeLabels, newest } from '../matching/newest.ts';
import type { PolicyEntry } from '../matching/ranked.ts';
import { resolveAll } from '../matching/resolve-all.ts';
import type { Place } from '../matching/resolve-all.ts';
import { indexFor } from '../matching/resolve.ts';
import type { ResolveInput } from '../matching/resolve.ts';
import { corresponding, keyOf } from '../recipes/correspond.ts';

export type SiteMachine = {
  readonly id: string;
  readonly name: string;
  readonly facts: readonly Fact[];
  /** False: its inventory was never read, so that any fact may still come. */
  readonly isRead: boolean;
  /** The image that a person chose for it. */
  readonly chosen: string | null;
};

export type Need =
  | { readonly kind: 'image'; readonly osoid: string }
  /** `image`: one that corresponds does as well. */
  | { readonly kind: 'recipe'; readonly id: string; readonly image: string | null }
  /** No image or recipe answers it. */
  | { readonly kind: 'nothing'; readonly says: string; readonly next: string; readonly isUnknown: boolean };

export type Wanted = { readonly need: Need; readonly for: string; readonly needed: boolean };
export type Undecided = { readonly machine: string; readonly says: string; readonly next: string; readonly isProblem: boolean };
export type SiteNeeds = { readonly wanted: readonly Wanted[]; readonly undecided: readonly Undecided[] };

export type Known = {
  readonly siteId: number;
  readonly policies: readonly PolicyEntry[];
  readonly places: readonly Place[];
  readonly images: readonly LibraryImage[];
  readonly recipes: (id: string) => RecipeView | null;
  readonly sets: (name: string) => SetView | null;
  readonly fields: ResolveInput['fields'];
};

export const needsOfSite = (machines: readonly SiteMachine[], known: Known): SiteNeeds => {
  const { siteId } = known;
  const enabled = known.policies.filter((entry) => entry.enabled);
  const asking = machines.map(({ id, facts }) => ({ id, siteId, facts }));
  const resolutions = resolveAll(enabled, asking, known.places, known.fields);
  const wanted: Wanted[] = [];
  const undecided: Undecided[] = [];
  const used = new Set<string>();
  for (const machine of machines) {
    const resolution = resolutions.get(machine.id);
    if (machine.chosen !== null) {
      wanted.push({ need: { kind: 'image', osoid: machine.chosen }, for: machine.name, needed: true });
      continue;
    }
    if (resolution === undefined) continue;
    const open = openPolicies(enabled, machine, known.fields);
    if (resolution.kind === 'matched' && open.length === 0) {
      used.add(resolution.policy);
      wanted.push(...needsOf(resolution.outcome, machine.facts, known).map((need) => ({ need, for: machine.name, needed: true })));
      if (resolution.outcome.kind === 'ask') undecided.push(asks(machine.name, resolution.policy, resolution.outcome.facts));
      continue;
    }
    undecided.push(undecidedOf(machine, resolution, open));
    // What it might get, all of it.
    const mayBe = [...open.map(({ entry }) => entry), ...enabled.filter(({ policy }) => namedBy(resolution).includes(policy.name))];
    for (const { policy } of new Set(mayBe)) {
      used.add(policy.name);
      wanted.push(
        ...needsOf(policy.outcome, machine.facts, known).map((need) => ({ need, for: `${machine.name} (perhaps)`, needed: true })),
      );
    }
  }
  for (const { policy } of enabled)
    if (!used.has(policy.name))
      wanted.push(
        ...needsOf(policy.outcome, null, known).map((need) => ({ need, for: `policy ${policy.name}`, needed: machines.length === 0 })),
      );
  return { wanted, undecided };
};

const namedBy = (resolution: Resolution): readonly string[] => {
  if (resolution.kind === 'unmatched') return [];
  return resolution.kind === 'ambiguous' ? resolution.policies : [resolution.policy];
};

type Open = { readonly entry: PolicyEntry; readonly facts: readonly string[] };

/** Policies up to the one that wins which could still be true. Of a machine that was never read, those that skip what is unknown too. */
const openPolicies = (enabled: readonly PolicyEntry[], { facts, isRead }: SiteMachine, fields: ResolveInput['fields']): readonly Open[] => {
  const index = indexFor({ policies: enabled, facts, fields });
  const open: Open[] = [];
  let winsAt = Number.POSITIVE_INFINITY;
  for (const entry of enabled.toSorted((a, b) => a.policy.rank - b.policy.rank)) {
    if (entry.policy.rank > winsAt) break;
    const trace = evaluate(entry.policy.when, index);
    if (trace.truth === 'yes') winsAt = entry.policy.rank;
    else if (trace.truth === 'unknown' && (!isRead || entry.policy.whenUnknown === 'ask'))
      open.push({ entry, facts: [...openFacts(entry.policy.when, trace)] });
  }
  return open;
};

const undecidedOf = ({ name, isRead }: SiteMachine, resolution: Resolution, open: readonly Open[]): Undecided => {
  const [first] = open;
  if (first !== undefined) {
    const more = open.length > 1 ? `, nor can ${open.length - 1} more` : '';
    return {
      machine: name,
      says: `What it gets is not known: policy "${first.entry.policy.name}" cannot be judged without ${first.facts.join(', ')}${more}.`,
      next: isRead
        ? `Say it: rackside fact ${name} ${first.facts[0] ?? 'NAME'}=VALUE, or a column of the site plan.`
        : 'Give the facts as columns of the site plan, or let the machine boot once; its inventory tells them.',
      isProblem: false,
    };
  }
  switch (resolution.kind) {
    case 'ambiguous':
      return {
        machine: name,
        says: `Policies ${resolution.policies.join(' and ')} have the same rank and want different things.`,
        next: 'Give one of them another rank.',
        isProblem: true,
      };
    case 'limit-reached':
      return {
        machine: name,
        says: `Policy "${resolution.policy}" is for ${resolution.limit} machines, and that many are before it.`,
        next: 'Raise its limit, or expect to choose an image for this machine.',
        isProblem: true,
      };
    default:
      return {
        machine: name,
        says: 'No policy fits it.',
        next: 'Add a policy, or expect to choose an image for it.',
        isProblem: true,
      };
  }
};

const asks = (machine: string, policy: string, facts: readonly string[]): Undecided => ({
  machine,
  says: `What it gets is not known: policy "${policy}" asks for ${facts.join(', ')} first.`,
  next: 'Say it now with a column of the site plan, or be asked there.',
  isProblem: false,
});

type Nothing = Extract<Need, { kind: 'nothing' }>;
const nothing = (says: string, next: string, isUnknown = false): Nothing => ({ kind: 'nothing', says, next, isUnknown });

/** Of an image set every member: what no library has is made on a machine, and what cannot be made holds it. */
const needsOf = (outcome: Outcome, facts: readonly Fact[] | null, known: Known): readonly Need[] => {
  if (outcome.kind !== 'set') return [needOf(outcome, facts, known)];
  const entry = known.sets(outcome.set);
  if (entry === null) return [nothing(`Image set "${outcome.set}" is not here.`, 'Add it: rackside sets add FILE')];
  if (!entry.enabled) return [nothing(`Image set "${outcome.set}" is off.`, `Switch it on: rackside sets enable ${outcome.set}`)];
  return entry.set.members.map((member) => {
    const need = needOf(memberOutcome(member), facts, known);
    return need.kind === 'nothing' ? { ...need, says: `Member "${member.name}" of image set "${outcome.set}": ${need.says}` } : need;
  });
};

/** `facts` null: whatever machine it may be. */
const needOf = (outcome: Exclude<Outcome, { kind: 'set' }>, facts: readonly Fact[] | null, { images, recipes }: Known): Need => {
  switch (outcome.kind) {
    case 'deploy':
      return { kind: 'image', osoid: outcome.osoid };
    case 'deploy-newest': {
      const labels = labelWords(outcome.labels);
      const found = newest(images, outcome.labels);
      if (found.kind === 'found') return { kind: 'image', osoid: found.image.osoid };
      return found.kind === 'tie'
        ? nothing(`Which image with ${labels} is the newest cannot be told: ${found.reason}.`, 'Relabel one of them.')
        : nothing(
            `There is no trusted image with ${labels}${found.untrusted === 0 ? '' : `; ${found.untrusted} that carry it are not trusted`}${likeLabels(images, outcome.labels)}.`,
            found.untrusted === 0
              ? 'Import or capture it, relabel one, or merge a library that has it.'
              : 'See their keys with: rackside trust list',
          );
    }
    case 'build': {
      const entry = recipes(outcome.recipe);
      if (entry === null) return nothing(`Recipe "${outcome.recipe}" is not here.`, 'Add it: rackside recipes add FOLDER');
      if (!entry.enabled) return nothing(`Recipe "${outcome.recipe}" is off.`, `Switch it on: rackside recipes enable ${outcome.recipe}`);
      const key = facts === null ? { missing: [] } : keyOf(entry.recipe, facts);
      const image = 'key' in key ? corresponding(images, key.key, [], []) : null;
      return { kind: 'recipe', id: outcome.recipe, image: image?.osoid ?? null };
    }
    case 'boot-local':
    case 'hold':
    case 'ask':
      return nothing('', '', false);
  }
};

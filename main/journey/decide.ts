// What a machine gets, decided from values alone (docs/operating.md, "What happens at decision"): a person's word first, else
// what its policies resolve to, held against the images that this station has and trusts. Never a guess.
import type { Decision, DiskHint } from '../../agent/protocol/decision.ts';
import type { Outcome, Resolution } from '../../preload/contract/policy.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import { asField, fieldFor, fieldsOf, isAnswered } from '../matching/wanted-fields.ts';
import { labelWords, likeLabels, newest } from '../matching/newest.ts';
import { corresponding, keyOf, knownFacts, sameKey } from '../recipes/correspond.ts';
import type { RecipeKey } from '../recipes/correspond.ts';
import type { Construction } from '../recipes/construction-rows.ts';
import { installerFacts, whyNotInstalled } from '../recipes/installer-files.ts';
import { isAcceptedBound, whyBoundElsewhere } from './bound-image.ts';
import { growProblem, renderedFor } from './deploy-options.ts';
import type { DeployWish, Override } from './override-rows.ts';
import { decideSet } from './decide-set.ts';
import type { Decided, DecidedBy, LibraryImage } from './decided.ts';
import { isUsable } from './usable-image.ts';

export type Situation = {
  readonly override: Override | null;
  readonly resolution: Resolution;
  readonly images: readonly LibraryImage[];
  /** Set when two known machines fit this one equally well. */
  readonly tie: readonly string[] | null;
  readonly failedAttempts: number;
  /** What the last attempt failed with, in words. */
  readonly lastFailure: string | null;
  readonly facts: readonly Fact[];
  /** How the station asks for facts. */
  readonly fields: readonly StationField[];
  /** Images that its disks carry by trusted records. */
  readonly onDisk: readonly string[];
  /** What builds here have made. */
  readonly built: readonly { readonly key: RecipeKey; readonly osoid: string }[];
  readonly recipe: (id: string) => RecipeView | null;
  readonly imageSet: (name: string) => SetView | null;
  /** The image set that this machine is in the middle of. */
  readonly setRun: string | null;
  /** What is being built now, on other machines. */
  readonly building: readonly { readonly machineName: string; readonly key: RecipeKey }[];
  /** What is being made on the station for this key, or how that failed. */
  readonly constructing: (key: RecipeKey) => Pick<Construction, 'state' | 'failure' | 'lastLine'> | null;
};

type Assess = Extract<Decided, { kind: 'assess' }>;

const FAILED_ATTEMPTS_MAX = 2;

export const decide = (situation: Situation): Decided => {
  const { override, resolution, failedAttempts, lastFailure, tie } = situation;
  if (override?.kind === 'hold') return choose('waiting', 'Held by a person. Choose an image, boot its own disk, or let it try again.');
  if (failedAttempts >= FAILED_ATTEMPTS_MAX)
    return choose(
      'failed',
      `Two attempts failed${lastFailure === null ? '' : `: ${lastFailure}`} Let it try again once the cause is gone.`,
    );
  if (override?.kind === 'deploy') return deploy(situation, override.osoid, override, null);
  if (tie !== null)
    return choose(
      'ambiguous',
      tie.length === 1
        ? `It looks like ${tie.join('')} and may be another machine: that one's agent runs elsewhere, or only a network card agrees. Merge them, split it off, or choose an image for it.`
        : `It looks equally like ${tie.length} machines known here (${tie.join(', ')}). Merge it with one, split it off, or choose an image for it.`,
    );
  const first = situation.fields.filter((field) => field.everyMachine && !isAnswered(field, situation.facts));
  if (first.length > 0) return askFor('waiting', first.map(asField), 'This is asked of every machine before anything is decided.');
  switch (resolution.kind) {
    case 'matched':
      return outcomeOf(situation, resolution, resolution.outcome);
    case 'unmatched':
      return choose('unmatched', 'No policy fits this machine. Choose an image for it, or add a policy.');
    case 'ambiguous':
      return choose(
        'ambiguous',
        `Policies ${resolution.policies.join(' and ')} have the same rank and want different things. Give one of them another rank, or choose an image for it.`,
      );
    case 'unknown':
      return ask(
        situation,
        'ambiguous',
        resolution.facts,
        `Policy "${resolution.policy}" comes first and cannot be judged without knowing ${resolution.facts.join(', ')}.`,
      );
    case 'limit-reached':
      return choose(
        'waiting',
        `Policy "${resolution.policy}" is for ${resolution.limit} machines, and that many have it. Choose an image, or raise the limit.`,
      );
  }
};

const outcomeOf = (situation: Situation, resolution: Extract<Resolution, { kind: 'matched' }>, outcome: Outcome): Decided => {
  const by = { name: resolution.policy, consent: resolution.consent, replaceExisting: resolution.replaceExisting };
  switch (outcome.kind) {
    case 'deploy':
      return deploy(situation, outcome.osoid, wishIn(outcome), { ...by, isNewest: false });
    case 'deploy-newest': {
      const found = newest(situation.images, outcome.labels);
      const labels = labelWords(outcome.labels);
      if (found.kind === 'found') return deploy(situation, found.image.osoid, wishIn(outcome), { ...by, isNewest: true });
      if (found.kind === 'tie')
        return choose('ambiguous', `Which image with ${labels} is the newest cannot be told: ${found.reason}. Choose one.`);
      const untrusted = found.untrusted === 0 ? '' : ` (${found.untrusted} carry them and are not trusted)`;
      return choose(
        'unmatched',
        `Policy "${by.name}" wants the newest trusted image with ${labels}, and the library has none${untrusted}${likeLabels(situation.images, outcome.labels)}. Import or relabel one, or choose another.`,
      );
    }
    case 'build':
      return build(situation, outcome.recipe, { ...by, isNewest: false });
    case 'set': {
      const entry = situation.imageSet(outcome.set);
      if (entry === null)
        return choose(
          'unmatched',
          `Policy "${by.name}" wants image set "${outcome.set}", which is not here. Add the set, or choose an image.`,
        );
      if (!entry.enabled)
        return choose(
          'waiting',
          `Policy "${by.name}" wants image set "${outcome.set}", which is switched off. Switch it on, or choose an image.`,
        );
      const { set } = entry;
      return decideSet({
        set,
        final: outcome.member ?? set.final ?? set.members.at(-1)?.name ?? '',
        onDisk: situation.onDisk,
        isRunning: situation.setRun === set.name,
        decideFor: (wanted) => outcomeOf(situation, resolution, wanted),
      });
    }
    case 'boot-local':
      return { kind: 'boot-local', policy: resolution.policy };
    case 'hold':
      return choose('waiting', `Policy "${resolution.policy}" holds it: ${outcome.reason}`);
    case 'ask':
      return askFor(
        'waiting',
        fieldsOf(outcome, situation.fields).filter((field) => !isAnswered(field, situation.facts)),
        `Policy "${resolution.policy}" asks for these facts.`,
      );
  }
};

const build = (situation: Situation, id: string, by: NonNullable<DecidedBy>): Decided => {
  const entry = situation.recipe(id);
  if (entry === null)
    return choose('unmatched', `Policy "${by.name}" builds by recipe "${id}", which is not here. Add the recipe, or choose an image.`);
  if (!entry.enabled)
    return choose('waiting', `Policy "${by.name}" builds by recipe "${id}", which is switched off. Switch it on, or choose an image.`);
  const { recipe } = entry;
  const found = keyOf(recipe, situation.facts);
  if ('missing' in found) return ask(situation, 'waiting', found.missing, `Recipe "${id}" tells by these facts which machines are alike.`);
  const lacking = recipe.kind === 'installer' ? installerFacts(recipe).filter((name) => !isKnown(situation.facts, name)) : [];
  if (lacking.length > 0) return ask(situation, 'waiting', lacking, `The installer of recipe "${id}" is told these facts.`);
  const image = corresponding(situation.images, found.key, situation.onDisk, situation.built);
  if (image !== null) return deploy(situation, image.osoid, wishIn({ disk: recipe.disk }), by);
  if (recipe.kind === 'compose' || recipe.kind === 'command') return construct(situation, entry, found.key, by);
  const other = situation.building.find(({ key }) => sameKey(key, found.key));
  if (other !== undefined)
    return choose('waiting', `${other.machineName} is alike, and its image is being built by recipe "${id}"; this machine waits for it.`);
  const unfit = recipe.kind === 'installer' ? whyNotInstalled(recipe, knownFacts(situation.facts)) : null;
  if (unfit !== null) return choose('waiting', `Recipe "${id}" cannot install it: ${unfit.message} ${unfit.next}`);
  return { kind: 'build', entry, key: found.key, by };
};

const isKnown = (facts: readonly Fact[], wanted: string): boolean => facts.some(({ name, filler }) => name === wanted && !filler);

/** It waits for its image with what is known of it; a failure waits for a person. */
const construct = (situation: Situation, entry: RecipeView, key: RecipeKey, by: NonNullable<DecidedBy>): Decided => {
  const known = situation.constructing(key);
  if (known === null) return { kind: 'construct', entry, key, by };
  const { id } = entry.recipe;
  if (known.state === 'running')
    return choose('waiting', `Its image is being made on the station by recipe "${id}"; this machine waits for it.`);
  const { message, next } = known.failure ?? { message: 'it ended without an image.', next: 'Let it try again.' };
  return choose('waiting', `Recipe "${id}" did not make its image: ${message} ${next}`);
};

type DeployWords = { readonly diskHint: DiskHint; readonly rewrite: boolean; readonly options: DeployWish };

const wishIn = (outcome: {
  readonly disk?: DiskHint | undefined;
  readonly grow?: string | undefined;
  readonly settings?: DeployWish['settings'] | undefined;
}): DeployWords => ({
  diskHint: outcome.disk ?? {},
  rewrite: false,
  options: { grow: outcome.grow ?? null, settings: outcome.settings ?? null },
});

const deploy = (situation: Situation, osoid: string, { diskHint, rewrite, options: wish }: DeployWords, by: DecidedBy): Decided => {
  const image = situation.images.find((candidate) => candidate.osoid === osoid);
  const short = osoid.slice(0, 12);
  if (image === undefined)
    return choose('unmatched', `Image ${short} is not in the library. Plug in the disk that has it, or choose another.`);
  if (!isUsable(image, situation.override))
    return choose(
      'unmatched',
      `Image ${short} "${image.name}" is not signed by a key this station trusts. Trust the key, or choose another.`,
    );
  const bound = whyBoundElsewhere(image, situation.facts);
  if (bound !== null && !isAcceptedBound(image, situation.override))
    return choose('unmatched', `${bound} Choose another image, or this one by hand and on your word.`);
  const grows = growProblem(wish.grow, image);
  if (!grows.ok) return choose('waiting', `${grows.failure.message} ${grows.failure.next}`);
  const rendered = renderedFor(wish, situation.facts);
  if (rendered !== null && !rendered.ok) {
    const { failure, missing } = rendered;
    // What only an inventory reads cannot be asked of a person.
    const canAsk = missing.length > 0 && missing.every((name) => fieldFor(name, situation.fields) !== null);
    return canAsk ? ask(situation, 'waiting', missing, failure.message) : choose('waiting', `${failure.message} ${failure.next}`);
  }
  return { kind: 'assess', image, diskHint, rewrite, by, wish, settings: rendered?.value ?? null };
};

const choose = (state: Extract<Decided, { kind: 'hold' }>['state'], reason: string): Decided => ({
  kind: 'hold',
  state,
  question: { kind: 'choose', reason },
});
const ask = ({ fields }: Situation, state: 'ambiguous' | 'waiting', facts: readonly string[], reason: string): Decided =>
  askFor(
    state,
    facts.flatMap((name) => fieldFor(name, fields) ?? []),
    reason,
  );
const askFor = (state: 'ambiguous' | 'waiting', fields: readonly Field[], reason: string): Decided => ({
  kind: 'hold',
  state,
  question: { kind: 'fact', facts: fields.map(({ name }) => name), fields: [...fields], reason },
});

/** What the agent is asked to judge. */
export const decisionOf = (
  decided: Exclude<Decided, { kind: 'boot-local' | 'construct' | 'assess' }> | Omit<Assess, 'wish' | 'settings'>,
): Decision => {
  if (decided.kind === 'assess') {
    const { image, diskHint, rewrite } = decided;
    const { name, diskSizeBytes, logicalSectorBytes, firmware, architecture, secureBootTrusted } = image;
    const needs = { name, diskSizeBytes, logicalSectorBytes, firmware, architecture, secureBootTrusted };
    return { kind: 'deploy', osoid: image.osoid, manifestSha256: image.manifestSha256, needs, diskHint, rewrite };
  }
  if (decided.kind === 'build') {
    const { recipe, sha256 } = decided.entry;
    const { id, version, name } = recipe;
    return { kind: 'build', recipe: { id, version, name, sha256 }, diskHint: recipe.disk ?? {} };
  }
  const { question } = decided;
  const held = { kind: 'hold' as const, reason: 'reason' in question ? question.reason : 'Held.' };
  if (question.kind !== 'fact') return { ...held, asks: [] };
  return { ...held, asks: question.facts, form: { fields: question.fields, problems: [] } };
};

// What a machine gets, decided from values alone (docs/operating.md, "What happens at decision"): a person's word first, else
// what its policies resolve to, held against the images that this station has and trusts. Never a guess.
import type { Decision, DiskHint } from '../../agent/protocol/decision.ts';
import type { Outcome, Resolution } from '../../preload/contract/policy.ts';
import type { ImageView, MachineState, Question } from '../../preload/contract/views.ts';
import { newest } from '../matching/newest.ts';
import type { NewestCandidate } from '../matching/newest.ts';
import type { Override } from './override-rows.ts';

export type LibraryImage = ImageView & NewestCandidate;

export type Situation = {
  readonly override: Override | null;
  readonly resolution: Resolution;
  readonly images: readonly LibraryImage[];
  /** Set when two known machines fit this one equally well. */
  readonly tie: readonly string[] | null;
  readonly failedAttempts: number;
  /** What the last attempt failed with, in words. */
  readonly lastFailure: string | null;
};

/** The policy that decided; null when a person did. */
export type DecidedBy = {
  readonly name: string;
  readonly consent: 'ask' | 'auto';
  readonly replaceExisting: boolean;
  readonly isNewest: boolean;
} | null;

export type Decided =
  /** Let the agent hold this image against its own disks: it may be there already. */
  | {
      readonly kind: 'assess';
      readonly image: LibraryImage;
      readonly diskHint: DiskHint;
      readonly rewrite: boolean;
      readonly by: DecidedBy;
    }
  | { readonly kind: 'boot-local'; readonly policy: string }
  | {
      readonly kind: 'hold';
      readonly state: Extract<MachineState, 'unmatched' | 'ambiguous' | 'waiting' | 'failed'>;
      readonly question: Question;
    };

const FAILED_ATTEMPTS_MAX = 2;

export const decide = (situation: Situation): Decided => {
  const { override, resolution, failedAttempts, lastFailure, tie } = situation;
  if (override?.kind === 'hold') return choose('waiting', 'Held by a person. Choose an image, boot its own disk, or let it try again.');
  if (failedAttempts >= FAILED_ATTEMPTS_MAX)
    return choose(
      'failed',
      `Two attempts failed${lastFailure === null ? '' : `: ${lastFailure}`} Let it try again once the cause is gone.`,
    );
  if (override?.kind === 'deploy') return deploy(situation, override.osoid, override.diskHint, override.rewrite, null);
  if (tie !== null)
    return choose(
      'ambiguous',
      tie.length === 1
        ? `It looks like ${tie.join('')}, whose agent is running elsewhere at this moment. Choose an image for it.`
        : `It looks equally like ${tie.length} machines known here (${tie.join(', ')}). Choose an image for it.`,
    );
  switch (resolution.kind) {
    case 'matched':
      return outcomeOf(situation, resolution, resolution.outcome);
    case 'unmatched':
      return choose('unmatched', 'No policy fits this machine. Choose an image for it, or add a policy.');
    case 'ambiguous':
      return choose(
        'ambiguous',
        `Policies ${resolution.policies.join(' and ')} have the same rank and want different things. Choose an image for it.`,
      );
    case 'unknown':
      return ask('ambiguous', resolution.facts, `Policy "${resolution.policy}" comes first and cannot be judged without knowing more.`);
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
      return deploy(situation, outcome.osoid, outcome.disk ?? {}, false, { ...by, isNewest: false });
    case 'deploy-newest': {
      const found = newest(situation.images, outcome.labels);
      const labels = Object.entries(outcome.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ');
      if (found.kind === 'found') return deploy(situation, found.image.osoid, outcome.disk ?? {}, false, { ...by, isNewest: true });
      if (found.kind === 'tie')
        return choose('ambiguous', `Which image with ${labels} is the newest cannot be told: ${found.reason}. Choose one.`);
      const untrusted = found.untrusted === 0 ? '' : ` (${found.untrusted} carry them and are not trusted)`;
      return choose('unmatched', `The library has no trusted image with ${labels}${untrusted}. Import one, or choose another.`);
    }
    case 'boot-local':
      return { kind: 'boot-local', policy: resolution.policy };
    case 'hold':
      return choose('waiting', `Policy "${resolution.policy}" holds it: ${outcome.reason}`);
    case 'ask':
      return ask('waiting', outcome.facts, `Policy "${resolution.policy}" asks for these facts.`);
  }
};

const deploy = (situation: Situation, osoid: string, diskHint: DiskHint, rewrite: boolean, by: DecidedBy): Decided => {
  const image = situation.images.find((candidate) => candidate.osoid === osoid);
  const short = osoid.slice(0, 12);
  if (image === undefined)
    return choose('unmatched', `Image ${short} is not in the library. Plug in the disk that has it, or choose another.`);
  if (image.trust !== 'trusted')
    return choose('unmatched', `Image ${short} "${image.name}" is not signed by a key this station trusts. Choose another.`);
  return { kind: 'assess', image, diskHint, rewrite, by };
};

const choose = (state: Extract<Decided, { kind: 'hold' }>['state'], reason: string): Decided => ({
  kind: 'hold',
  state,
  question: { kind: 'choose', reason },
});
const ask = (state: 'ambiguous' | 'waiting', facts: readonly string[], reason: string): Decided => ({
  kind: 'hold',
  state,
  question: { kind: 'fact', facts: [...facts], reason },
});

/** What the agent is asked to judge. */
export const decisionOf = (decided: Exclude<Decided, { kind: 'boot-local' }>): Decision => {
  if (decided.kind === 'assess') {
    const { image, diskHint, rewrite } = decided;
    const { name, diskSizeBytes, logicalSectorBytes, firmware, architecture, secureBootTrusted } = image;
    const needs = { name, diskSizeBytes, logicalSectorBytes, firmware, architecture, secureBootTrusted };
    return { kind: 'deploy', osoid: image.osoid, manifestSha256: image.manifestSha256, needs, diskHint, rewrite };
  }
  const { question } = decided;
  return { kind: 'hold', reason: 'reason' in question ? question.reason : 'Held.', asks: question.kind === 'fact' ? question.facts : [] };
};

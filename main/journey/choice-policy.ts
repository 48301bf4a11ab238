// The policy that a person's choice for one machine comes to: machines that are like it get the same image. Pure; nothing is guessed that
// the person does not read before it is saved.
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChoiceWish } from '../../preload/contract/choice.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import type { FactTest, Outcome, Policy, Trace } from '../../preload/contract/policy.ts';
import { newest } from '../matching/newest.ts';
import type { LibraryImage } from './decided.ts';

export type Choice = {
  readonly machineName: string;
  readonly facts: readonly Fact[];
  readonly image: LibraryImage;
  readonly images: readonly LibraryImage[];
  /** Of every policy that is here. */
  readonly trace: Trace;
  /** A disk that was named with the choice. */
  readonly namesDisk: boolean;
  readonly operator: string;
};

type Wish = Omit<ChoiceWish, 'machineId' | 'save'>;
type Proposed = { readonly policy: Policy; readonly says: readonly string[] };

/** What names a kind of machine, the best first; of each group all must be known. */
const KINDS: readonly (readonly string[])[] = [['manufacturer', 'model'], ['board.manufacturer', 'board.model'], ['system.sku']];
/** The rank where no other policy speaks. */
const RANK = 100;

export const policyFromChoice = (choice: Choice, wish: Wish): Result<Proposed> => {
  const criteria = criteriaOf(choice, wish.facts);
  if (!criteria.ok) return criteria;
  const outcome = outcomeOf(choice, wish.newest);
  if (!outcome.ok) return outcome;
  const name = nameOf(choice, criteria.value, wish.name);
  if (!name.ok) return name;
  const rank = rankOf(choice.trace, wish.rank);
  if (!rank.ok) return rank;
  const { image, machineName, operator } = choice;
  const policy = policySchema.parse({
    name: name.value,
    rank: rank.value,
    when: { all: criteria.value },
    outcome: outcome.value,
    consent: 'ask',
    note: `${operator} chose "${image.name}" r${image.revision} for ${machineName}; this is for machines like it.`,
  });
  return success({
    policy,
    says: choice.namesDisk ? ['The disk that was chosen is this machine’s own and is not part of the policy.'] : [],
  });
};

const criteriaOf = ({ facts, image }: Choice, wanted: readonly string[]): Result<readonly FactTest[]> => {
  const known = new Map(facts.filter(({ filler, value }) => !filler && value !== '').map((fact) => [fact.name, fact]));
  const missing = wanted.find((name) => !known.has(name));
  if (missing !== undefined)
    return failed(
      'choice.fact-unknown',
      `${missing} of this machine is not known, or filler.`,
      'Choose facts that it has: rackside facts MACHINE',
    );
  const kind = KINDS.find((group) => group.every((name) => known.has(name)));
  if (wanted.length === 0 && kind === undefined)
    return failed(
      'choice.no-criteria',
      'Nothing that is known of this machine names its kind.',
      'Say by which facts machines are like it: --fact NAME',
    );
  const names = [...new Set(wanted.length > 0 ? wanted : (kind ?? []))];
  // An image that starts only on one kind of firmware is for machines of that kind.
  const firmware = image.firmware === 'bios' || image.firmware === 'uefi';
  if (firmware && known.has('firmware.kind') && !names.includes('firmware.kind')) names.push('firmware.kind');
  return success(names.flatMap((name) => testOf(known.get(name))));
};

const testOf = (fact: Fact | undefined): readonly FactTest[] => {
  if (fact === undefined) return [];
  const { name, value } = fact;
  if (!Array.isArray(value)) return [{ fact: name, equal: value }];
  const [only, ...more] = value;
  if (only === undefined) return [];
  return [more.length === 0 ? { fact: name, equal: only } : { fact: name, in: [...value] }];
};

const outcomeOf = ({ image, images }: Choice, wantsNewest: boolean): Result<Outcome> => {
  if (!wantsNewest) return success({ kind: 'deploy', osoid: image.osoid });
  const { labels } = image;
  const found = Object.keys(labels).length === 0 ? null : newest(images, labels);
  if (found?.kind === 'found' && found.image.osoid === image.osoid) return success({ kind: 'deploy-newest', labels });
  return failed(
    'choice.not-newest',
    Object.keys(labels).length === 0
      ? `"${image.name}" has no labels by which newer ones could be found.`
      : `"${image.name}" r${image.revision} is not what its labels would be given now.`,
    'Leave out --newest for exactly this image, or label the images.',
  );
};

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
    .replaceAll(/-+$/g, '');

const nameOf = ({ image, trace }: Choice, criteria: readonly FactTest[], wanted: string | undefined): Result<string> => {
  const taken = new Set(trace.policies.map(({ name }) => name));
  if (wanted !== undefined) {
    if (!/^[a-z0-9][a-z0-9-]{0,79}$/.test(wanted))
      return failed(
        'choice.name-invalid',
        `"${wanted}" is no name of a policy.`,
        `Use small letters, digits and hyphens: ${slugOf(wanted) || 'web-servers'}`,
      );
    return taken.has(wanted)
      ? failed('choice.name-taken', `There is a policy "${wanted}" already.`, 'Give another name, or change that policy itself.')
      : success(wanted);
  }
  const parts = criteria.flatMap((test) => ('equal' in test && test.fact !== 'firmware.kind' ? [String(test.equal)] : []));
  const base = slugOf(parts.join(' ')) || slugOf(image.name) || 'choice';
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return success(name);
  }
};

const SILENT: readonly Trace['policies'][number]['verdict'][] = ['not-true', 'disabled', 'answered', 'unknown-skipped'];

/** Before all that speak for this machine now, or it would change nothing. */
const rankOf = ({ policies }: Trace, wanted: number | undefined): Result<number> => {
  if (wanted !== undefined) return success(wanted);
  const speaking = policies.filter(({ verdict }) => !SILENT.includes(verdict)).toSorted((a, b) => a.rank - b.rank);
  const [first] = speaking;
  if (first === undefined) return success(RANK);
  if (first.rank > 0) return success(first.rank - 1);
  return failed(
    'choice.no-rank',
    `Policy "${first.name}" has rank 0, and nothing comes before that.`,
    'Give that policy a higher rank, or this one a rank: --rank',
  );
};

// An image with volumes that only one machine's TPM opens is that machine's backup, and on any other a system that stops at a question
// nobody there can answer. It goes elsewhere only by a person's word.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { Override } from './override-rows.ts';

type Bound = Pick<ImageView, 'osoid' | 'name' | 'boundToMachine'>;

/** Why this machine does not get the image without a person's word; null where it may. */
export const whyBoundElsewhere = (image: Bound, facts: readonly Fact[]): string | null => {
  const { boundToMachine: bound } = image;
  if (bound === undefined || isSource(bound.sourceNames, facts)) return null;
  const volumes = bound.volumes.map(({ number }) => `partition ${number}`).join(', ');
  const opens = bound.volumes.every(({ otherKey }) => otherKey)
    ? 'elsewhere only its passphrase or recovery key opens it'
    : 'nothing opens it elsewhere';
  const known = Object.keys(bound.sourceNames).length > 0;
  return `"${image.name}" is bound to ${known ? 'another machine' : 'the machine that it was made on'}: ${volumes} is sealed to its TPM, and ${opens}.`;
};

export const isAcceptedBound = (image: Bound, override: Override | null): boolean =>
  override?.kind === 'deploy' && override.osoid === image.osoid && override.acceptsBound === true;

/** Every name of the source that this machine has must be its own, and one at least: a board that was swapped has another TPM. */
const isSource = (names: Readonly<Record<string, string>>, facts: readonly Fact[]): boolean => {
  const shared = Object.entries(names).flatMap(([name, wanted]) => {
    const fact = facts.find((one) => one.name === name && !one.filler);
    return fact === undefined ? [] : [String(fact.value).toLowerCase() === wanted.toLowerCase()];
  });
  return shared.length > 0 && shared.every(Boolean);
};

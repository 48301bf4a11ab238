// Notices beside policies. Told with their list: what those that are on want and no library here has; nothing is wrong with them, and the
// first machine would be held. And which are never reached.
import type { ImageView, PolicyView } from '../../preload/contract/views.ts';
import { labelWords, likeLabels, newest } from '../matching/newest.ts';

const SHOWN_MAX = 10;

export const lackLines = (views: readonly PolicyView[], images: readonly ImageView[]): readonly string[] => {
  const lacks = new Map<string, { readonly names: string[]; readonly says: string | null }>();
  for (const { policy, enabled } of views) {
    const { outcome } = policy;
    if (!enabled || (outcome.kind !== 'deploy' && outcome.kind !== 'deploy-newest')) continue;
    const wanted = outcome.kind === 'deploy' ? outcome.osoid : JSON.stringify(outcome.labels);
    const known = lacks.get(wanted);
    if (known === undefined) lacks.set(wanted, { names: [policy.name], says: lackOf(outcome, images) });
    else known.names.push(policy.name);
  }
  const lines = [...lacks.values()].flatMap(({ names, says }) => (says === null ? [] : [`NOTE ${namesOf(names)}: ${says}`]));
  const more = lines.length > SHOWN_MAX ? [`NOTE and ${lines.length - SHOWN_MAX} more lack images; see: rackside library ready`] : [];
  return [...lines.slice(0, SHOWN_MAX), ...more];
};

/** Policies that are never reached, in sentences. */
export const shadowLines = (says: readonly string[]): readonly string[] => [
  ...says.slice(0, SHOWN_MAX).map((one) => `NOTE ${one}`),
  ...(says.length > SHOWN_MAX ? [`NOTE and ${says.length - SHOWN_MAX} more are never reached; --json tells them all`] : []),
];

const namesOf = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');

const lackOf = (
  outcome: Extract<PolicyView['policy']['outcome'], { kind: 'deploy' | 'deploy-newest' }>,
  images: readonly ImageView[],
): string | null => {
  if (outcome.kind === 'deploy')
    return images.some(({ osoid }) => osoid === outcome.osoid) ? null : `no library here has image ${outcome.osoid.slice(0, 12)}`;
  const labels = labelWords(outcome.labels);
  const found = newest(images, outcome.labels);
  if (found.kind === 'found') return null;
  if (found.kind === 'tie') return `which image with ${labels} is the newest cannot be told: ${found.reason}`;
  const untrusted = found.untrusted === 0 ? '' : ` (${found.untrusted} carry them and are not trusted)`;
  return `no trusted image has ${labels}${untrusted}${likeLabels(images, outcome.labels)}`;
};

// Which image "the newest with these labels" is. The author's explicit revision decides, never a clock: laptops on a rack
// are often years off, and a restored backup must not overtake.
import type { ImageView } from '../../preload/contract/views.ts';
import { foldText } from './text.ts';

/** `lineage` is the manifest's lineage id; where it is not at hand, images of one name count as one line. */
export type NewestCandidate = Pick<ImageView, 'osoid' | 'name' | 'revision' | 'labels' | 'trust'> & { readonly lineage?: string };

export type Newest<T> =
  | { readonly kind: 'found'; readonly image: T }
  /** No trusted image carries the labels; `untrusted` counts those that carry them but are not trusted. */
  | { readonly kind: 'none'; readonly untrusted: number }
  /** Different contents claim the same place, or revisions of different lines are compared: a person must choose. */
  | { readonly kind: 'tie'; readonly images: readonly T[]; readonly reason: string };

/**
 * The highest revision of the one line of images that carries all `labels`. Revision numbers of two lines say nothing
 * of each other, so labels that reach two lines are a tie.
 */
export const newest = <T extends NewestCandidate>(images: readonly T[], labels: Readonly<Record<string, string>>): Newest<T> => {
  const carrying = images.filter((image) => Object.entries(labels).every(([key, value]) => carries(image, key, value)));
  const trusted = carrying.filter((image) => image.trust === 'trusted');
  if (trusted.length === 0) return { kind: 'none', untrusted: carrying.length };
  const lines = new Set(trusted.map((image) => image.lineage ?? foldText(image.name)));
  const revision = Math.max(...trusted.map((image) => image.revision));
  const best = unique(trusted.filter((image) => image.revision === revision));
  if (lines.size > 1) return { kind: 'tie', images: trusted, reason: `${lines.size} different images carry these labels` };
  const [image] = best;
  if (image === undefined || best.length > 1)
    return { kind: 'tie', images: best, reason: `${best.length} images share revision ${revision}` };
  return { kind: 'found', image };
};

const SHOWN_MAX = 4;

export const labelWords = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

/** `; there is role=web`: what images carry instead of labels that none carries, so that a slip is seen; empty where that is nothing. */
export const likeLabels = (images: readonly Pick<ImageView, 'labels'>[], labels: Readonly<Record<string, string>>): string => {
  const there = Object.entries(labels).flatMap(([key, value]) => {
    const values = images.flatMap((image) => (Object.hasOwn(image.labels, key) ? [image.labels[key] ?? ''] : []));
    return values.some((one) => foldText(one) === foldText(value)) ? [] : [...new Set(values)].toSorted().map((one) => `${key}=${one}`);
  });
  return there.length === 0 ? '' : `; there is ${there.slice(0, SHOWN_MAX).join(', ')}${there.length > SHOWN_MAX ? ' …' : ''}`;
};

const carries = (image: NewestCandidate, key: string, value: string): boolean => {
  const own = Object.hasOwn(image.labels, key) ? image.labels[key] : undefined;
  return own !== undefined && foldText(own) === foldText(value);
};

const unique = <T extends NewestCandidate>(images: readonly T[]): readonly T[] => [
  ...new Map(images.map((image) => [image.osoid, image])).values(),
];

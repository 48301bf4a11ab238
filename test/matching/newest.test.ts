import { expect, test } from 'vitest';
import { likeLabels, newest } from '../../main/matching/newest.ts';
import type { NewestCandidate } from '../../main/matching/newest.ts';

const image = (letter: string, name: string, revision: number, change: Partial<NewestCandidate> = {}): NewestCandidate => ({
  osoid: letter.repeat(64),
  name,
  revision,
  labels: { os: 'debian', role: name },
  trust: 'trusted',
  ...change,
});
const web = { role: 'web' };

test('the highest revision of the line wins, whatever the order', () => {
  const images = [image('b', 'web', 2), image('c', 'web', 3), image('a', 'web', 1), image('d', 'mail', 9)];
  expect(newest(images, web)).toEqual({ kind: 'found', image: images[1] });
  expect(newest(images.toReversed(), { Role: 'web' }).kind).toBe('none');
  expect(newest(images.toReversed(), { role: ' WEB' })).toEqual({ kind: 'found', image: images[1] });
});
test('an image that is not trusted is no candidate, and is counted', () => {
  const images = [image('b', 'web', 2), image('c', 'web', 3, { trust: 'unknown-key' })];
  expect(newest(images, web)).toEqual({ kind: 'found', image: images[0] });
  expect(newest(images.slice(1), web)).toEqual({ kind: 'none', untrusted: 1 });
});
test('two contents with one revision are a tie', () => {
  expect(newest([image('b', 'web', 2), image('c', 'web', 2)], web)).toMatchObject({ kind: 'tie', reason: '2 images share revision 2' });
});
test('labels that reach two lines are a tie: their revisions do not compare', () => {
  expect(newest([image('b', 'web', 2), image('c', 'mail', 9)], { os: 'debian' })).toMatchObject({ kind: 'tie' });
});
test('the same image listed twice is one image', () => {
  expect(newest([image('b', 'web', 2), image('b', 'web', 2)], web).kind).toBe('found');
});
test('labels that no image carries are told with those that there are', () => {
  const images = [image('b', 'web', 2), image('c', 'mail', 9), image('d', 'web', 3)];
  expect(likeLabels(images, { role: 'wbe' })).toBe('; there is role=mail, role=web');
  expect(likeLabels(images, { role: 'WEB', os: 'arch' })).toBe('; there is os=debian');
  expect(likeLabels(images, { site: 'x' })).toBe('');
});

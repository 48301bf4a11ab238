import { expect, test } from 'vitest';

import { outdated } from '../../scripts/bootkit/prune.ts';

const used = '0123456789abcdef';
const old = 'fedcba9876543210';

test('only keyed folders of other keys go', () => {
  const names = ['apt', 'debs', 'building', `root-${used}`, `root-${used}.owners.json`, `root-${old}`, `root-${old}.owners.json`];
  expect(outdated(names, [used])).toEqual([`root-${old}`, `root-${old}.owners.json`]);
});

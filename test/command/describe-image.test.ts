// What an image says of itself on the terminal.
import { expect, test } from 'vitest';
import { describeImage } from '../../main/command/image-commands.ts';
import { image } from '../journey/fixtures.ts';

test('an image that a recipe built says which, and for which machines', () => {
  const recipe = { id: 'web', version: '2', matchOn: { model: 'R650', 'pci.ids': ['8086:1563', '15b3:1015'] } };
  expect(describeImage(image('a', { recipe }))).toContain(
    ['  built by   web version 2', '             for model R650', '             for pci.ids 8086:1563, 15b3:1015'].join('\n'),
  );
  expect(describeImage(image('a'))).not.toContain('built by');
});

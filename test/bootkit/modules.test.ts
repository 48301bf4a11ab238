import { expect, test } from 'vitest';

import { chooseModules, firmwareOf, parseDependencies } from '../../scripts/bootkit/modules.ts';

const needs = parseDependencies(`kernel/drivers/net/card.ko: kernel/lib/helper.ko kernel/lib/deep.ko
kernel/drivers/net/wireless/wifi.ko:
kernel/lib/helper.ko: kernel/lib/deep.ko
kernel/lib/deep.ko:
kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko
kernel/fs/fat/fat.ko:
`);
const tree = { kernelVersion: '6', folder: '/', needs, all: [...needs.keys()].toSorted() };

test('folders, single modules, what is left out, and dependencies', () => {
  const chosen = chooseModules(tree, { take: ['drivers/net/', 'fs/fat/vfat'], leave: ['drivers/net/wireless/'] });
  expect(chosen).toEqual([
    'kernel/drivers/net/card.ko',
    'kernel/fs/fat/fat.ko',
    'kernel/fs/fat/vfat.ko',
    'kernel/lib/deep.ko',
    'kernel/lib/helper.ko',
  ]);
});

test('a dependency comes even from a folder that is left out', () => {
  expect(chooseModules(tree, { take: ['drivers/net/card'], leave: ['lib/'] })).toContain('kernel/lib/helper.ko');
});

test('firmware names of a module', () => {
  const module = Buffer.from('\x7fELF junk\0license=GPL\0firmware=maker/a.fw\0firmware=b-*.bin\0depends=\0', 'latin1');
  expect(firmwareOf(module)).toEqual(['maker/a.fw', 'b-*.bin']);
});

import { expect, test } from 'vitest';

import { describeInventory } from '../../main/machines/machine.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import { emptyInventory } from '../journey/fixtures.ts';

const inventory = (messages: readonly string[]): Inventory =>
  emptyInventory({ problems: messages.map((message) => ({ source: 'firmware', message })) });

test('a card that lacks its firmware is named by PCI id in the event', () => {
  expect(describeInventory(inventory([]))).toBe('Inventory: 0 disks, 0 network interfaces.');
  const lacks = 'bnx2x device 14e4:168e at 0000:04:00.0 lacks its firmware bnx2x/bnx2x-e2-7.13.21.0.fw';
  expect(describeInventory(inventory([lacks]))).toBe(`Inventory: 0 disks, 0 network interfaces. Problems: firmware: ${lacks}.`);
});

test('many problems are counted, not all told', () => {
  expect(describeInventory(inventory(['a', 'b', 'c', 'd', 'e', 'f']))).toMatch(/ Problems: firmware: a; .*firmware: d; and 2 more\.$/);
});

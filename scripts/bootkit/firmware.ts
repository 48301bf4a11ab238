// Finds the firmware files that chosen modules ask for among the unpacked firmware packages. Names may hold `*`; makers ship
// one blob under many names, as links.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Picker } from './pick.ts';
import type { Root } from './root.ts';

const FOLDER = 'usr/lib/firmware';

const pattern = (name: string): RegExp => new RegExp(`^${name.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);

/**
 * Adds the firmware named by `wanted` to `picker`, except what `leave` matches.
 * Returns the names no package holds: cards that need them are named on the target's screen.
 */
export const pickFirmware = async (root: Root, picker: Picker, wanted: readonly string[], leave: readonly RegExp[]): Promise<string[]> => {
  const held = (await readdir(join(root.folder, FOLDER), { recursive: true })).toSorted();
  const exact = new Set(held);
  const missing: string[] = [];
  for (const name of wanted) {
    if (leave.some((one) => one.test(name))) continue;
    const matches = name.includes('*') ? held.filter((path) => pattern(name).test(path)) : exact.has(name) ? [name] : [];
    if (matches.length === 0) missing.push(name);
    for (const match of matches) await picker.add(`${FOLDER}/${match}`);
  }
  return missing;
};

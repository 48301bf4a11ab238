// docs/facts.md is made from the catalogue and stays in step with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MACHINE_KINDS } from '../../agent/facts/machine-kind.ts';
import { FACTS } from '../../agent/protocol/facts.ts';
import type { FactDefinition } from '../../agent/protocol/facts.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/facts.md'), 'utf8');
const rows = page
  .slice(page.indexOf('## All facts'))
  .split('\n')
  .flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    return cells[1]?.startsWith('`') === true ? [cells.slice(1, 4).join(' | ')] : [];
  });

test('the table names every fact with its type and unit, in the order of the catalogue', () => {
  const wanted = Object.entries(FACTS).map(([name, definition]) => {
    const { type, title, unit }: FactDefinition = definition;
    return `\`${name}\` | ${type}${unit === undefined ? '' : ` (${unit})`} | ${title}`;
  });
  expect(rows).toEqual([...wanted, '`input.NAME` | text | anything a person typed under that name']);
});

test('every kind of machine is explained', () => {
  expect(MACHINE_KINDS.filter((kind) => !page.includes(`**${kind}**`))).toEqual([]);
});

test('every word of a fact that has only a few is written down, and those of machines are all there are', () => {
  const words = Object.values(FACTS).flatMap((definition: FactDefinition) => definition.values ?? []);
  expect(words.length).toBeGreaterThan(15);
  expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(page.slice(page.indexOf('## How values are spelt'))))).toEqual([]);
  expect(FACTS['machine.kind'].values).toEqual(MACHINE_KINDS);
});

// Facts in the texts of recipes: each value at its place, quoted where it was asked for, and none that says more than its place allows.
import { describe, expect, test } from 'vitest';
import type { FactValue } from '../../agent/protocol/facts.ts';
import { whyNotInstalled } from '../../main/recipes/installer-files.ts';
import { factsIn, fillTemplate } from '../../main/recipes/template.ts';
import type { InstallerRecipe } from '../../preload/contract/recipe.ts';
import { code, value } from '../journey/rig.ts';

const facts = new Map<string, FactValue>([
  ['model', 'PowerEdge "R740"'],
  ['memory.size', 64],
  ['secure-boot', true],
  ['nic.macs', ['52:54:00:00:00:01', '52:54:00:00:00:02']],
  ['input.note', "it's $(reboot) {{fact:memory.size}} $&"],
]);
const fill = (text: string): string => value(fillTemplate(text, { facts }));

test('values stand as they are, or as JSON; other braces stay, and a value is not read as a text again', () => {
  expect(fill('{{fact:model}}|{{fact:memory.size}}|{{fact:secure-boot}}|{{fact:nic.macs}}')).toBe(
    'PowerEdge "R740"|64|true|52:54:00:00:00:01,52:54:00:00:00:02',
  );
  expect(fill('{{json:model}} {{json:nic.macs}} {{json:memory.size}}')).toBe(
    '"PowerEdge \\"R740\\"" ["52:54:00:00:00:01","52:54:00:00:00:02"] 64',
  );
  expect(fill('{{fact:input.note}}')).toBe("it's $(reboot) {{fact:memory.size}} $&");
  expect(fill('{{ds.meta_data.name}} {{ fact:model }} {{fact:}} ${x}')).toBe('{{ds.meta_data.name}} {{ fact:model }} {{fact:}} ${x}');
  expect(factsIn('{{fact:a}}{{json:b}}{{station:c}}{{fact:a}}')).toEqual(['a', 'b']);
});

test('a fact that is not known is named', () => {
  expect(code(fillTemplate('{{fact:role}}', { facts }))).toBe('recipe.fact-missing');
});

describe('a value that would begin another line', () => {
  // The last two end a line for YAML 1.1.
  test.each(['\n', '\r', '\0', '\u001b', '\u0085', '\u2028', '\u2029'])('with %j is refused, as text and as JSON', (end) => {
    const values = { facts: new Map<string, FactValue>([['input.name', ['web', `1${end}runcmd: [reboot]`]]]) };
    for (const kind of ['fact', 'json']) expect(code(fillTemplate(`hostname: {{${kind}:input.name}}`, values))).toBe('recipe.fact-unfit');
  });
});

test('what an installer cannot be told is known beforehand', () => {
  const why = (commandLine: string, text = ''): string | undefined =>
    whyNotInstalled({ commandLine, answers: [{ name: 'a.cfg', text }] } as unknown as InstallerRecipe, facts)?.code;
  expect(why('quiet mac={{fact:nic.macs}} url={{station:answers}}', 'd-i {{fact:model}} {{station:finished}}')).toBeUndefined();
  expect(why('host={{fact:model}}')).toBe('recipe.fact-unfit');
  expect(why('quiet', '{{fact:role}}')).toBe('recipe.fact-missing');
});

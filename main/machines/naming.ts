// Which facts name one machine, or somebody's property, and not a kind of machine: what is left out where serials are not to travel. PURE.
import type { Fact } from '../../agent/protocol/facts.ts';

export const NAMING: ReadonlySet<string> = new Set([
  'system.serial',
  'system.uuid',
  'asset.tag',
  'board.serial',
  'chassis.serial',
  'chassis.enclosure',
  'disk.serials',
  'disk.wwns',
  'nic.macs',
  'network.boot-mac',
  'network.address',
  'ipmi.asset',
  'ipmi.serial',
  'user',
]);

/** Of names shorter than this no text is cleared: they are in every other word. */
const NAME_LEAST = 4;

/** Each as it is written, and without the marks that some programs leave out. */
export const spellingsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [name, name.replaceAll(/[:-]/g, '')]).filter((name) => name.length >= NAME_LEAST);

/** Every name of this machine that its facts hold. */
export const namesIn = (facts: readonly Fact[]): readonly string[] =>
  facts.filter(({ name, filler }) => NAMING.has(name) && !filler).flatMap(({ value }) => [value].flat().map(String));

/** As a part of a regular expression that means these very characters. */
export const literally = (text: string): string => text.replaceAll(/[^\w ]/g, String.raw`\$&`);

// Facts as a person reads them: their titles, values with units, and where each was read.
import { factDefinition } from '../../agent/protocol/facts.ts';
import { bytes, memory } from './numbers.ts';
import type { Fact } from '../../agent/protocol/facts.ts';

export const factTitle = (name: string): string => factDefinition(name)?.title ?? name;

const one = (name: string, value: string | number | boolean): string => {
  const definition = factDefinition(name);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (definition?.type === 'bytes' || definition?.type === 'bytes-list') return name.startsWith('memory.') ? memory(value) : bytes(value);
  return `${value.toLocaleString('en')}${definition?.unit === undefined ? '' : ` ${definition.unit}`}`;
};

export const factText = (fact: Pick<Fact, 'name' | 'value'>): string =>
  Array.isArray(fact.value) ? fact.value.map((value) => one(fact.name, value)).join(', ') : one(fact.name, fact.value);

/** Facts that a person may type at any machine. */
export const TYPED_FACTS = ['role', 'user', 'rack.position', 'asset.tag', 'chassis.enclosure', 'blade.slot'] as const;

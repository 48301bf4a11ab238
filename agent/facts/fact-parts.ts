// How one reading becomes a fact: blank is none, filler is marked, lists keep their real members. PURE.
import type { Fact, FactName, FactValue } from '../protocol/facts.ts';
import type { FillerField } from './filler.ts';
import { isFiller } from './filler.ts';

const tidy = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** No fact for what is blank or unknown; filler becomes a fact that is marked as such. */
export const textFact = (name: FactName, field: FillerField, source: string, value: string | null | undefined): readonly Fact[] => {
  const text = tidy(value ?? '');
  return text === '' ? [] : [{ name, value: text, source, filler: isFiller(field, text) }];
};

export const fact = (name: FactName, source: string, value: FactValue | null | undefined): readonly Fact[] =>
  value === null || value === undefined ? [] : [{ name, value, source, filler: false }];

/** A list holds only its real members; a list of nothing but filler is shown as filler. */
export const textList = (
  name: FactName,
  source: string,
  values: readonly (string | null)[],
  filler: (value: string) => boolean,
): readonly Fact[] => {
  const texts = [...new Set(values.map((value) => tidy(value ?? '')).filter((value) => value !== ''))];
  const real = texts.filter((text) => !filler(text));
  if (texts.length === 0) return [];
  return [{ name, value: real.length > 0 ? real : texts, source, filler: real.length === 0 }];
};

export const never = (): boolean => false;

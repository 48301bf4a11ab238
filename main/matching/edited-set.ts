// The policies that are here with those of a file in their places: what a preview decides with before anything is saved.
import type { Policy } from '../../preload/contract/policy.ts';
import type { PolicyEntry } from './ranked.ts';
import { shadowed } from './shadowed.ts';

/** New ones are on, the others keep their switch unless `switchOn`. */
export const editedSet = (here: readonly PolicyEntry[], edited: readonly Policy[], switchOn: boolean): readonly PolicyEntry[] => {
  const switches = new Map(here.map(({ policy, enabled }) => [policy.name, enabled]));
  const names = new Set(edited.map(({ name }) => name));
  return [
    ...here.filter(({ policy }) => !names.has(policy.name)),
    ...edited.map((policy) => ({ policy, enabled: switchOn || (switches.get(policy.name) ?? true) })),
  ];
};

/** Of such a set, which of the edited ones would never be reached, and what would not be because of them; in sentences. */
export const shadowedByEdit = (set: readonly PolicyEntry[], edited: readonly Policy[]): string[] => {
  const names = new Set(edited.map(({ name }) => name));
  return shadowed(set).flatMap(({ policy, by, says }) => (names.has(policy) || names.has(by) ? [says] : []));
};

// What a set of policies comes to for many machines at once, as if each of them asked now: limits are used up on the way, site by site,
// by those that hold a place first, then in the order given. Pure; nothing is reserved.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Resolution } from '../../preload/contract/policy.ts';
import type { PolicyEntry } from './ranked.ts';
import { resolveOnly } from './resolve.ts';
import type { ResolveInput } from './resolve.ts';

/** One place under a limit, as it is reserved now. */
export type Place = { readonly siteId: number; readonly machineId: string; readonly policy: string };
export type AskingMachine = { readonly id: string; readonly siteId: number; readonly facts: readonly Fact[] };

export const resolveAll = (
  policies: readonly PolicyEntry[],
  machines: readonly AskingMachine[],
  places: readonly Place[],
  fields: ResolveInput['fields'] = [],
): ReadonlyMap<string, Resolution> => {
  const key = (siteId: number, name: string): string => `${siteId} ${name}`;
  const used = new Map<string, number>();
  const add = (siteId: number, policy: string, number: number): void => {
    const at = key(siteId, policy);
    used.set(at, (used.get(at) ?? 0) + number);
  };
  for (const { siteId, policy } of places) add(siteId, policy, 1);
  const held = new Map(places.map((place) => [key(place.siteId, place.machineId), place.policy]));
  const heldBy = ({ siteId, id }: AskingMachine): string | null => held.get(key(siteId, id)) ?? null;
  const answers = new Map<string, Resolution>();
  for (const machine of machines.toSorted((a, b) => Number(heldBy(a) === null) - Number(heldBy(b) === null))) {
    const own = heldBy(machine);
    // Its own place never stands in its own way.
    if (own !== null) add(machine.siteId, own, -1);
    const resolution = resolveOnly({ policies, fields, facts: machine.facts, used: (name) => used.get(key(machine.siteId, name)) ?? 0 });
    if (takesPlace(resolution)) add(machine.siteId, resolution.policy, 1);
    answers.set(machine.id, resolution);
  }
  return answers;
};

/** To hold or to ask takes no place, as at a decision. */
const takesPlace = (resolution: Resolution): resolution is Extract<Resolution, { kind: 'matched' }> =>
  resolution.kind === 'matched' && resolution.outcome.kind !== 'hold' && resolution.outcome.kind !== 'ask';

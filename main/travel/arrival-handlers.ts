// The calls about what arrived: shown, switched on by a person who has seen the difference, or refused. Each is an event.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ARRIVAL_CALLS, ArrivalView } from '../../preload/contract/arrivals.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Library } from '../library/library.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { Recipes } from '../recipes/recipes.ts';
import { findArrivals } from './arrivals.ts';
import type { Arrival, ArrivalsOptions } from './arrivals.ts';

export type ArrivalParts = Pick<ArrivalsOptions, 'rows' | 'ownKeyId'> & {
  readonly library: Library;
  readonly policies: Policies;
  readonly recipes: Recipes;
  readonly events: Events;
  readonly sites: Sites;
};
type Ref = { readonly documentId: string; readonly name: string };

export const findIn = ({ library, rows, ownKeyId, policies, recipes }: Omit<ArrivalParts, 'events' | 'sites'>) =>
  findArrivals({ library, rows, ownKeyId, policies: policies.list, recipes: recipes.list });

export const createArrivalHandlers = (parts: ArrivalParts): Pick<CallHandlers, keyof typeof ARRIVAL_CALLS> => {
  const { library, policies, recipes, events, sites, rows } = parts;
  const find = async ({ documentId, name }: Ref): Promise<Result<Arrival>> => {
    const found = await findIn(parts);
    if (!found.ok) return found;
    const one = found.value.arrivals.find(({ view }) => view.documentId === documentId && view.name === name);
    return one === undefined
      ? failed('arrival.unknown', `Nothing waits under the name "${name}".`, 'See what does with: rackside policies arrived')
      : success(one);
  };
  /** Until the recipe is kept here, nothing names its payload files. */
  const takeRecipe = ({ recipe, document }: Extract<Arrival['what'], { kind: 'recipe' }>, signal: AbortSignal): Promise<Result<unknown>> =>
    library.relying(async () => {
      for (const { sha256, sizeBytes } of document.payloads) {
        const read = (at: number, length: number) => library.payloadPart(sha256, at, length);
        const taken = await library.takePayload(sha256, sizeBytes, read, signal);
        if (!taken.ok) return taken;
      }
      return recipes.add(recipe, sites.current().operator);
    });
  const takePolicy = ({ policy }: Extract<Arrival['what'], { kind: 'policy' }>): Result<unknown> => {
    const added = policies.add(policy);
    return added.ok ? policies.enable(policy.name, true) : added;
  };
  return {
    'arrivals.list': async () => {
      const found = await findIn(parts);
      return found.ok ? success({ arrivals: found.value.arrivals.map(({ view }) => view), damaged: [...found.value.damaged] }) : found;
    },
    'arrivals.enable': async ({ seen, acceptUntrusted, ...ref }, { signal }) => {
      const found = await find(ref);
      if (!found.ok) return found;
      const { view, what } = found.value;
      if (view.hash !== seen)
        return failed(
          'arrival.not-seen',
          `${view.kind} "${view.name}" is not what was shown any more.`,
          'Look at the difference again, then switch it on.',
        );
      if (view.problem !== null) return { ok: false, failure: view.problem };
      if (view.trust !== 'trusted' && !acceptUntrusted) return untrusted(view);
      const taken = what?.kind === 'recipe' ? await takeRecipe(what, signal) : what === null ? success(null) : takePolicy(what);
      if (!taken.ok) return taken;
      const { kind, name, station, keyId } = view;
      const whose = view.trust === 'trusted' ? `of ${station}` : `of "${station}", ${WORDS[view.trust]} (key ${keyId})`;
      events.log({
        kind: 'arrival.enabled',
        text: `${sites.current().operator} switched on ${kind} "${name}" ${whose}.`,
        level: view.trust === 'trusted' ? 'info' : 'warn',
      });
      return success({ kind, name });
    },
    'arrivals.drop': async (ref) => {
      const found = await find(ref);
      if (!found.ok) return found;
      const { kind, name, station } = found.value.view;
      const { operator } = sites.current();
      rows.answer(found.value.contentHash, 'dropped', operator);
      events.log({ kind: 'arrival.dropped', text: `${operator} does not want ${kind} "${name}" of ${station}.` });
      return success({ kind, name });
    },
  };
};

const WORDS = { 'unknown-key': 'whose key is not trusted here', broken: 'whose signature is wrong' } as const;

const untrusted = ({ kind, name, keyId, trust }: ArrivalView): ReturnType<typeof failed> =>
  trust === 'broken'
    ? failed(
        'arrival.untrusted',
        `The signature of ${kind} "${name}" is wrong: it was altered.`,
        'Copy it again from its source; to switch it on all the same: --accept-untrusted',
      )
    : failed(
        'arrival.untrusted',
        `${kind} "${name}" is signed by a key (${keyId}) that this station does not trust.`,
        `Compare the key with its owner, then: rackside trust add ${keyId}; for this once: --accept-untrusted`,
      );

/** Says once of each that it has come. */
export const tellArrivals = async (parts: ArrivalParts): Promise<void> => {
  const found = await findIn(parts);
  if (!found.ok) return;
  const told = parts.rows.answers();
  const fresh = found.value.arrivals.filter(({ contentHash }) => !told.has(contentHash));
  if (fresh.length === 0) return;
  for (const { contentHash } of fresh) parts.rows.answer(contentHash, 'told', 'station');
  const count = (kind: string): number => fresh.filter(({ view }) => view.kind === kind).length;
  const stations = [...new Set(fresh.map(({ view }) => view.station))].slice(0, 3).join(', ');
  parts.events.log({
    kind: 'arrival.came',
    text: `${count('policy')} policies and ${count('recipe')} recipes of ${stations} are in the library, switched off here until somebody looks at them.`,
  });
};

// The calls about recipes, each with its line in the event log.
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { RECIPE_CALLS } from '../../preload/contract/recipe.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Library } from '../library/library.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import { readRecipeFolder } from './read-folder.ts';
import type { Constructions } from './constructions.ts';
import type { ImageSets } from '../sets/sets.ts';
import type { Recipes } from './recipes.ts';

type RecipeParts = {
  readonly recipes: Recipes;
  readonly library: Library;
  readonly events: Events;
  readonly sites: Sites;
  readonly jobs: Pick<Jobs, 'builds'>;
  readonly policies: Pick<Policies, 'entries'>;
  readonly constructions: Constructions;
  readonly sets: Pick<ImageSets, 'list'>;
};

export const createRecipeHandlers = ({
  recipes,
  library,
  events,
  sites,
  jobs,
  policies,
  constructions,
  sets,
}: RecipeParts): Pick<CallHandlers, keyof typeof RECIPE_CALLS> => {
  const operator = (): string => sites.current().operator;
  const usersOf = (id: string): ReturnType<typeof failed> | null => {
    if (jobs.builds().some(({ wish }) => wish.key.id === id))
      return failed('recipe.in-use', `A machine is being built by recipe "${id}" just now.`, 'Wait until it is done, or stop the job.');
    if (constructions.running().some(({ key }) => key.id === id))
      return failed('recipe.in-use', `An image is being made by recipe "${id}" just now.`, 'Wait until it is done, or stop it.');
    const naming = policies.entries().filter(({ policy }) => policy.outcome.kind === 'build' && policy.outcome.recipe === id);
    const within = sets.list().filter(({ set }) => set.members.some((member) => 'recipe' in member && member.recipe === id));
    const [inSet] = within;
    if (naming.length === 0 && inSet !== undefined)
      return failed(
        'recipe.in-use',
        `Image set "${inSet.set.name}" is built by recipe "${id}".`,
        'Remove the set first, or switch the recipe off.',
      );
    if (naming.length === 0) return null;
    const names = naming.map(({ policy }) => `"${policy.name}"`).join(', ');
    return failed('recipe.in-use', `Policies build by recipe "${id}": ${names}.`, 'Remove them first, or switch the recipe off.');
  };
  return {
    'recipes.list': () => Promise.resolve(success([...recipes.list()])),
    'recipes.add': async ({ path }, { signal }) => {
      // Until the recipe is kept, nothing names its payload files.
      const added = await library.relying(async () => {
        const recipe = await readRecipeFolder(resolve(path), library, signal);
        return recipe.ok ? recipes.add(recipe.value, operator()) : recipe;
      });
      if (!added.ok) return added;
      const { id, version } = added.value.recipe;
      events.log({ kind: 'recipe.added', text: `${operator()} added recipe "${id}" version ${version} from ${path}.` });
      return added;
    },
    'recipes.enable': ({ id, enabled, accept }) => {
      const entry = recipes.current(id);
      if (enabled && entry?.recipe.kind === 'command' && accept !== entry.sha256)
        return Promise.resolve(notShown(id, entry.recipe.command));
      const switched = recipes.enable(id, enabled);
      if (switched.ok) events.log({ kind: 'recipe.switched', text: `${operator()} switched recipe "${id}" ${enabled ? 'on' : 'off'}.` });
      return Promise.resolve(switched);
    },
    'recipes.remove': ({ id }) => {
      const inUse = usersOf(id);
      if (inUse !== null) return Promise.resolve(inUse);
      const removed = recipes.remove(id);
      if (!removed.ok) return Promise.resolve(removed);
      events.log({ kind: 'recipe.removed', text: `${operator()} removed recipe "${id}".` });
      return Promise.resolve(success([...recipes.list()]));
    },
    'constructions.list': () => Promise.resolve(success([...constructions.list()])),
    'constructions.cancel': ({ id }) => Promise.resolve(constructions.cancel(id)),
    'constructions.retry': ({ id }) => {
      const list = constructions.retry(id);
      return Promise.resolve(list.ok ? success([...list.value]) : list);
    },
  };
};

/** It runs on this very computer as the station's user: nobody switches that on unseen. */
const notShown = (id: string, command: readonly string[]): ReturnType<typeof failed> =>
  failed(
    'recipe.not-shown',
    `Recipe "${id}" runs a command on this station: ${command
      .map((word) => JSON.stringify(word))
      .join(' ')
      .slice(0, 500)}`,
    `Read all of it with: rackside recipes show ${id}. Then switch it on with its hash: rackside recipes enable ${id} --accept HASH`,
  );

// The calls about image sets, each with its line in the event log.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { SET_CALLS } from '../../preload/contract/image-set.ts';
import { canonicalText } from '../matching/canonical.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Machines } from '../machines/machines.ts';
import type { SetRuns } from '../journey/set-runs.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { Recipes } from '../recipes/recipes.ts';
import { readSetFile, writeSetFile } from './read-sets.ts';
import type { ImageSets } from './sets.ts';

type SetParts = {
  readonly sets: ImageSets;
  readonly setRuns: Pick<SetRuns, 'views'>;
  readonly recipes: Pick<Recipes, 'list'>;
  readonly policies: Pick<Policies, 'entries'>;
  readonly machines: Pick<Machines, 'nameOf'>;
  readonly events: Events;
  readonly sites: Sites;
};

const later = <T>(value: T): Promise<T> => Promise.resolve(value);

export const createSetHandlers = (parts: SetParts): Pick<CallHandlers, keyof typeof SET_CALLS> => {
  const { sets, setRuns, recipes, policies, machines, events, sites } = parts;
  const operator = (): string => sites.current().operator;
  const inUse = (name: string): Result<null> => {
    const naming = policies.entries().filter(({ policy: { outcome } }) => outcome.kind === 'set' && outcome.set === name);
    if (naming.length === 0) return success(null);
    const names = naming.map(({ policy }) => `"${policy.name}"`).join(', ');
    return failed('set.in-use', `Policies want image set "${name}": ${names}.`, 'Remove them first, or switch the set off.');
  };
  return {
    'sets.list': () => later(success([...sets.list()])),
    'sets.save': ({ name, text }) => {
      const known = recipes.list().map(({ recipe }) => recipe.id);
      const read = readSetFile(text, name, known);
      if (!read.ok) return later(read);
      sets.put(read.value, true, operator());
      const names = read.value.map((set) => `"${set.name}"`).join(', ');
      events.log({ kind: 'set.added', text: `${operator()} added image set ${names}.` });
      return later(success([...sets.list()]));
    },
    'sets.import': ({ name, text }) => {
      const read = readSetFile(text, name, null);
      if (!read.ok) return later(read);
      const kindOf = (set: (typeof read.value)[number]): 'arrived' | 'same' | 'different' => {
        const here = sets.current(set.name);
        if (here === null) return 'arrived';
        return canonicalText(here.set) === canonicalText(set) ? 'same' : 'different';
      };
      const sorted = read.value.map((set) => ({ set, kind: kindOf(set) }));
      sets.put(
        sorted.filter(({ kind }) => kind === 'arrived').map(({ set }) => set),
        false,
        `${operator()} (${name})`.slice(0, 200),
      );
      const of = (wanted: string): string[] => sorted.filter(({ kind }) => kind === wanted).map(({ set }) => set.name);
      events.log({
        kind: 'set.imported',
        text: `${operator()} imported ${name}: ${of('arrived').length} image sets arrived, switched off.`,
      });
      return later(success({ arrived: of('arrived'), same: of('same'), different: of('different') }));
    },
    'sets.export': () => {
      const list = sets.list().map(({ set }) => set);
      return later(success({ text: writeSetFile(list), sets: list.length }));
    },
    'sets.enable': ({ name, enabled }) => {
      const here = sets.current(name);
      if (enabled && here !== null) {
        // What arrived may name recipes that have not.
        const known = recipes.list().map(({ recipe }) => recipe.id);
        const checked = readSetFile(JSON.stringify(here.set), `set "${name}"`, known);
        if (!checked.ok) return later(checked);
      }
      const switched = sets.enable(name, enabled);
      if (switched.ok) events.log({ kind: 'set.switched', text: `${operator()} switched image set "${name}" ${enabled ? 'on' : 'off'}.` });
      return later(switched);
    },
    'sets.remove': ({ name }) => {
      const used = inUse(name);
      if (!used.ok) return later(used);
      const removed = sets.remove(name);
      if (!removed.ok) return later(removed);
      events.log({ kind: 'set.removed', text: `${operator()} removed image set "${name}".` });
      return later(success([...sets.list()]));
    },
    'sets.runs': ({ machineId }) => later(success(setRuns.views(machineId, machines.nameOf))),
  };
};

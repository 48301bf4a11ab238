// The calls about policies (preload/contract/calls.ts), each as one line to the part that does it.
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallArgument } from '../../preload/contract/calls.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { StationFields } from '../fields/fields.ts';
import type { FromPeople } from '../journey/from-people.ts';
import type { KnownRecipe } from '../matching/policy-problem.ts';
import { readPolicyFile, writePolicyFile } from '../matching/policy-file.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import { readPolicyText } from './policy-text.ts';
import type { Recipes } from '../recipes/recipes.ts';
import { nameable } from '../sets/nameable.ts';
import type { ImageSets } from '../sets/sets.ts';

type PolicyParts = {
  readonly policies: Policies;
  readonly recipes: Pick<Recipes, 'list'>;
  readonly sets: Pick<ImageSets, 'list'>;
  readonly fields: Pick<StationFields, 'list'>;
  readonly events: Events;
  readonly sites: Sites;
  readonly journey: Pick<FromPeople, 'explain' | 'onChoice' | 'previewPolicies'>;
};
type PolicyHandlers = Pick<CallHandlers, Extract<keyof CallHandlers, `policies.${string}`>>;

const later = <T>(value: T): Promise<T> => Promise.resolve(value);

const policiesOf = async (
  file: CallArgument<'policies.save'>,
  recipes: readonly KnownRecipe[] | null,
): Promise<Result<readonly Policy[]>> => {
  const read = 'text' in file ? success(file) : await readPolicyText(file.path);
  return read.ok ? readPolicyFile(read.value.text, file.name, recipes) : read;
};

export const createPolicyHandlers = ({ policies, recipes, sets, fields, events, sites, journey }: PolicyParts): PolicyHandlers => {
  const knownRecipes = () =>
    nameable(
      recipes.list(),
      sets.list(),
      fields.list().map(({ field }) => field),
      policies.entries(),
    );
  return {
    'policies.list': () => later(success([...policies.list()])),
    'policies.add': ({ policy }) => later(policies.add(policy)),
    'policies.save': async (file) => {
      const read = await policiesOf(file, knownRecipes());
      return read.ok ? success([...policies.addAll(read.value)]) : read;
    },
    'policies.preview': async ({ file, switchOn }) => {
      const read = await policiesOf(file, knownRecipes());
      return read.ok ? success(journey.previewPolicies(read.value, switchOn)) : read;
    },
    'policies.fromChoice': (wish) => {
      const proposed = journey.onChoice(wish);
      if (!proposed.ok) return later(proposed);
      if (wish.save === null) return later(success({ ...proposed.value, says: [...proposed.value.says], saved: null }));
      const saved = policies.add(proposed.value.policy, { enabled: wish.save === 'on' });
      if (!saved.ok) return later(saved);
      const { policy, enabled } = saved.value;
      const text = `${sites.current().operator} made a choice for one machine into policy "${policy.name}", ${enabled ? 'on' : 'off'}.`;
      events.log({ kind: 'policy.from-choice', text });
      return later(success({ ...proposed.value, says: [...proposed.value.says], saved: saved.value }));
    },
    'policies.export': () => {
      const list = policies.list().map(({ policy }) => policy);
      return later(success({ text: writePolicyFile(list), policies: list.length }));
    },
    'policies.import': async (file) => {
      const { name } = file;
      // Its recipes may arrive later than it does; they are looked for when it is switched on.
      const read = await policiesOf(file, null);
      if (!read.ok) return read;
      const done = policies.arrive(read.value, name);
      const waiting = done.differences.filter(({ kind }) => kind !== 'same').length;
      const say = `${sites.current().operator} imported ${name}: ${waiting} policies wait to be looked at.`;
      events.log({ kind: 'policies.imported', text: say });
      return success(done);
    },
    'policies.discard': ({ name }) => {
      const rest = policies.discard(name);
      return later(rest.ok ? success([...rest.value]) : rest);
    },
    'policies.remove': ({ name }) => {
      const rest = policies.remove(name);
      return later(rest.ok ? success([...rest.value]) : rest);
    },
    'policies.enable': ({ name, enabled, seen }) => later(policies.enable(name, enabled, seen)),
    'policies.explain': ({ machineId, ...page }) => later(journey.explain(machineId, page)),
  };
};

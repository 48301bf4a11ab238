// Who needs a fact: the policies that test it, ask for it or write it, the recipes that build by it, the machines that wait for it. Pure.
import type { Condition, Outcome } from '../../../preload/contract/policy.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';
import type { MachineView, PolicyView } from '../../../preload/contract/views.ts';

export type FactUsers = { readonly policies: readonly string[]; readonly recipes: readonly string[]; readonly waiting: number };

const tests = (condition: Condition, fact: string): boolean => {
  if ('fact' in condition) return condition.fact === fact;
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none;
  return parts.some((part) => tests(part, fact));
};

const asksOrWrites = (outcome: Outcome, fact: string): boolean => {
  if (outcome.kind === 'ask') return outcome.facts.includes(fact) || (outcome.fields ?? []).some(({ name }) => name === fact);
  return 'settings' in outcome && JSON.stringify(outcome.settings ?? null).includes(`\${${fact}}`);
};

const buildsBy = ({ recipe }: RecipeView, fact: string): boolean => {
  if (recipe.matchOn.includes(fact)) return true;
  const text = JSON.stringify(recipe);
  return text.includes(`{{fact:${fact}}}`) || text.includes(`{{json:${fact}}}`);
};

const waitsFor = ({ question }: MachineView, fact: string): boolean =>
  question?.kind === 'fact' && (question.facts.includes(fact) || question.fields.some(({ name }) => name === fact));

export const usersOf = (
  fact: string,
  policies: readonly PolicyView[],
  recipes: readonly RecipeView[],
  machines: Iterable<MachineView>,
): FactUsers => ({
  policies: policies.flatMap(({ policy }) => (tests(policy.when, fact) || asksOrWrites(policy.outcome, fact) ? [policy.name] : [])),
  recipes: recipes.flatMap((view) => (buildsBy(view, fact) ? [view.recipe.id] : [])),
  waiting: [...machines].filter((machine) => waitsFor(machine, fact)).length,
});

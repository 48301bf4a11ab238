// Policies that arrive with a file: nothing is on, and nothing that is on changes, before a person has seen the difference.
import { beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createPolicies } from '../../main/database/policies.ts';
import type { Policies } from '../../main/database/policies.ts';
import { createSites } from '../../main/database/sites.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { PolicyView } from '../../preload/contract/views.ts';

let database: Database;
let policies: Policies;
let recipes: readonly { id: string; enabled: boolean }[];
const open = (): Policies => {
  const now = (): number => 7;
  const sites = createSites({ database, now, defaults: { siteName: 'Here', operator: 'Ada' } });
  return createPolicies({ database, now, sites, recipes: () => recipes, onChange: () => undefined });
};
beforeEach(() => {
  const opened = openDatabase(':memory:');
  database = opened.ok ? opened.value : expect.fail(opened.failure.message);
  recipes = [];
  policies = open();
  return () => database.close();
});

const policy = (name: string, change: Partial<Policy> = {}): Policy => ({
  name,
  rank: 10,
  when: { all: [] },
  outcome: { kind: 'boot-local' },
  consent: 'ask',
  limit: null,
  whenUnknown: 'ask',
  replaceExisting: false,
  note: '',
  ...change,
});
const view = (name: string): PolicyView => policies.list().find((one) => one.policy.name === name) ?? expect.fail(`no ${name}`);
const hash = (name: string): string => view(name).arrived?.difference.hash ?? expect.fail('nothing arrived');
const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

test('new ones are off, changed ones wait beside what is on, the same and those only here are left alone', () => {
  policies.addAll([policy('kept'), policy('mine'), policy('moved')]);
  const done = policies.arrive([policy('kept'), policy('moved', { rank: 5 }), policy('fresh')], 'site.json');
  expect(done.differences.map(({ name, kind }) => [name, kind])).toEqual([
    ['kept', 'same'],
    ['moved', 'changed'],
    ['fresh', 'new'],
  ]);
  expect(done.onlyHere).toEqual(['mine']);
  policies = open();
  expect(policies.entries().map((entry) => [entry.policy.name, entry.policy.rank, entry.enabled])).toEqual([
    ['fresh', 10, false],
    ['kept', 10, true],
    ['mine', 10, true],
    ['moved', 10, true],
  ]);
  expect(view('kept').arrived).toBeNull();
  expect(view('moved').arrived).toMatchObject({
    source: 'site.json',
    difference: { fields: [{ field: 'rank', here: '10', arriving: '5' }] },
  });
});

test('what would never be reached were all of it on is told at arrival, and of a list once it is', () => {
  policies.addAll([policy('every')]);
  const done = policies.arrive(
    [policy('late', { rank: 20 }), policy('early', { rank: 5, when: { fact: 'role', equal: 'web' } })],
    'site.json',
  );
  expect(done.shadowed).toEqual([
    expect.stringContaining('"late" (rank 20) is never reached: every machine that it fits, "every" (rank 10)'),
  ]);
  expect(policies.list().map(({ shadowed }) => shadowed)).toEqual([null, null, null]);
  policies.enable('late', true, hash('late'));
  expect(view('late').shadowed).toBe(done.shadowed[0]);
  policies.enable('every', false);
  expect(view('late').shadowed).toBeNull();
});

test('switching on wants the difference that was seen, and takes what arrived', () => {
  policies.addAll([policy('moved')]);
  policies.arrive([policy('moved', { rank: 5 }), policy('fresh')], 'site.json');
  expect(code(policies.enable('fresh', true))).toBe('policy.not-seen');
  expect(code(policies.enable('fresh', true, 'x'))).toBe('policy.not-seen');
  expect(view('fresh').enabled).toBe(false);
  expect(code(policies.enable('fresh', true, hash('fresh')))).toBe('ok');
  expect(view('fresh')).toMatchObject({ enabled: true, arrived: null });
  const old = hash('moved');
  policies.arrive([policy('moved', { rank: 6 })], 'other.json');
  expect(code(policies.enable('moved', true, old))).toBe('policy.not-seen');
  expect(code(policies.enable('moved', true, hash('moved')))).toBe('ok');
  expect(view('moved')).toMatchObject({ enabled: true, arrived: null, policy: { rank: 6 } });
  // From then on it is a policy like any other.
  expect(code(policies.enable('moved', false))).toBe('ok');
  expect(code(policies.enable('moved', true))).toBe('ok');
});

test('`auto` arrives as `ask`, switched on or not', () => {
  policies.arrive([policy('wipes', { consent: 'auto', replaceExisting: true })], 'site.json');
  expect(view('wipes')).toMatchObject({ policy: { consent: 'ask' }, enabled: false });
  expect(view('wipes').arrived?.difference.says).toContain('does not travel');
  expect(code(policies.enable('wipes', true, hash('wipes')))).toBe('ok');
  expect(view('wipes').policy.consent).toBe('ask');
});

test('one that builds may arrive before its recipe, and is not on before that is', () => {
  policies.arrive([policy('builds', { outcome: { kind: 'build', recipe: 'web' } })], 'site.json');
  expect(code(policies.enable('builds', true, hash('builds')))).toBe('policy.invalid');
  expect(view('builds').enabled).toBe(false);
  recipes = [{ id: 'web', enabled: true }];
  expect(code(policies.enable('builds', true, hash('builds')))).toBe('ok');
});

test('one that arrives again before anybody saw it is still new; off and switching off need no look', () => {
  policies.arrive([policy('fresh')], 'one.json');
  expect(code(policies.enable('fresh', false))).toBe('ok');
  expect(policies.arrive([policy('fresh', { rank: 3 })], 'two.json').differences).toMatchObject([{ kind: 'new' }]);
  expect(view('fresh')).toMatchObject({ enabled: false, policy: { rank: 3 }, arrived: { source: 'two.json' } });
});

test('what arrived is dropped without a trace; a person’s own word settles it', () => {
  policies.addAll([policy('moved')]);
  policies.arrive([policy('moved', { rank: 5 }), policy('fresh')], 'site.json');
  expect(code(policies.discard('moved'))).toBe('ok');
  expect(code(policies.discard('fresh'))).toBe('ok');
  expect(policies.list()).toMatchObject([{ policy: { name: 'moved', rank: 10 }, enabled: true, arrived: null }]);
  expect(code(policies.discard('moved'))).toBe('policy.nothing-arrived');
  policies.arrive([policy('moved', { rank: 5 })], 'site.json');
  policies.addAll([policy('moved', { rank: 7 })]);
  expect(view('moved')).toMatchObject({ policy: { rank: 7 }, arrived: null });
});

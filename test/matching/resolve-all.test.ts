// Many machines at once: limits are used up on the way, site by site, and nobody's own place stands in its way.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolveAll } from '../../main/matching/resolve-all.ts';
import type { AskingMachine, Place } from '../../main/matching/resolve-all.ts';
import { resolveOnly } from '../../main/matching/resolve.ts';

const entry = (name: string, rank: number, role: string | null, limit: number | null = null): PolicyEntry => ({
  enabled: true,
  policy: {
    name,
    rank,
    when: role === null ? { all: [] } : { fact: 'role', equal: role },
    outcome: { kind: 'boot-local' },
    consent: 'ask',
    limit,
    whenUnknown: 'skip',
    replaceExisting: false,
    note: '',
  },
});
const machine = (id: string, siteId = 1, role = 'web'): AskingMachine => ({
  id,
  siteId,
  facts: [{ name: 'role', value: role, source: 'test', filler: false }],
});
const kinds = (policies: readonly PolicyEntry[], machines: readonly AskingMachine[], places: readonly Place[] = []): object =>
  Object.fromEntries([...resolveAll(policies, machines, places)].map(([id, { kind }]) => [id, kind]));

test('a limit goes to those that hold a place, then to the first, and is counted at each site', () => {
  const two = [entry('two', 1, 'web', 2), entry('rest', 9, null)];
  const machines = [machine('a'), machine('b'), machine('c'), machine('far', 2)];
  expect(kinds(two, machines)).toEqual({ a: 'matched', b: 'matched', c: 'limit-reached', far: 'matched' });
  expect(kinds(two, machines, [{ siteId: 1, machineId: 'c', policy: 'two' }])).toMatchObject({
    a: 'matched',
    b: 'limit-reached',
    c: 'matched',
  });
  // Of a machine that is not among those asked, too.
  expect(kinds(two, [machine('a'), machine('b')], [{ siteId: 1, machineId: 'x', policy: 'two' }])).toEqual({
    a: 'matched',
    b: 'limit-reached',
  });
});

test('a place that is given up is there for the next', () => {
  const policies = [entry('first', 1, 'mail'), entry('one', 2, null, 1)];
  const places = [{ siteId: 1, machineId: 'b', policy: 'one' }];
  expect(kinds(policies, [machine('a'), machine('b', 1, 'mail')], places)).toEqual({ a: 'matched', b: 'matched' });
});

test('without limits it is what each machine gets alone; with them no site goes beyond one', () => {
  const policies = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('p', 'q', 'r', 's'),
      rank: fc.nat({ max: 3 }),
      role: fc.constantFrom('web', 'mail', null),
      limit: fc.constantFrom(null, 1, 2),
    }),
    { selector: ({ name }) => name },
  );
  const machines = fc
    .array(fc.record({ siteId: fc.constantFrom(1, 2), role: fc.constantFrom('web', 'mail', 'dns') }), { maxLength: 8 })
    .map((list) => list.map(({ siteId, role }, at) => machine(`m${at}`, siteId, role)));
  fc.assert(
    fc.property(policies, machines, (list, asking) => {
      const free = list.map(({ name, rank, role }) => entry(name, rank, role));
      for (const one of asking)
        expect(resolveAll(free, asking, []).get(one.id)).toEqual(resolveOnly({ policies: free, facts: one.facts, used: () => 0 }));
      const answers = resolveAll(
        list.map(({ name, rank, role, limit }) => entry(name, rank, role, limit)),
        asking,
        [],
      );
      for (const { name, limit } of list)
        for (const siteId of [1, 2]) {
          const taken = asking.filter((one) => {
            const answer = answers.get(one.id);
            return one.siteId === siteId && answer?.kind === 'matched' && answer.policy === name;
          });
          expect(taken.length).toBeLessThanOrEqual(limit ?? asking.length);
        }
    }),
  );
});

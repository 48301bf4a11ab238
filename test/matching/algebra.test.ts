// The algebra of policies as properties, over sets that mix every kind of test: three truths, ranks, unknowns, limits. The answer that is
// compiled and filed by fact and value is held against the rules written down plainly here.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { evaluate } from '../../main/matching/evaluate.ts';
import { indexFacts } from '../../main/matching/fact-index.ts';
import { judgeOf } from '../../main/matching/judge.ts';
import { sameOutcome } from '../../main/matching/ranked.ts';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolve, resolveBriefly, resolveOnly } from '../../main/matching/resolve.ts';
import type { Condition, Outcome, Resolution, Truth } from '../../preload/contract/policy.ts';

const GIB = 2 ** 30;
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ fact: fc.constantFrom('role', 'model', 'input.shelf'), equal: fc.constantFrom('a', 'B ', 'c') }),
  fc.record({ fact: fc.constantFrom('role', 'model'), in: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }) }),
  fc.record({ fact: fc.constantFrom('role', 'model'), glob: fc.constantFrom('a*', '*b', '?', '*') }),
  fc.record({ fact: fc.constant('memory.size'), atLeast: fc.constantFrom('1 GiB', '2 GiB') }),
  fc.record({ fact: fc.constant('memory.size'), equal: fc.constantFrom<string | number>('2 GiB', GIB) }),
  fc.record({ fact: fc.constant('disk.serials'), equal: fc.constantFrom('s1', 's2') }),
  fc.record({ fact: fc.constantFrom('role', 'disk.serials'), present: fc.boolean() }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
  const parts = fc.array(tie('condition'), { maxLength: 3 });
  return {
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: parts.map((all) => ({ all })) },
      { weight: 1, arbitrary: parts.map((any) => ({ any })) },
      { weight: 1, arbitrary: parts.map((none) => ({ none })) },
    ),
  };
});
const factArbitrary = (name: string, values: readonly Fact['value'][]): fc.Arbitrary<readonly Fact[]> =>
  fc.oneof(
    fc.constant([]),
    fc
      .record({ name: fc.constant(name), value: fc.constantFrom(...values), source: fc.constant('test'), filler: fc.boolean() })
      .map((fact) => [fact]),
    fc.constantFrom(...values).map((value) => [{ name, value, source: 'test', filler: false }]),
  );
const facts: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    factArbitrary('role', ['a', 'A', 'b', '', 'd']),
    factArbitrary('model', ['a', 'b', 'c']),
    factArbitrary('input.shelf', ['a', 'c']),
    // A number in a text's place comes from a foreign recording; no test may read it.
    factArbitrary('memory.size', [GIB, 2 * GIB, 3 * GIB, 'much']),
    factArbitrary('disk.serials', [[], ['S1'], ['S1', 's2'], ['x']]),
  )
  .map((lists) => lists.flat());

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>({ kind: 'boot-local' }, { kind: 'hold', reason: 'x' }),
  fc.constantFrom('a', 'b').map((role) => ({ kind: 'deploy-newest' as const, labels: { role } })),
);
const entry: fc.Arbitrary<PolicyEntry> = fc
  .record({
    rank: fc.nat({ max: 4 }),
    when: condition,
    outcome,
    consent: fc.constantFrom('ask' as const, 'auto' as const),
    limit: fc.option(fc.constantFrom(1, 2), { nil: null, freq: 4 }),
    whenUnknown: fc.constantFrom('ask' as const, 'skip' as const),
    replaceExisting: fc.boolean(),
  })
  .chain((body) => fc.boolean().map((isOff) => ({ policy: { ...body, name: 'p', note: '' }, enabled: !isOff || body.rank > 0 })));
const entries = (maxLength: number): fc.Arbitrary<readonly PolicyEntry[]> =>
  fc.array(entry, { maxLength }).map((list) => list.map((one, at) => ({ ...one, policy: { ...one.policy, name: `p${at}` } })));
const used = (name: string): number => (name === 'p1' ? 1 : name === 'p2' ? 2 : 0);

const truthOf = (when: Condition, known: readonly Fact[]): Truth => evaluate(when, indexFacts(known)).truth;
const answer = (policies: readonly PolicyEntry[], known: readonly Fact[]): Resolution => resolveOnly({ policies, facts: known, used });
const CODES: readonly Truth[] = ['no', 'unknown', 'yes'];
const runs = { numRuns: 400 };

describe('three truths', () => {
  test('the compiled condition says what the traced one says', () => {
    fc.assert(
      fc.property(condition, facts, (when, known) => {
        expect(CODES[judgeOf(when)(indexFacts(known))]).toBe(truthOf(when, known));
      }),
      { numRuns: 2000 },
    );
  });
  test('all is the least of its parts, any the greatest, none the mirror of any; order and repetition mean nothing', () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 4 }), facts, fc.nat(), (parts, known, turn) => {
        const codes = parts.map((part) => CODES.indexOf(truthOf(part, known)));
        const least = CODES[Math.min(2, ...codes)];
        const greatest = Math.max(0, ...codes);
        const turned = [...parts.slice(turn % 4), ...parts.slice(0, turn % 4), ...parts];
        for (const list of [parts, turned]) {
          expect(truthOf({ all: list }, known)).toBe(least);
          expect(truthOf({ any: list }, known)).toBe(CODES[greatest]);
          expect(truthOf({ none: list }, known)).toBe(CODES[2 - greatest]);
        }
      }),
      runs,
    );
  });
});

/** The rules of docs/policies.md, said as plainly as they are there. */
const plainly = (policies: readonly PolicyEntry[], known: readonly Fact[]): Resolution['kind'] => {
  const on = policies.filter(({ enabled }) => enabled).map(({ policy }) => ({ policy, truth: truthOf(policy.when, known) }));
  const best = Math.min(...on.filter(({ truth }) => truth === 'yes').map(({ policy }) => policy.rank));
  const winners = on.filter(({ policy, truth }) => truth === 'yes' && policy.rank === best).map(({ policy }) => policy);
  const isTied = winners.some((one) => winners.some((other) => !sameOutcome(one.outcome, other.outcome)));
  const blocks = on.some(
    ({ policy, truth }) =>
      truth === 'unknown' &&
      policy.whenUnknown === 'ask' &&
      (policy.rank < best || (policy.rank === best && !isTied && winners.some((winner) => !sameOutcome(winner.outcome, policy.outcome)))),
  );
  if (blocks) return 'unknown';
  const [first] = winners;
  if (first === undefined) return 'unmatched';
  if (winners.some((winner) => !sameOutcome(winner.outcome, first.outcome))) return 'ambiguous';
  return winners.some(({ name, limit }) => limit !== null && used(name) >= limit) ? 'limit-reached' : 'matched';
};
const rankOf = (policies: readonly PolicyEntry[], name: string): number =>
  policies.find(({ policy }) => policy.name === name)?.policy.rank ?? -1;

describe('policies against each other', () => {
  test('the answer is that of the rules, however it is worked out', () => {
    fc.assert(
      fc.property(entries(8), facts, (policies, known) => {
        expect(answer(policies, known).kind).toBe(plainly(policies, known));
        expect(resolve({ policies, facts: known, used }).resolution).toEqual(answer(policies, known));
      }),
      { numRuns: 3000 },
    );
  });
  test('the order in which they are given means nothing', () => {
    fc.assert(
      fc.property(entries(8), facts, fc.nat(), (policies, known, turn) => {
        const turned = [...policies.slice(turn % 8), ...policies.slice(0, turn % 8)].toReversed();
        expect(resolve({ policies: turned, facts: known, used })).toEqual(resolve({ policies, facts: known, used }));
      }),
      runs,
    );
  });
  test('the lowest rank that holds wins, and ambiguous are only equal ranks that want different things', () => {
    fc.assert(
      fc.property(entries(8), facts, (policies, known) => {
        const resolution = answer(policies, known);
        const holding = policies.filter(({ policy, enabled }) => enabled && truthOf(policy.when, known) === 'yes');
        const lowest = Math.min(...holding.map(({ policy }) => policy.rank));
        if (resolution.kind === 'matched' || resolution.kind === 'limit-reached') expect(rankOf(policies, resolution.policy)).toBe(lowest);
        if (resolution.kind !== 'ambiguous') return;
        const tied = holding.filter(({ policy }) => resolution.policies.includes(policy.name)).map(({ policy }) => policy);
        expect(new Set(tied.map(({ rank }) => rank))).toEqual(new Set([lowest]));
        expect(tied.some(({ outcome: one }) => tied.some(({ outcome: other }) => !sameOutcome(one, other)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
  test('an unknown that outranks never falls through', () => {
    fc.assert(
      fc.property(entries(6), facts, (policies, known) => {
        const first = { fact: 'user', equal: 'x' };
        const asking: PolicyEntry = {
          enabled: true,
          policy: { ...sample, name: 'first', rank: 0, when: first },
        };
        const lower = policies.map(({ policy, enabled }) => ({ enabled, policy: { ...policy, rank: policy.rank + 1 } }));
        expect(answer([...lower, asking], known)).toEqual({ kind: 'unknown', policy: 'first', facts: ['user'] });
      }),
      runs,
    );
  });
  test('`skip` skips an unknown and nothing else', () => {
    fc.assert(
      fc.property(entries(6), condition, facts, (policies, when, known) => {
        const lower = policies.map(({ policy, enabled }) => ({ enabled, policy: { ...policy, rank: policy.rank + 1 } }));
        const set = (whenUnknown: 'ask' | 'skip'): readonly PolicyEntry[] => [
          ...lower,
          { enabled: true, policy: { ...sample, name: 'first', rank: 0, when, whenUnknown } },
        ];
        const expected = truthOf(when, known) === 'unknown' ? answer(lower, known) : answer(set('ask'), known);
        expect(answer(set('skip'), known)).toEqual(expected);
      }),
      runs,
    );
  });
  test('a policy of a higher number changes no outcome that is decided', () => {
    fc.assert(
      fc.property(entries(6), entry, facts, (policies, { policy }, known) => {
        const before = answer(policies, known);
        const after = answer([...policies, { enabled: true, policy: { ...policy, name: 'later', rank: 9 } }], known);
        // Nothing decided is one of two: no policy fits, or one that fits none of the others may have to be known first.
        const wasOpen =
          before.kind === 'unmatched' ||
          (before.kind === 'unknown' && policies.every((one) => truthOf(one.policy.when, known) !== 'yes' || !one.enabled));
        if (!wasOpen) expect(after).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });
});

const sample = {
  outcome: { kind: 'boot-local' as const },
  consent: 'ask' as const,
  limit: null,
  whenUnknown: 'ask' as const,
  replaceExisting: false,
  note: '',
};

test('the brief trace keeps what decided, counts what it leaves, and is the whole trace where that is short', () => {
  fc.assert(
    fc.property(entries(8), facts, fc.integer({ min: 1, max: 8 }), (policies, known, most) => {
      const input = { policies, facts: known, used };
      const whole = resolve(input);
      const brief = resolveBriefly(input, most);
      const isDeciding = ({ verdict }: (typeof whole.policies)[number]): boolean =>
        ['won', 'tied', 'unknown-blocks', 'limit-reached'].includes(verdict);
      expect(brief.resolution).toEqual(whole.resolution);
      expect(brief.policies.length + brief.left).toBe(policies.length);
      expect(whole.policies.filter((one) => brief.policies.some(({ name }) => name === one.name))).toEqual(brief.policies);
      expect(brief.policies.filter(isDeciding).length).toBe(Math.min(most, whole.policies.filter(isDeciding).length));
      const pages = [0, 3, 6].flatMap((from) => resolve(input, { from, most: 3 }).policies);
      expect(pages).toEqual(whole.policies);
    }),
    runs,
  );
});

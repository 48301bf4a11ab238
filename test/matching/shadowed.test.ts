// Policies that are never reached: a table of what is seen and what is not, and the property that makes the notice trustworthy. Whatever the
// facts, the answer is the same with and without such a policy.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { entails, formulaOf } from '../../main/matching/entails.ts';
import { indexFacts } from '../../main/matching/fact-index.ts';
import { NO, UNKNOWN, YES, judgeOf } from '../../main/matching/judge.ts';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolveOnly } from '../../main/matching/resolve.ts';
import { shadowed } from '../../main/matching/shadowed.ts';
import { expectBounded } from '../bounded-work.ts';
import type { Condition, Outcome, Policy } from '../../preload/contract/policy.ts';

const HOLD: Outcome = { kind: 'hold', reason: 'x' };
const entry = (name: string, rank: number, when: Condition, more: Partial<Policy> = {}, enabled = true): PolicyEntry => ({
  enabled,
  policy: { name, rank, when, outcome: HOLD, consent: 'ask', limit: null, whenUnknown: 'ask', replaceExisting: false, note: '', ...more },
});
const pairs = (...entries: readonly PolicyEntry[]): readonly string[] => shadowed(entries).map(({ policy, by }) => `${policy} by ${by}`);
/** Whether `later` at rank 20 is hidden by `earlier` at rank 10. */
const isHidden = (earlier: Condition, later: Condition): boolean =>
  pairs(entry('earlier', 10, earlier), entry('later', 20, later)).length === 1;

const memory = (test: object): Condition => ({ fact: 'memory.size', ...test }) as Condition;
const model = (test: object): Condition => ({ fact: 'model', ...test }) as Condition;
const address = (cidr: string): Condition => ({ fact: 'network.address', cidr });
const sizes = (test: object): Condition => ({ fact: 'disk.sizes', ...test }) as Condition;

const HIDDEN: readonly (readonly [what: string, earlier: Condition, later: Condition])[] = [
  ['the same', model({ equal: 'R740' }), model({ equal: 'r740 ' })],
  ['every machine', { all: [] }, model({ equal: 'R740' })],
  ['one of two conditions', model({ equal: 'R740' }), { all: [memory({ atLeast: '64 GiB' }), model({ equal: 'R740' })] }],
  ['equal is one of', model({ in: ['R640', 'R740'] }), model({ equal: 'R740' })],
  ['one of fewer', model({ in: ['R640', 'R740', 'R840'] }), model({ in: ['R740', 'R640'] })],
  ['more memory', memory({ atLeast: '64 GiB' }), memory({ atLeast: '128 GiB' })],
  ['more than is at least', memory({ atLeast: '64 GiB' }), memory({ moreThan: '65536 MiB' })],
  [
    'between',
    { all: [memory({ atLeast: '1 GiB' }), memory({ atMost: '9 GiB' })] },
    { all: [memory({ moreThan: '2 GiB' }), memory({ lessThan: '4 GiB' })] },
  ],
  ['a narrower range', sizes({ between: ['400 GB', '2 TB'] }), sizes({ between: ['1 TB', '2 TB'] })],
  ['a number within', memory({ atMost: '64 GiB' }), memory({ equal: '32 GiB' })],
  ['a smaller network', address('10.0.0.0/8'), address('10.20.0.0/16')],
  ['one address', address('10.0.0.0/8'), { fact: 'network.address', in: ['10.0.0.5', '10.9.0.1'] }],
  ['a longer beginning', model({ glob: 'PowerEdge*' }), model({ glob: 'poweredge r?40*' })],
  ['an equal text is like', model({ glob: 'PowerEdge*' }), model({ equal: 'PowerEdge R740' })],
  ['an equal text fits', model({ matches: 'R[67]40' }), model({ in: ['R640', 'R740'] })],
  ['not at least is less', memory({ lessThan: '64 GiB' }), { none: [memory({ atLeast: '64 GiB' })] }],
  ['less is not at least', { none: [memory({ atLeast: '64 GiB' })] }, memory({ lessThan: '32 GiB' })],
  ['another value', { none: [model({ equal: 'R640' })] }, model({ equal: 'R740' })],
  ['none of more', { none: [model({ equal: 'a' })] }, { none: [model({ equal: 'a' }), memory({ atLeast: 1e9 })] }],
  ['one of the choices', { any: [model({ equal: 'a' }), memory({ atLeast: '1 GiB' })] }, memory({ atLeast: '2 GiB' })],
  [
    'fewer choices',
    { any: [model({ glob: 'a*' }), memory({ atLeast: '1 GiB' })] },
    { any: [memory({ equal: '2 GiB' }), model({ equal: 'ab' })] },
  ],
  ['each choice', model({ in: ['a', 'b'] }), { all: [{ any: [model({ equal: 'a' }), model({ equal: 'b' })] }, memory({ atLeast: 1e9 })] }],
  ['of a list one value within', sizes({ atLeast: '400 GB' }), sizes({ atLeast: '1 TB' })],
  ['no value of a list', { none: [sizes({ atLeast: '1 TB' })] }, { none: [sizes({ atLeast: '400 GB' })] }],
  [
    'the same of what people type',
    { fact: 'input.shelf', atLeast: 3 },
    { all: [{ fact: 'input.shelf', atLeast: 3 }, model({ equal: 'a' })] },
  ],
  ['what people type is one of', { fact: 'input.shelf', in: ['a', 'b'] }, { fact: 'input.shelf', equal: 'a' }],
];
const REACHED: readonly (readonly [what: string, earlier: Condition, later: Condition])[] = [
  ['something else', model({ equal: 'R740' }), model({ equal: 'R640' })],
  ['less memory', memory({ atLeast: '128 GiB' }), memory({ atLeast: '64 GiB' })],
  ['at least is not more than', memory({ moreThan: '64 GiB' }), memory({ atLeast: '64 GiB' })],
  ['a wider range', sizes({ between: ['400 GB', '2 TB'] }), sizes({ atLeast: '400 GB' })],
  ['a larger network', address('10.20.0.0/16'), address('10.0.0.0/8')],
  ['another network', address('10.20.0.0/16'), address('10.21.0.0/16')],
  ['one condition more', { all: [model({ equal: 'a' }), memory({ atLeast: 1e9 })] }, model({ equal: 'a' })],
  ['a shorter beginning', model({ glob: 'PowerEdge R*' }), model({ glob: 'PowerEdge*' })],
  ['? is one character, * is any', model({ glob: 'a?b' }), model({ glob: 'a*b' })],
  ['patterns that cannot be compared', model({ matches: 'R.*' }), model({ matches: 'R7' })],
  // Where nobody knows the fact, the later policy stops and asks for it.
  ['present where the later one may be unknown', model({ present: true }), model({ equal: 'R740' })],
  // Of two disks one may be large and the other not.
  ['of a list another value', { none: [sizes({ lessThan: '1 TB' })] }, sizes({ atLeast: '1 TB' })],
  ['one value of a list is not every one', { none: [{ fact: 'disk.kinds', equal: 'hdd' }] }, { fact: 'disk.kinds', equal: 'ssd' }],
  ['what is typed may be no number', { fact: 'input.shelf', atLeast: 3 }, { fact: 'input.shelf', atLeast: 4 }],
];

describe('what is never reached', () => {
  test.each(HIDDEN)('%s', (_what, earlier, later) => expect(isHidden(earlier, later)).toBe(true));
  test.each(REACHED)('but not: %s', (_what, earlier, later) => expect(isHidden(earlier, later)).toBe(false));

  test('only policies that are on, at a lower rank, and that do more than ask', () => {
    const every: Condition = { all: [] };
    expect(pairs(entry('a', 1, every), entry('b', 2, every), entry('c', 3, every))).toEqual(['b by a', 'c by a']);
    expect(pairs(entry('a', 1, every, {}, false), entry('b', 2, every))).toEqual([]);
    expect(pairs(entry('a', 1, every), entry('b', 2, every, {}, false))).toEqual([]);
    expect(pairs(entry('a', 2, every), entry('b', 2, every))).toEqual([]);
    expect(pairs(entry('a', 1, every, { outcome: { kind: 'ask', facts: ['role'] } }), entry('b', 2, every))).toEqual([]);
  });

  test('whoever is passed over where a fact is unknown lets the next one ask for it', () => {
    const [earlier, later] = [memory({ atLeast: '64 GiB' }), memory({ atLeast: '128 GiB' })];
    const skip = { whenUnknown: 'skip' } as const;
    expect(pairs(entry('a', 1, earlier, skip), entry('b', 2, later))).toEqual([]);
    expect(pairs(entry('a', 1, earlier, skip), entry('b', 2, later, skip))).toEqual(['b by a']);
    expect(pairs(entry('a', 1, model({ present: true })), entry('b', 2, model({ equal: 'a' }), skip))).toEqual(['b by a']);
  });

  test('a limit holds machines and hides the next policy as well, which is said', () => {
    const [only] = shadowed([entry('first-twelve', 1, { all: [] }, { limit: 12 }), entry('rest', 2, { all: [] })]);
    expect(only?.says).toBe(
      '"rest" (rank 2) is never reached: every machine that it fits, "first-twelve" (rank 1) fits too, and comes first. ' +
        'Beyond its limit of 12 it holds machines, and does not pass them on to the next policy. Give it a lower rank than that, or remove it.',
    );
  });

  test('ten thousand policies are looked through in a moment', () => {
    const many = Array.from({ length: 10_000 }, (_, at) =>
      entry(
        `p${at}`,
        at,
        at % 2 === 0 ? model({ equal: `m${at}` }) : { all: [model({ glob: `*-${at}` }), memory({ atLeast: at + 2 ** 30 })] },
      ),
    );
    const last = entry('last', 20_000, { all: [model({ equal: 'm4' }), memory({ atLeast: 1e9 })] });
    expect(expectBounded(5, () => shadowed([...many, last])).length).toBe(1);
  });
});

const GIB = 2 ** 30;
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom('a', 'B ', 'ab', '').map((equal) => model({ equal })),
  fc.uniqueArray(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1 }).map((list) => model({ in: list })),
  fc.constantFrom('a*', '*b', '?', '*', 'a?', '??', 'ab*', '*a*b*').map((glob) => model({ glob })),
  fc.constantFrom('a', '^a', 'b$', '^ab?$').map((matches) => model({ matches })),
  fc
    .tuple(fc.constantFrom('atLeast', 'atMost', 'moreThan', 'lessThan', 'equal'), fc.constantFrom(1, 2, 3))
    .map(([is, gib]) => memory({ [is]: gib * GIB })),
  fc
    .tuple(fc.constantFrom('atLeast', 'atMost', 'moreThan', 'lessThan', 'equal'), fc.constantFrom(1, 2, 3))
    .map(([is, gib]) => sizes({ [is]: gib * GIB })),
  fc
    .tuple(fc.constantFrom(1, 2), fc.nat(2))
    .map(([from, more]): Condition => ({ fact: 'disk.sizes', between: [from * GIB, (from + more) * GIB] })),
  fc.uniqueArray(fc.constantFrom('s1', 's2', 's3'), { minLength: 1 }).map((list) => ({ fact: 'disk.serials', in: list })),
  fc.constantFrom('10.0.0.0/8', '10.20.0.0/16', '10.20.0.5', '::/0').map(address),
  fc
    .tuple(fc.constantFrom('equal', 'atLeast', 'lessThan'), fc.constantFrom(2, 3))
    .map(([is, value]) => ({ fact: 'input.shelf', [is]: value }) as Condition),
  fc.constantFrom('2', 'two').map((equal) => ({ fact: 'input.shelf', equal })),
  fc.boolean().map((equal) => ({ fact: 'secure-boot', equal })),
  fc
    .tuple(fc.constantFrom('model', 'memory.size', 'disk.sizes', 'disk.serials', 'input.shelf'), fc.boolean())
    .map(([fact, present]) => ({ fact, present })),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
  const parts = fc.array(tie('condition'), { maxLength: 3 });
  return {
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      { weight: 2, arbitrary: parts.map((all) => ({ all })) },
      { weight: 1, arbitrary: parts.map((any) => ({ any })) },
      { weight: 1, arbitrary: parts.map((none) => ({ none })) },
    ),
  };
});
/** Pairs of which the one often implies the other. */
const related: fc.Arbitrary<[Condition, Condition]> = fc.oneof(
  fc.tuple(leaf, leaf),
  fc.tuple(condition, condition),
  fc.tuple(condition, condition).map(([one, other]): [Condition, Condition] => [one, { all: [other, one] }]),
  fc.tuple(condition, condition).map(([one, other]): [Condition, Condition] => [{ any: [one, other] }, one]),
  fc.tuple(leaf, leaf, condition).map(([one, other, more]): [Condition, Condition] => [one, { all: [more, other] }]),
  fc.tuple(leaf, leaf).map(([one, other]): [Condition, Condition] => [{ none: [one] }, { none: [other] }]),
);

const told = (name: string, values: readonly Fact['value'][]): fc.Arbitrary<readonly Fact[]> =>
  fc.oneof(
    fc.constant([]),
    fc.tuple(fc.constantFrom(...values), fc.nat(4)).map(([value, filler]) => [{ name, value, source: 'test', filler: filler === 0 }]),
  );
const facts: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    told('model', ['a', 'b', 'ab', 'AAB', 'c', '', 7]),
    // What is no size comes from a foreign recording; no test may read it.
    told('memory.size', [GIB / 2, GIB, 1.5 * GIB, 2 * GIB, 3 * GIB, 4 * GIB, 'much']),
    told('disk.sizes', [[], [GIB], [GIB, 3 * GIB], [2 * GIB, 4 * GIB], [GIB / 2]]),
    told('disk.serials', [[], ['S1'], ['s1', 's2'], ['x', 's3']]),
    told('network.address', ['10.20.0.5', '10.20.9.9', '10.1.1.1', '192.168.0.1', 'fd00::1', 'no address']),
    told('input.shelf', ['2', '3', '2.0', 'two', '3 GiB']),
    told('secure-boot', [true, false]),
  )
  .map((lists) => lists.flat());
const declared = fc.constantFrom<ReadonlyMap<string, 'number' | 'bytes' | null>>(
  new Map(),
  new Map([['input.shelf', 'number']]),
  new Map([['input.shelf', 'bytes']]),
);

describe('whatever the facts are', () => {
  test('what is proved of two conditions is so', () => {
    const claims = { yes: [YES], 'not-no': [UNKNOWN, YES], no: [NO], 'not-yes': [NO, UNKNOWN] } as const;
    const claim = fc.constantFrom('yes', 'not-no', 'no', 'not-yes');
    let proved = 0;
    fc.assert(
      fc.property(
        related,
        claim,
        claim,
        fc.array(facts, { minLength: 8, maxLength: 8 }),
        declared,
        ([wanted, given], givenAs, wantedAs, machines, types) => {
          if (!entails(formulaOf(given, givenAs), formulaOf(wanted, wantedAs), { left: 10_000 })) return;
          proved += 1;
          const is = (code: number, as: keyof typeof claims): boolean => claims[as].some((one) => one === code);
          for (const machine of machines) {
            const index = indexFacts(machine, types);
            if (is(judgeOf(given)(index), givenAs)) expect(is(judgeOf(wanted)(index), wantedAs)).toBe(true);
          }
        },
      ),
      { numRuns: 6000 },
    );
    expect(proved).toBeGreaterThan(400);
  });

  test('a policy that is told to be never reached changes no answer', () => {
    const outcome = fc.constantFrom<Outcome>(HOLD, { kind: 'boot-local' }, { kind: 'ask', facts: ['role'], fields: undefined } as Outcome);
    const body = fc.record({
      rank: fc.nat(3),
      outcome,
      limit: fc.constantFrom(null, null, 1),
      whenUnknown: fc.constantFrom('ask' as const, 'skip' as const),
      isOn: fc.nat(5).map((number) => number > 0),
    });
    const set = fc
      .array(fc.tuple(related, body, body), { minLength: 1, maxLength: 3 })
      .map((list) =>
        list.flatMap(([[one, other], first, second], at) => [
          entry(`e${at}`, first.rank, one, first, first.isOn),
          entry(`l${at}`, second.rank + 1, other, second, second.isOn),
        ]),
      );
    const used = (name: string): number => (name.endsWith('1') ? 1 : 0);
    let seen = 0;
    fc.assert(
      fc.property(set, fc.array(facts, { minLength: 6, maxLength: 6 }), (policies, machines) => {
        for (const { policy: name } of shadowed(policies)) {
          seen += 1;
          const without = policies.filter(({ policy }) => policy.name !== name);
          for (const machine of machines) {
            const answer = resolveOnly({ policies, facts: machine, used });
            expect(answer).toEqual(resolveOnly({ policies: without, facts: machine, used }));
            expect(answer).not.toMatchObject({ policy: name });
          }
        }
      }),
      { numRuns: 2500 },
    );
    expect(seen).toBeGreaterThan(400);
  });
});

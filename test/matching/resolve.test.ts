// The algebra as properties, and one row for every rule by which policies are resolved.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { evaluate, openFacts } from '../../main/matching/evaluate.ts';
import { indexFacts } from '../../main/matching/fact-index.ts';
import { sameOutcome } from '../../main/matching/ranked.ts';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolve } from '../../main/matching/resolve.ts';
import type { Condition, Outcome, Policy, Resolution, Truth } from '../../preload/contract/policy.ts';

const fact = (name: string, value: Fact['value'], filler = false): Fact => ({ name, value, source: 'test', filler });
const truthOf = (when: Condition, facts: readonly Fact[]): Truth => evaluate(when, indexFacts(facts)).truth;
const deploy = (letter: string): Outcome => ({ kind: 'deploy', osoid: letter.repeat(64) });
const policy = (name: string, rank: number, when: Condition, outcome: Outcome, change: Partial<Policy> = {}): PolicyEntry => ({
  enabled: true,
  policy: { name, rank, when, outcome, consent: 'ask', limit: null, whenUnknown: 'ask', replaceExisting: false, note: '', ...change },
});
const always: Condition = { all: [] };
const isWeb: Condition = { fact: 'role', equal: 'web' };
const noneUsed = (): number => 0;
const resolution = (policies: readonly PolicyEntry[], facts: readonly Fact[] = [], used: (name: string) => number = noneUsed): Resolution =>
  resolve({ policies, facts, used }).resolution;

describe('one test over one fact', () => {
  const facts = [
    fact('manufacturer', 'DELL  Inc. '),
    fact('model', 'PowerEdge R740'),
    fact('memory.size', 64 * 2 ** 30),
    fact('disk.sizes', [480e9, 4e12]),
    fact('disk.serials', []),
    fact('secure-boot', false),
    fact('network.address', '10.20.1.7'),
    fact('system.serial', 'To be filled by O.E.M.', true),
    fact('user', ' '),
  ];
  test.each<[Condition, Truth]>([
    [{ fact: 'manufacturer', equal: 'Dell Inc.' }, 'yes'],
    [{ fact: 'manufacturer', equal: 'Dell' }, 'no'],
    [{ fact: 'model', in: ['x', 'poweredge r740'] }, 'yes'],
    [{ fact: 'model', glob: 'poweredge r7*' }, 'yes'],
    [{ fact: 'model', matches: 'R7[45]0$' }, 'yes'],
    [{ fact: 'memory.size', equal: '64 GiB' }, 'yes'],
    [{ fact: 'memory.size', atLeast: '64 GiB' }, 'yes'],
    [{ fact: 'memory.size', moreThan: '64 GiB' }, 'no'],
    [{ fact: 'memory.size', atMost: '64 GB' }, 'no'],
    [{ fact: 'disk.sizes', moreThan: '1 TB' }, 'yes'],
    [{ fact: 'disk.sizes', lessThan: '400 GB' }, 'no'],
    [{ fact: 'disk.serials', equal: 'X' }, 'no'],
    [{ fact: 'secure-boot', equal: false }, 'yes'],
    [{ fact: 'network.address', cidr: '10.20.0.0/16' }, 'yes'],
    [{ fact: 'network.address', cidr: '10.21.0.0/16' }, 'no'],
    [{ fact: 'role', equal: 'web' }, 'unknown'],
    [{ fact: 'system.serial', glob: '*' }, 'unknown'],
    [{ fact: 'user', equal: 'me' }, 'unknown'],
    [{ fact: 'system.serial', present: true }, 'no'],
    [{ fact: 'role', present: false }, 'yes'],
    [{ fact: 'model', present: true }, 'yes'],
    [{ none: [{ fact: 'role', equal: 'production' }] }, 'unknown'],
    [
      {
        all: [
          { fact: 'role', equal: 'web' },
          { fact: 'secure-boot', equal: true },
        ],
      },
      'no',
    ],
    [
      {
        any: [
          { fact: 'role', equal: 'web' },
          { fact: 'secure-boot', equal: false },
        ],
      },
      'yes',
    ],
  ])('%j is %s', (when, truth) => {
    expect(truthOf(when, facts)).toBe(truth);
  });
  test('the trace says what was seen and why', () => {
    const trace = evaluate(
      { all: [{ fact: 'memory.size', atLeast: '128 GiB' }, { fact: 'system.serial', equal: 'X' }, isWeb] },
      indexFacts(facts),
    );
    expect(trace.parts).toMatchObject([
      { text: 'memory.size ≥ 128 GiB', truth: 'no', seen: '64 GiB', why: null },
      { truth: 'unknown', seen: 'To be filled by O.E.M.', why: 'system.serial is vendor filler' },
      { text: 'role = "web"', truth: 'unknown', seen: null, why: 'role is not known' },
    ]);
  });
});

describe('the algebra', () => {
  const names = ['role', 'user', 'model', 'rack.position'];
  const leaf: fc.Arbitrary<Condition> = fc.record({ fact: fc.constantFrom(...names), equal: fc.constantFrom('a', 'b') });
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
    const parts = fc.array(tie('condition'), { maxLength: 3 });
    return {
      condition: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        parts.map((all) => ({ all })),
        parts.map((any) => ({ any })),
        parts.map((none) => ({ none })),
      ),
    };
  });
  const machine = fc.record(Object.fromEntries(names.map((name) => [name, fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null })])));
  type Machine = Readonly<Record<string, string | null>>;
  const factsOf = (values: Machine): readonly Fact[] =>
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [fact(name, value)]));
  const filled = (values: Machine): readonly Fact[] => Object.entries(values).map(([name, value]) => fact(name, value ?? 'a'));

  test('De Morgan holds with three truths', () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 4 }), machine, (parts, values) => {
        const facts = factsOf(values);
        expect(truthOf({ none: parts }, facts)).toBe(truthOf({ all: parts.map((part) => ({ none: [part] })) }, facts));
        expect(truthOf({ none: [{ all: parts }] }, facts)).toBe(truthOf({ any: parts.map((part) => ({ none: [part] })) }, facts));
        expect(truthOf({ none: [{ none: [{ any: parts }] }] }, facts)).toBe(truthOf({ any: parts }, facts));
      }),
    );
  });
  test('learning a fact never turns yes into no, nor no into yes', () => {
    fc.assert(
      fc.property(condition, machine, (when, values) => {
        const before = truthOf(when, factsOf(values));
        const after = truthOf(when, filled(values));
        expect(before === 'unknown' ? 'unknown' : after).toBe(before);
      }),
    );
  });
  test('an unknown names facts that are missing, and learning all facts decides it', () => {
    fc.assert(
      fc.property(condition, machine, (when, values) => {
        const open = openFacts(when, evaluate(when, indexFacts(factsOf(values))));
        for (const name of open) expect(values[name]).toBeNull();
        expect(open.length > 0).toBe(truthOf(when, factsOf(values)) === 'unknown');
        expect(truthOf(when, filled(values))).not.toBe('unknown');
      }),
    );
  });

  const entry: fc.Arbitrary<PolicyEntry> = fc
    .tuple(
      condition,
      fc.nat({ max: 3 }),
      fc.constantFrom('a', 'b'),
      fc.constantFrom<'ask' | 'auto'>('ask', 'auto'),
      fc.boolean(),
      fc.option(fc.constant(1)),
    )
    .map(([when, rank, letter, consent, enabled, limit]) => ({ ...policy('p', rank, when, deploy(letter), { consent, limit }), enabled }));
  const entries = fc
    .array(entry, { maxLength: 6 })
    .map((list) => list.map((one, at) => ({ ...one, policy: { ...one.policy, name: `p${at}` } })));
  const used = (name: string): number => (name === 'p1' ? 1 : 0);

  test('the order in which policies are given changes nothing', () => {
    fc.assert(
      fc.property(entries, machine, fc.nat(), (policies, values, turn) => {
        const turned = [...policies.slice(turn % 6), ...policies.slice(0, turn % 6)].toReversed();
        expect(resolve({ policies: turned, facts: factsOf(values), used })).toEqual(resolve({ policies, facts: factsOf(values), used }));
      }),
    );
  });
  test('a match never changes its outcome when more facts become known', () => {
    fc.assert(
      fc.property(entries, machine, (policies, values) => {
        const before = resolution(policies, factsOf(values));
        const after = resolution(policies, filled(values));
        const keeps = after.kind === 'matched' && before.kind === 'matched' && sameOutcome(after.outcome, before.outcome);
        expect(keeps || before.kind !== 'matched').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
  test('every policy is in the trace, and exactly one kind of verdict decided', () => {
    fc.assert(
      fc.property(entries, machine, (policies, values) => {
        const trace = resolve({ policies, facts: factsOf(values), used });
        expect(trace.policies).toHaveLength(policies.length);
        const deciding = {
          matched: 'won',
          ambiguous: 'tied',
          unknown: 'unknown-blocks',
          'limit-reached': 'limit-reached',
          unmatched: null,
        };
        const seen = new Set(trace.policies.map((each) => each.verdict).filter((verdict) => Object.values(deciding).includes(verdict)));
        expect([...seen]).toEqual([deciding[trace.resolution.kind]].filter((verdict) => verdict !== null));
      }),
    );
  });
});

describe('resolving, rule by rule', () => {
  const web = [fact('role', 'web')];
  test('the lowest rank wins', () => {
    const trace = resolve({
      policies: [policy('late', 20, always, deploy('b')), policy('early', 10, always, deploy('a'))],
      facts: [],
      used: noneUsed,
    });
    expect(trace.resolution).toEqual({ kind: 'matched', policy: 'early', outcome: deploy('a'), consent: 'ask', replaceExisting: false });
    expect(trace.policies.map((each) => [each.name, each.verdict])).toEqual([
      ['early', 'won'],
      ['late', 'outranked'],
    ]);
  });
  test('nothing fits: unmatched', () => {
    expect(resolution([policy('p', 1, isWeb, deploy('a'))], [fact('role', 'mail')])).toEqual({ kind: 'unmatched' });
    expect(resolution([])).toEqual({ kind: 'unmatched' });
  });
  test('equal ranks with different outcomes are ambiguous', () => {
    expect(resolution([policy('p', 1, always, deploy('a')), policy('q', 1, always, deploy('b'))])).toEqual({
      kind: 'ambiguous',
      policies: ['p', 'q'],
    });
  });
  test('equal ranks with the same outcome agree, and the stricter consent counts', () => {
    const outcome: Outcome = { kind: 'deploy-newest', labels: { os: 'debian', role: 'web' } };
    const turned: Outcome = { labels: { role: 'web', os: 'debian' }, kind: 'deploy-newest' };
    const both = [
      policy('p', 1, always, outcome, { consent: 'auto', replaceExisting: true }),
      policy('q', 1, always, turned, { consent: 'ask' }),
    ];
    expect(resolution(both)).toMatchObject({ kind: 'matched', policy: 'p', consent: 'ask', replaceExisting: false });
  });
  test('an unknown policy that outranks the winner asks for its facts', () => {
    const policies = [
      policy('special', 1, { all: [isWeb, { fact: 'user', equal: 'me' }] }, deploy('a')),
      policy('rest', 9, always, deploy('b')),
    ];
    expect(resolution(policies, web)).toEqual({ kind: 'unknown', policy: 'special', facts: ['user'] });
    expect(resolution(policies, [...web, fact('user', 'you')])).toMatchObject({ kind: 'matched', policy: 'rest' });
  });
  test('unless its author said to skip it', () => {
    const policies = [policy('special', 1, isWeb, deploy('a'), { whenUnknown: 'skip' }), policy('rest', 9, always, deploy('b'))];
    const trace = resolve({ policies, facts: [], used: noneUsed });
    expect(trace.resolution).toMatchObject({ kind: 'matched', policy: 'rest' });
    expect(trace.policies[0]?.verdict).toBe('unknown-skipped');
  });
  test('an unknown policy of equal rank blocks when it would make the answer ambiguous', () => {
    expect(resolution([policy('p', 1, always, deploy('a')), policy('q', 1, isWeb, deploy('b'))])).toMatchObject({
      kind: 'unknown',
      policy: 'q',
    });
    expect(resolution([policy('p', 1, always, deploy('a')), policy('q', 1, isWeb, deploy('a'))])).toMatchObject({ kind: 'matched' });
  });
  test('an unknown policy of higher number does not matter', () => {
    expect(resolution([policy('p', 1, always, deploy('a')), policy('q', 2, isWeb, deploy('b'))])).toMatchObject({
      kind: 'matched',
      policy: 'p',
    });
  });
  test('an exhausted limit holds, and never yields to the next policy', () => {
    const policies = [policy('two', 1, always, deploy('a'), { limit: 2 }), policy('rest', 9, always, deploy('b'))];
    expect(resolution(policies, [], () => 1)).toMatchObject({ kind: 'matched', policy: 'two' });
    expect(resolution(policies, [], () => 2)).toEqual({ kind: 'limit-reached', policy: 'two', limit: 2 });
  });
  test('a policy that is switched off is shown and does not count', () => {
    const off = { ...policy('p', 1, always, deploy('a')), enabled: false };
    const trace = resolve({ policies: [off], facts: [], used: noneUsed });
    expect(trace).toMatchObject({ resolution: { kind: 'unmatched' }, policies: [{ verdict: 'disabled', truth: 'yes' }] });
  });
});

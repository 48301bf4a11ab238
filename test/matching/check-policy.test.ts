import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../main/matching/check-policy.ts';

const osoid = 'a'.repeat(64);
const policy = (change: Record<string, unknown>): Record<string, unknown> => ({
  name: 'web-servers',
  rank: 10,
  when: { all: [{ fact: 'model', equal: 'R740' }] },
  outcome: { kind: 'deploy', osoid },
  consent: 'ask',
  ...change,
});

test('a sound policy is taken with its defaults', () => {
  expect(checkPolicy(policy({}))).toMatchObject({ ok: true, value: { limit: null, whenUnknown: 'ask', replaceExisting: false, note: '' } });
});

describe('every test is taken over a fact that it fits', () => {
  test.each([
    { fact: 'manufacturer', in: ['Dell Inc.', 'HPE'] },
    { fact: 'model', glob: 'PowerEdge R7*' },
    { fact: 'input.shelf-2', matches: '^A[0-9]+$' },
    { fact: 'memory.size', atLeast: '64 GiB' },
    { fact: 'memory.size', equal: '64 GiB' },
    { fact: 'disk.sizes', moreThan: '1 TB' },
    { fact: 'nic.speeds', atLeast: '10 Gbit/s' },
    { fact: 'cpu.cores', lessThan: 9 },
    { fact: 'secure-boot', equal: true },
    { fact: 'network.address', cidr: '10.0.0.0/8' },
    { fact: 'role', present: false },
  ])('%o', (when) => {
    expect(checkPolicy(policy({ when }))).toMatchObject({ ok: true });
  });
});

describe('what is wrong is refused with its place and its reason', () => {
  const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ all: [inner] }), { fact: 'role', present: true });
  test.each<[string, unknown, string]>([
    [
      'a slip in a fact',
      {
        all: [
          { fact: 'role', present: true },
          { fact: 'modle', equal: 'x' },
        ],
      },
      'when.all[1].fact: unknown fact "modle", did you mean "model"',
    ],
    ['an input name that none can type', { fact: 'input.Shelf', equal: 'x' }, 'when.fact: unknown fact "input.Shelf"'],
    ['order on a text', { fact: 'model', atLeast: 3 }, 'when.atLeast: model is a text fact and has no order'],
    ['a bad unit', { any: [{ fact: 'memory.size', atLeast: '64 G' }] }, 'when.any[0].atLeast: "64 G" is not a quantity'],
    ['a text for a flag', { fact: 'secure-boot', equal: 'yes' }, 'when.equal: secure-boot is a flag fact'],
    ['a number for a text', { fact: 'model', equal: 740 }, 'when.equal: model is a text fact'],
    ['a glob on a number', { fact: 'cpu.cores', glob: '1*' }, 'when.glob: cpu.cores is a number fact'],
    ['a slip in a test', { fact: 'memory.size', atleast: 1 }, 'when.atleast: unknown test "atleast", did you mean "atLeast"'],
    ['two tests in one', { fact: 'memory.size', atLeast: 1, atMost: 2 }, 'when: needs exactly one of'],
    ['no test', { fact: 'model' }, 'when: needs exactly one of'],
    ['a group beside a test', { all: [], fact: 'model' }, 'when: must hold exactly one of'],
    ['an empty any', { any: [] }, 'when.any: is empty'],
    [
      'a pattern that cannot be linear',
      { fact: 'model', matches: '(a)\\1' },
      'when.matches: /(a)\\1/: \\1 is not supported at character 5',
    ],
    ['a network with host bits', { fact: 'network.address', cidr: '10.0.0.5/24' }, 'when.cidr: 10.0.0.5/24 has bits beyond its prefix'],
    ['depth', deep, 'is nested more than 20 deep'],
    ['not an object', 'always', 'when: must be a test'],
  ])('%s', (_what, when, message) => {
    const checked = checkPolicy(policy({ when }));
    expect(checked.ok ? '' : checked.failure.message).toContain(message);
  });
  test('outside the condition too, and all at once', () => {
    const checked = checkPolicy(policy({ rank: -1, when: { fact: 'x', present: true }, surprise: 1 }));
    expect(checked.ok ? '' : checked.failure.message).toMatch(/when\.fact: .*; rank: .*; surprise: /);
    expect(checkPolicy(policy({ outcome: { kind: 'deploy-newest', labels: {} } })).ok).toBe(false);
    expect(checkPolicy(policy({ outcome: { kind: 'ask', facts: ['rol'] } }))).toMatchObject({
      ok: false,
      failure: { code: 'policy.invalid' },
    });
    expect(checkPolicy(policy({ name: 'Über' })).ok).toBe(false);
    expect(checkPolicy(null).ok).toBe(false);
  });
});

test('no value makes the check throw', () => {
  fc.assert(
    fc.property(fc.anything(), (when) => {
      expect(typeof checkPolicy(policy({ when })).ok).toBe('boolean');
    }),
  );
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(typeof checkPolicy(value).ok).toBe('boolean');
    }),
  );
});

describe('a policy that builds', () => {
  const recipes = [
    { id: 'web-server', enabled: true },
    { id: 'old', enabled: false },
  ];
  const builds = (recipe: string, change: object = {}) => checkPolicy(policy({ outcome: { kind: 'build', recipe }, ...change }), recipes);
  test('names a recipe that is here and on', () => expect(builds('web-server').ok).toBe(true));
  test.each([
    ['web-servr', {}, 'outcome.recipe: unknown recipe "web-servr", did you mean "web-server"'],
    ['old', {}, 'outcome.recipe: recipe "old" is switched off'],
    ['web-server', { consent: 'auto' }, 'consent: must be "ask"'],
  ] as const)('is refused otherwise: %s %j', (recipe, change, words) => {
    expect(builds(recipe, change)).toMatchObject({
      ok: false,
      failure: { code: 'policy.invalid', message: expect.stringContaining(words) as string },
    });
  });
});

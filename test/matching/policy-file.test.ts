// A set of policies as one file: read whole or not at all, written the same way every time, and what arrives held against what is here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrived, differenceOf } from '../../main/matching/compare-policies.ts';
import { policyProblems } from '../../main/matching/check-policy.ts';
import { parsePlaced } from '../../main/written/json-places.ts';
import { readPolicyFile, writePolicyFile } from '../../main/matching/policy-file.ts';
import type { Condition, Policy } from '../../preload/contract/policy.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** What a test is held against is never empty. */
const operand = text.map((inner) => `x${inner}`);
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ fact: fc.constantFrom('role', 'model', 'input.shelf-2'), equal: operand }),
  fc.record({ fact: fc.constant('role'), in: fc.array(operand, { minLength: 1, maxLength: 12 }) }),
  fc.record({ fact: fc.constant('model'), glob: operand }),
  fc.record({ fact: fc.constant('memory.size'), atLeast: fc.oneof(fc.integer({ min: 2 ** 20 }), fc.constantFrom('64 GiB', '1.5 TB')) }),
  fc.record({ fact: fc.constant('network.address'), cidr: fc.constantFrom('10.0.0.0/8', 'fd00::/8') }),
  fc.record({ fact: fc.constant('secure-boot'), present: fc.boolean() }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((none) => ({ none })),
  ),
}));
const policy: fc.Arbitrary<Policy> = fc.record({
  name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,30}$/),
  rank: fc.nat({ max: 1_000_000 }),
  when: condition,
  outcome: fc.oneof(
    fc.constant({ kind: 'boot-local' as const }),
    fc.record({ kind: fc.constant('hold' as const), reason: text }),
    fc.record({
      kind: fc.constant('deploy-newest' as const),
      labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { minKeys: 1, maxKeys: 3 }),
    }),
  ),
  consent: fc.constantFrom('ask' as const, 'auto' as const),
  limit: fc.option(fc.integer({ min: 1, max: 500 }), { nil: null }),
  whenUnknown: fc.constantFrom('ask' as const, 'skip' as const),
  replaceExisting: fc.boolean(),
  note: text,
});
/** Only those that the gate takes: tests that exclude each other are refused. */
const accepted = policy.filter((one) => policyProblems(one, null).length === 0);
const policies = fc.uniqueArray(accepted, { selector: ({ name }) => name, maxLength: 6 });
const value = (file: string): readonly Policy[] => {
  const read = readPolicyFile(file, 'file');
  return read.ok ? read.value : expect.fail(read.failure.message);
};
const byName = (list: readonly Policy[]): readonly Policy[] => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));

test('what is exported is imported as it was, and the same set is the same file', () => {
  fc.assert(
    fc.property(policies, (list) => {
      const file = writePolicyFile(list);
      expect(byName(value(file))).toEqual(byName(list));
      expect(writePolicyFile(list.toReversed())).toBe(file);
      expect(writePolicyFile(value(file))).toBe(file);
      for (const one of list) expect(differenceOf(one, one, one.consent === 'auto')).toMatchObject({ kind: 'same', says: null });
    }),
  );
});

test('the reader of JSON takes what JSON.parse takes, to the same value, and refuses what it refuses', () => {
  const check = (json: string): void => {
    const read = parsePlaced(json);
    try {
      expect(read.ok ? JSON.stringify(read.value.value) : read.failure.message).toBe(JSON.stringify(JSON.parse(json)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      expect(read.ok).toBe(false);
    }
  };
  fc.assert(fc.property(fc.json(), check));
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('"', '{', ']', ',', '\\', '0', ' ', '\n', 'x'), (json, at, slip) =>
      check(json.slice(0, at % (json.length + 1)) + slip + json.slice(at % (json.length + 1))),
    ),
    { examples: [['{"a":1}', 3, ' ']] },
  );
});

const sound: Policy = {
  name: 'web',
  rank: 20,
  when: { all: [{ fact: 'role', equal: 'web' }] },
  outcome: { kind: 'boot-local' },
  consent: 'ask',
  limit: null,
  whenUnknown: 'ask',
  replaceExisting: false,
  note: '',
};

test('it is readable: a test is a line, and what is as usual is left out', () => {
  expect(writePolicyFile([{ ...sound, note: 'front row' }])).toBe(`{
  "rackside": "policies/1",
  "policies": [
    {
      "name": "web",
      "rank": 20,
      "note": "front row",
      "when": { "all": [{ "fact": "role", "equal": "web" }] },
      "outcome": { "kind": "boot-local" },
      "consent": "ask"
    }
  ]
}
`);
});

test('one bad policy refuses the file, with line, policy and place; so does a name given twice', () => {
  const file = writePolicyFile([sound, { ...sound, name: 'mail', rank: 30 }]);
  const read = (changed: string): string => {
    const result = readPolicyFile(changed, 'site.json');
    return result.ok ? '' : result.failure.message;
  };
  expect(read(file.replace('"rank": 30', '"rank": "30"'))).toBe(
    'site.json is not taken:\n  line 13, policy "mail", rank: "30" is not a whole number from 0 to 1000000 without quotes, such as 20; write 30',
  );
  expect(read(file.replace('"mail"', '"web"'))).toContain('line 12, policy "web", name: stands on line 5 already');
  expect(read(file.replace('policies/1', 'policies/2'))).toContain('this station reads "policies/1"');
  expect(read('{"policies": []}')).toContain('"rackside" is missing');
  expect(read('{"rackside": "policies/1", "policies": {}}')).toContain('is not a list');
  expect(read('{"rackside": "policies/1", "policies": [], "rules": []}')).toContain('"rules" beside "policies"');
  expect(read('[7]')).toContain('line 1, policy: must be an object');
});

test('a difference is told field by field, and `auto` does not travel', () => {
  expect(differenceOf(null, sound, false)).toMatchObject({ kind: 'new', fields: [], says: null });
  expect(differenceOf(sound, { ...sound, rank: 10, limit: 2 }, false)).toMatchObject({
    kind: 'changed',
    fields: [
      { field: 'rank', here: '20', arriving: '10' },
      { field: 'limit', here: 'null', arriving: '2' },
    ],
  });
  const auto: Policy = { ...sound, consent: 'auto' };
  expect(arrived(auto).consent).toBe('ask');
  expect(differenceOf(sound, auto, true).kind).toBe('same');
  expect(differenceOf(auto, { ...auto, rank: 1 }, true)).toMatchObject({
    kind: 'changed',
    says: expect.stringContaining('here it asks'),
    fields: [{ field: 'rank' }, { field: 'consent', here: '"auto"', arriving: '"ask"' }],
  });
});

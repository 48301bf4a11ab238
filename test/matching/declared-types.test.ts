// What people type, compared as the number or the size that its field declares; what is not declared so, or is none, is unknown.
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { FieldType } from '../../agent/protocol/fields.ts';
import { brokenBy, checkPolicy } from '../../main/matching/check-policy.ts';
import { declaredTypes } from '../../main/matching/declared-types.ts';
import { evaluate } from '../../main/matching/evaluate.ts';
import { indexFacts } from '../../main/matching/fact-index.ts';
import { judgeOf } from '../../main/matching/judge.ts';
import { readPolicyFile } from '../../main/matching/policy-file.ts';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolveOnly } from '../../main/matching/resolve.ts';
import { nameable } from '../../main/sets/nameable.ts';
import type { Condition, Outcome, Policy, Truth } from '../../preload/contract/policy.ts';

const typed = (name: string, value: string): Fact => ({ name, value, source: 'person:Ada', filler: false });
const field = (name: string, type: FieldType) => ({ name, type });
const fields = [field('input.vlan', 'number'), field('input.scratch', 'size'), field('input.floor', 'text')];
const facts = [
  typed('input.vlan', '120'),
  typed('input.scratch', '512 GiB'),
  typed('input.floor', '7'),
  typed('input.undeclared', '120'),
  typed('input.mtu', 'jumbo'),
];
const declared = declaredTypes([...fields, field('input.mtu', 'number')], []);
const index = indexFacts(facts, declared);
const CODES: Readonly<Record<Truth, number>> = { no: 0, unknown: 1, yes: 2 };

describe('one test over one answer', () => {
  test.each<[Condition, Truth]>([
    // As texts "120" comes before "99", and "1000" before "120".
    [{ fact: 'input.vlan', atLeast: 99 }, 'yes'],
    [{ fact: 'input.vlan', atLeast: '99' }, 'yes'],
    [{ fact: 'input.vlan', atLeast: 1000 }, 'no'],
    [{ fact: 'input.vlan', lessThan: 1000 }, 'yes'],
    [{ fact: 'input.vlan', moreThan: 120 }, 'no'],
    [{ fact: 'input.vlan', atMost: 120 }, 'yes'],
    [{ fact: 'input.vlan', equal: '120' }, 'yes'],
    [{ fact: 'input.vlan', equal: 120 }, 'yes'],
    [{ fact: 'input.vlan', equal: '0120' }, 'yes'],
    [{ fact: 'input.vlan', in: [7, 120] }, 'yes'],
    [{ fact: 'input.vlan', in: [7, 8] }, 'no'],
    [{ fact: 'input.vlan', glob: '12*' }, 'yes'],
    [{ fact: 'input.scratch', atLeast: '400 GiB' }, 'yes'],
    [{ fact: 'input.scratch', atLeast: '1 TB' }, 'no'],
    [{ fact: 'input.scratch', atLeast: 1000 }, 'yes'],
    [{ fact: 'input.scratch', equal: '0.5 TiB' }, 'yes'],
    [{ fact: 'input.scratch', equal: '512 GB' }, 'no'],
    [{ none: [{ fact: 'input.scratch', atLeast: '1 TB' }] }, 'yes'],
    // A size is no number of that kind: neither true nor false.
    [{ fact: 'input.vlan', atLeast: '1 B' }, 'unknown'],
    [{ none: [{ fact: 'input.vlan', atLeast: '1 B' }] }, 'unknown'],
    [{ fact: 'input.floor', atLeast: 3 }, 'unknown'],
    [{ fact: 'input.floor', equal: '7' }, 'yes'],
    [{ fact: 'input.undeclared', atLeast: 3 }, 'unknown'],
    [{ fact: 'input.mtu', atLeast: 3 }, 'unknown'],
    [{ fact: 'input.nobody-said', atLeast: 3 }, 'unknown'],
    [
      {
        any: [
          { fact: 'input.mtu', atLeast: 3 },
          { fact: 'input.vlan', atLeast: 3 },
        ],
      },
      'yes',
    ],
  ])('%j is %s', (when, truth) => {
    expect(evaluate(when, index).truth).toBe(truth);
    expect(judgeOf(when)(index)).toBe(CODES[truth]);
  });

  test('why it is unknown is said', () => {
    expect(evaluate({ fact: 'input.floor', atLeast: 3 }, index).why).toContain('no field says that it is a number');
    expect(evaluate({ fact: 'input.vlan', atLeast: '1 GiB' }, index).why).toContain('not of a kind that this test can read');
  });
});

const entry = (name: string, when: Condition, outcome: Outcome = { kind: 'boot-local' }, rank = 10): PolicyEntry => ({
  enabled: true,
  policy: { name, rank, when, outcome, consent: 'ask', limit: null, whenUnknown: 'ask', replaceExisting: false, note: '' },
});
const many: Condition = { fact: 'input.vlan', atLeast: 100 };
const asks: Outcome = { kind: 'ask', facts: [], fields: [{ name: 'input.vlan', type: 'number', required: true }] };

test('a policy that asks declares too; the station goes before it', () => {
  const asker = entry('asker', { all: [] }, asks, 1);
  const policies = [asker, entry('many', many)];
  const used = (): number => 0;
  expect(resolveOnly({ policies, facts, used })).toMatchObject({ kind: 'matched', policy: 'many' });
  expect(resolveOnly({ policies, facts, used, fields: [field('input.vlan', 'text')] })).toMatchObject({ kind: 'unknown', policy: 'many' });
  expect(resolveOnly({ policies: [entry('many', many)], facts, used, fields })).toMatchObject({ kind: 'matched', policy: 'many' });
});

test('answers that are equal are found through the index of many policies, however they are written', () => {
  const policies = Array.from({ length: 40 }, (_, at) =>
    entry(`size-${at}`, { fact: 'input.scratch', equal: `${at * 1024} MiB` }, { kind: 'hold', reason: `${at}` }),
  );
  const one = entry('right', { all: [{ fact: 'input.scratch', equal: '524288 MiB' }] });
  expect(resolveOnly({ policies: [...policies, one], facts, used: () => 0, fields })).toMatchObject({ kind: 'matched', policy: 'right' });
});

describe('at saving', () => {
  const known = nameable([], [], fields, []);
  const check = (when: unknown, more: object = {}) =>
    checkPolicy({ name: 'one', rank: 1, when, outcome: { kind: 'boot-local' }, consent: 'ask', ...more }, known);
  test.each<[unknown, string | null]>([
    [many, null],
    [{ fact: 'input.vlan', equal: 120 }, null],
    [{ fact: 'input.vlan', glob: '1*' }, null],
    [{ fact: 'input.scratch', atLeast: '64 GiB' }, null],
    [{ fact: 'input.vlan', atLeast: '64 GiB' }, 'Write a plain number'],
    [{ fact: 'input.vlan', equal: 'many' }, 'is not a quantity of this kind'],
    [{ fact: 'input.scratch', atLeast: '64 G' }, 'Write "64 GiB" or "64 GB"'],
    [{ fact: 'input.floor', atLeast: 3 }, 'Define its field with "type": "number" or "size"'],
    [{ fact: 'input.undeclared', atLeast: 3 }, 'is a text fact and has no order'],
    [{ fact: 'input.floor', equal: 3 }, 'can never be 3'],
  ])('%j', (when, reason) => {
    const checked = check(when);
    expect(checked.ok ? null : checked.failure.message).toEqual(reason === null ? null : expect.stringContaining(reason));
  });

  test('policies of one file may ask and compare; elsewhere than here anything may be declared later', () => {
    const compares: Partial<Policy> = entry('compares', { fact: 'input.rack-units', atLeast: 2 }).policy;
    const asking = entry(
      'asking',
      { all: [] },
      { kind: 'ask', facts: [], fields: [{ name: 'input.rack-units', type: 'number', required: true }] },
      1,
    ).policy;
    expect(readPolicyFile(JSON.stringify([compares, asking]), 'f', known).ok).toBe(true);
    expect(readPolicyFile(JSON.stringify([compares]), 'f', known).ok).toBe(false);
    expect(readPolicyFile(JSON.stringify([compares]), 'f').ok).toBe(true);
  });

  test('a declaration that policies compare by cannot change under them', () => {
    const policies = [entry('many', many), entry('web', { fact: 'input.vlan', equal: '120' })];
    expect(brokenBy(fields, [field('input.vlan', 'text')], policies)).toEqual(['many']);
    expect(brokenBy(fields, [], policies)).toEqual(['many']);
    expect(brokenBy(fields, [field('input.vlan', 'number')], policies)).toEqual([]);
    // A policy that was wrong before keeps nobody from mending the fields.
    expect(brokenBy([], [field('input.other', 'text')], policies)).toEqual([]);
  });
});

// Files of image sets: taken whole, refused with every place, and the same again when they are written.
import { describe, expect, test } from 'vitest';
import { readSetFile, writeSetFile } from '../../main/sets/read-sets.ts';

const OSOID = 'a'.repeat(64);
const SET = {
  name: 'lab',
  members: [
    { name: 'rescue', osoid: OSOID },
    { name: 'base', labels: { os: 'debian' } },
    { name: 'web', recipe: 'web' },
  ],
};
const refusal = (value: unknown, recipes: readonly string[] | null = ['web']): string => {
  const read = readSetFile(typeof value === 'string' ? value : JSON.stringify(value), 'sets.json', recipes);
  return read.ok ? 'taken' : `${read.failure.code} ${read.failure.message}`;
};

test('one set, a list, and what export writes are taken; what is written reads as itself', () => {
  for (const value of [SET, [SET], { sets: [SET] }]) expect(refusal(value)).toBe('taken');
  const read = readSetFile(JSON.stringify([{ ...SET, name: 'z' }, SET]), 'f', ['web']);
  const text = read.ok ? writeSetFile(read.value) : '';
  const again = readSetFile(text, 'f', ['web']);
  expect(again.ok ? again.value.map(({ name }) => name) : []).toEqual(['lab', 'z']);
  expect(again.ok ? writeSetFile(again.value) : '').toBe(text);
});

describe('refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /line 1, column 2: /],
    ['nothing', [], /holds no set/],
    ['a name with blanks', { ...SET, name: 'my lab' }, /set "my lab", name: "my lab" is not small letters, digits and hyphens/],
    ['no members', { name: 'lab', members: [] }, /set "lab", members: \[\] is not a list of 1 to 16 members/],
    [
      'members under another name',
      { name: 'lab', member: SET.members },
      /set "lab", members: is missing: a list.*unknown field "member", did you mean "members"/,
    ],
    [
      'an image by a part of its id',
      { name: 'lab', members: [{ name: 'web', osoid: '12' }] },
      /set "lab", members\[0\].osoid: "12" is not the 64 hex/,
    ],
    [
      'a member of nothing',
      { name: 'lab', members: [{ name: 'web' }] },
      /set "lab", members\[0\]: .* is not a list of 1 to 16 members, each a name with one of osoid, labels, recipe/,
    ],
    ['a member of two things', { name: 'lab', members: [{ name: 'web', recipe: 'web', osoid: OSOID }] }, /set "lab", members\[0\]/],
    ['a recipe that is not here', { name: 'lab', members: [{ name: 'web', recipe: 'wbe' }] }, /unknown recipe "wbe", did you mean "web"/],
    ['labels that take any image', { name: 'lab', members: [{ name: 'web', labels: {} }] }, /labels: is empty/],
    ['a member twice', { name: 'lab', members: [SET.members[2], SET.members[2]] }, /members\[1\].name: "web" stands there twice/],
    ['an end that is none of them', { ...SET, final: 'mail' }, /no member "mail"; members are rescue, base, web/],
    ['a set twice', [SET, SET], /set "lab", name: "lab" stands there twice/],
    ['an unknown key', { ...SET, colour: 'red' }, /colour/],
  ])('%s', (_what, value, reason) => expect(refusal(value)).toMatch(reason));
  test('by the line of a file that has several', () => {
    const text = JSON.stringify({ sets: [SET, { name: 'lab2', members: [{ name: 'web', osoid: '12' }] }] }, null, 2);
    const line = text.split('\n').findIndex((one) => one.includes('"12"')) + 1;
    expect(refusal(text)).toContain(`sets.json: line ${line}, set "lab2", members[0].osoid: "12" is not`);
    expect(refusal(JSON.stringify([SET, { members: [] }]))).toContain('set 2, name: is missing');
  });
  test('but a set from elsewhere may name recipes that arrive later', () => {
    expect(refusal({ name: 'lab', members: [{ name: 'web', recipe: 'later' }] }, null)).toBe('taken');
  });
});

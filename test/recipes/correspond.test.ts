// Which image corresponds to a machine, as a table.
import { describe, expect, test } from 'vitest';
import type { Fact, FactValue } from '../../agent/protocol/facts.ts';
import { corresponding, imageNameOf, keyOf, sameKey } from '../../main/recipes/correspond.ts';
import type { RecipeKey } from '../../main/recipes/correspond.ts';
import { hash, image } from '../journey/fixtures.ts';

const fact = (name: string, value: FactValue, filler = false): Fact => ({ name, value, source: 'test', filler });
const recipe = (...matchOn: string[]) => ({ id: 'web', version: 2, matchOn });
const key = (matchOn: RecipeKey['matchOn'] = { model: 'R650' }, version = '2'): RecipeKey => ({ id: 'web', version, matchOn });

describe('the key of a machine', () => {
  test('has the values of its facts, and no others', () =>
    expect(keyOf(recipe('model', 'memory.size'), [fact('model', 'R650'), fact('memory.size', 64), fact('role', 'web')])).toEqual({
      key: key({ model: 'R650', 'memory.size': 64 }),
    }));
  test('is missing where a fact is missing or filler, which are named', () =>
    expect(keyOf(recipe('model', 'role', 'user'), [fact('model', 'To be filled', true), fact('user', 'ada')])).toEqual({
      missing: ['model', 'role'],
    }));
  test('of a recipe without facts is that of all machines', () => expect(keyOf(recipe(), [])).toEqual({ key: key({}) }));
});

test.each<[string, RecipeKey, boolean]>([
  ['the same', key(), true],
  ['otherwise spelt', key({ model: ' r650 ' }), true],
  ['another value', key({ model: 'R660' }), false],
  ['one fact more', key({ model: 'R650', role: 'web' }), false],
  ['another version', key({ model: 'R650' }, '3'), false],
  ['another recipe', { ...key(), id: 'db' }, false],
  ['a number for a text', key({ model: 650 }), false],
])('a key and one with %s', (_what, other, same) => {
  expect(sameKey(key(), other)).toBe(same);
  expect(sameKey(other, key())).toBe(same);
});
test('lists are alike whatever their order', () =>
  expect(sameKey(key({ 'pci.ids': ['b', 'a'] }), key({ 'pci.ids': ['A', 'b'] }))).toBe(true));

describe('the image', () => {
  const built = (letter: string, change: Parameters<typeof image>[1] = {}) => image(letter, { recipe: key(), ...change });
  test.each<[string, readonly ReturnType<typeof image>[], readonly string[], string | null]>([
    ['none where no recipe built one', [image('a')], [], null],
    ['none of another key', [built('a', { recipe: key({ model: 'R660' }) })], [], null],
    ['none that is not trusted', [built('a', { trust: 'unknown-key' }), built('b', { trust: 'broken' })], [], null],
    ['the only one', [image('a'), built('b')], [], 'b'],
    ['the highest revision', [built('a', { revision: 2 }), built('b', { revision: 3 }), built('c')], [], 'b'],
    ['of equal revisions the lowest id, whatever comes first', [built('b'), built('a')], [], 'a'],
    ['what is on the disk already', [built('a', { revision: 3 }), built('b')], [hash('b')], 'b'],
    ['not what is on the disk and does not correspond', [built('a'), image('b')], [hash('b')], 'a'],
  ])('%s', (_what, images, onDisk, expected) =>
    expect(corresponding(images, key(), onDisk, [])?.osoid ?? null).toBe(expected === null ? null : hash(expected)),
  );
  test('may be one that was built here again, though its manifest names another key, or none', () => {
    const images = [image('a'), built('b', { recipe: key({ model: 'R660' }) }), image('c', { trust: 'unknown-key' })];
    const made = (letter: string, matchOn?: RecipeKey['matchOn']) => [{ key: key(matchOn), osoid: hash(letter) }];
    const found = (one: ReturnType<typeof made>) => corresponding(images, key(), [], one)?.osoid ?? null;
    expect([made('a'), made('b'), made('c'), made('d'), made('a', { model: 'R660' })].map(found)).toEqual([
      hash('a'),
      hash('b'),
      null,
      null,
      null,
    ]);
  });
  test('is named with the values, so that each kind of machine is a line of its own', () => {
    const named = { image: { name: 'web', labels: {} } };
    expect(imageNameOf(named, key({ model: 'R650', 'cpu.count': 2 }))).toBe('web (R650, 2)');
    expect(imageNameOf(named, key({}))).toBe('web');
    expect(imageNameOf(named, key({ model: 'x'.repeat(500) }))).toHaveLength(120);
  });
});

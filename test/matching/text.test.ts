import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { FactDefinition } from '../../agent/protocol/facts.ts';
import { hostBitsSet, insideNetwork, parseNetwork } from '../../main/matching/cidr.ts';
import { compileGlob, isGlobInside } from '../../main/matching/glob.ts';
import { parseQuantity, quantityShown, quantityWords } from '../../agent/protocol/quantities.ts';
import { compileRegex } from '../../agent/protocol/regex.ts';
import { foldText, nearest } from '../../main/matching/text.ts';
import { expectBounded } from '../bounded-work.ts';

const definition = (name: string): FactDefinition => factDefinition(name) ?? expect.fail(name);

describe('quantities', () => {
  test.each([
    ['64 GiB', 'memory.size', 64 * 2 ** 30],
    ['64gib', 'memory.size', 64 * 2 ** 30],
    ['1 TB', 'disk.total', 1e12],
    ['1.5 TB', 'disk.sizes', 1.5e12],
    ['1.1 TB', 'disk.sizes', 1.1e12],
    ['5629.5 TB', 'disk.sizes', 5_629_500_000_000_000],
    ['512', 'memory.size', 512],
    ['10 Gbit/s', 'nic.speeds', 10_000],
    [25_000, 'nic.speeds', 25_000],
    ['8', 'cpu.cores', 8],
  ])('%s of %s is %d', (text, fact, value) => {
    expect(parseQuantity(text, definition(fact))).toEqual({ ok: true, value });
  });
  test.each([
    ['64 G', 'memory.size'],
    ['8 GiB', 'cpu.cores'],
    ['10 GB', 'nic.speeds'],
    ['-1', 'cpu.cores'],
    ['', 'cpu.cores'],
    ['much', 'memory.size'],
  ])('%s of %s is refused', (text, fact) => {
    expect(parseQuantity(text, definition(fact)).ok).toBe(false);
  });
  test('what is shown reads back as the same number', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
        expect(parseQuantity(quantityWords(bytes, definition('memory.size')), definition('memory.size'))).toEqual({
          ok: true,
          value: bytes,
        });
      }),
    );
    expect(quantityWords(562_949_953_421_290, definition('memory.size'))).toBe('562949953421.29 kB');
    expect(quantityWords(64 * 2 ** 30, definition('memory.size'))).toBe('64 GiB');
    expect(quantityWords(1e12, definition('disk.total'))).toBe('1 TB');
  });

  test.each([
    [480_103_981_056, 'disk.sizes', '480.1 GB (480103981056 B)'],
    [1_000_204_886_016, 'disk.total', '1.0 TB (1000204886016 B)'],
    [480_000_000_000, 'disk.sizes', '480 GB'],
    [64 * 2 ** 30, 'memory.size', '64 GiB'],
    [1023, 'memory.size', '1023 B'],
    [128, 'cpu.threads', '128'],
    [100_000, 'nic.speeds', '100 Gbit/s'],
  ])('%d of %s is read as %s', (value, fact, shown) => expect(quantityShown(value, definition(fact))).toBe(shown));
});

describe('globs', () => {
  test.each([
    ['R7*', 'R740', true],
    ['R7?0', 'R740', true],
    ['R7?0', 'R7400', false],
    ['*', '', true],
    ['?', '', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['100\\*', '100*', true],
    ['100\\*', '1000', false],
  ])('%s on %s: %s', (pattern, text, holds) => {
    expect(compileGlob(pattern)(text)).toBe(holds);
  });
  test('agree with the regular expression of the same meaning', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
        expect(compileGlob(pattern)(text)).toBe(regex.test(text));
      }),
    );
  });
  test('one is inside another only where every text of it is one of the other', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '*', '?', '\\*'), { maxLength: 5 }).map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '*', '?'), { maxLength: 5 }).map((parts) => parts.join(''));
    let inside = 0;
    fc.assert(
      fc.property(glob, glob, fc.array(text, { minLength: 20, maxLength: 20 }), (narrow, wide, texts) => {
        if (!isGlobInside(narrow, wide)) return;
        inside += 1;
        for (const one of texts.filter(compileGlob(narrow))) expect(compileGlob(wide)(one)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(inside).toBeGreaterThan(200);
    expect(isGlobInside('a'.repeat(150) + '*', '*a*')).toBe(true);
  });
  test('a hostile pattern costs no more than its length times the text', () => {
    expect(expectBounded(1, () => compileGlob(`${'*a'.repeat(100)}b`)('a'.repeat(4000)))).toBe(false);
  });
});

describe('regular expressions', () => {
  const holds = (pattern: string, text: string): boolean => {
    const regex = compileRegex(pattern);
    return regex.ok ? regex.value.test(text) : expect.fail(regex.failure.message);
  };
  test('agree with the engine of the language on what both take', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(?:ab)', '(a|b)', '(a|)', '[a-c]', '\\W', '1');
    const repeat = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{2,}');
    const part = fc.tuple(atom, repeat).map((pair) => pair.join(''));
    const body = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const pattern = fc
      .tuple(fc.constantFrom('', '^'), body, fc.constantFrom('', '$'), fc.constantFrom('', '|ba'))
      .map((pair) => pair.join(''));
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', 'B', ' '), maxLength: 9 }), (source, text) => {
        expect(holds(source, text), `/${source}/ on "${text}"`).toBe(new RegExp(source, 'is').test(text));
      }),
      { numRuns: 1000 },
    );
  });
  test.each(['(a+)+$', '(a|a)*$', '(a*)*b', '(x+x+)+y'])('%s takes linear time', (pattern) => {
    expectBounded(1, () => holds(pattern, `${'a'.repeat(2000)}!`));
  });
  test.each([
    '(a)\\1',
    '(?=a)',
    '(?<n>a)',
    'a**',
    '[b-a]',
    '(',
    ')',
    '[a',
    'a{3',
    '*',
    '\\',
    '\\b',
    '(a{900}){900}',
    '((((){1000}){1000}){1000}){1000}x{2000}',
  ])('%s is refused with its reason', (pattern) => {
    const regex = compileRegex(pattern);
    expect(regex.ok || regex.failure.message).toContain('/');
  });
  test('no text makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (source) => {
        expect(typeof compileRegex(source).ok).toBe('boolean');
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'()[]{}*+?|^$.,1a\\-'), maxLength: 20 }), (source) => {
        expect(typeof compileRegex(source).ok).toBe('boolean');
      }),
    );
  });
});

describe('networks', () => {
  test.each([
    ['10.20.0.0/16', '10.20.3.4', true],
    ['10.20.0.0/16', '10.21.3.4', false],
    ['10.20.0.0/16', '10.20.3.0/24', true],
    ['10.20.0.0/16', '10.0.0.0/8', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['10.0.0.5', '10.0.0.5', true],
    ['fd00::/8', 'fd12:3456::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', 'fd00::1', false],
    ['10.0.0.0/8', 'switch 3', null],
  ])('%s holds %s: %s', (cidr, text, holds) => {
    const network = parseNetwork(cidr);
    expect(network.ok && insideNetwork(network.value, text)).toBe(holds);
  });
  test.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/8', '', '10.0.0.0/x'])('%s is refused', (cidr) => {
    expect(parseNetwork(cidr).ok).toBe(false);
  });
  test('bits beyond the prefix are noticed', () => {
    expect(hostBitsSet('10.0.0.5/24')).toBe(true);
    expect(hostBitsSet('10.0.0.0/24')).toBe(false);
  });
});

test('texts fold case and blanks, and nothing else', () => {
  expect(foldText('  DELL\t Inc. ')).toBe('dell inc.');
  expect(foldText('R-740')).not.toBe(foldText('R740'));
});

test('a slip of the pen finds the name that was meant', () => {
  expect(nearest('modle', ['model', 'memory.size', 'user'])).toBe('model');
  expect(nearest('serial', ['system.serial', 'role'])).toBe('system.serial');
  expect(nearest('weather', ['model', 'role'])).toBeNull();
});

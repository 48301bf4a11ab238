// What people type into fields: what is taken, in which spelling, and what is refused and why.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldProblem, readField } from '../../agent/protocol/field-value.ts';
import { fieldSchema } from '../../agent/protocol/fields.ts';
import type { Field } from '../../agent/protocol/fields.ts';
import { readFieldFile } from '../../main/fields/read-fields.ts';

const field = (change: Partial<Field> & { name?: string } = {}): Field => fieldSchema.parse({ name: 'input.x', ...change });
const ROLE = field({ name: 'role', type: 'choice', choices: ['web', 'mail', '3'] });

describe('an answer is taken', () => {
  test.each<[string, Field, string, unknown]>([
    ['a text without its outer blanks', field(), '  rack 7 ', 'rack 7'],
    ['a choice whatever its case', ROLE, 'WEB', 'web'],
    [
      'a choice whose accents came apart in its file',
      field({ type: 'choice', choices: ['Gr\u006f\u0308\u00dfe'] }),
      'GRÖßE',
      'Gr\u006f\u0308\u00dfe',
    ],
    ['a text with a text processor’s blanks', field(), 'rack\u00a0 7', 'rack 7'],
    ['no size at all', field({ type: 'size' }), '0', '0'],
    ['a choice by its number', ROLE, '2', 'mail'],
    ['a choice that is a number before its place', ROLE, '3', '3'],
    ['a number of an own field as text', field({ type: 'number' }), '007', '7'],
    ['a number of a fact that is one', field({ name: 'network.vlan', type: 'number', least: 1, most: 4094 }), '4094', 4094],
    ['a size in its best unit', field({ type: 'size', least: '1 GiB' }), '65536 MiB', '64 GiB'],
    ['a size of a fact that is one', field({ name: 'memory.size', type: 'size' }), '64 GiB', 64 * 2 ** 30],
    ['yes', field({ type: 'yes-no' }), 'Y', 'yes'],
    ['a flag', field({ name: 'secure-boot', type: 'yes-no' }), 'off', false],
    ['a MAC with hyphens', field({ type: 'mac' }), '52-54-00-AB-CD-EF', '52:54:00:ab:cd:ef'],
    ['a MAC with dots', field({ type: 'mac' }), '5254.00ab.cdef', '52:54:00:ab:cd:ef'],
    ['an address', field({ type: 'ip' }), 'FD00::7', 'fd00::7'],
    ['a network', field({ type: 'cidr' }), '10.0.0.0/24', '10.0.0.0/24'],
    ['a date', field({ type: 'date' }), '2026-03-31', '2026-03-31'],
    ['a text of the right form', field({ pattern: 'R[0-9]+' }), 'R12', 'R12'],
    ['nothing, where that may be', field({ required: false }), '  ', null],
    ['a list', field({ name: 'disk.serials', type: 'list' }), 'a, b,', ['a', 'b']],
  ])('%s', (_what, one, typed, value) => {
    expect(fieldProblem(one)).toBeNull();
    expect(readField(one, typed)).toEqual({ ok: true, value });
  });
});

describe('an answer is refused', () => {
  test.each<[string, Field, string, RegExp]>([
    ['nothing', field({ label: 'Floor' }), ' ', /Floor must be answered/],
    ['no choice', ROLE, '4', /none of the choices.*web, mail, 3/],
    ['a choice of another list', field({ name: 'role', type: 'choice', choices: ['a'] }), '0', /none of the choices/],
    ['a number in letters', field({ type: 'number' }), 'ten', /not a number/],
    ['too many', field({ type: 'number', most: 42 }), '43', /too large.*At most 42/],
    ['too small', field({ type: 'size', least: '1 GiB' }), '1 GB', /too small.*1 GiB/],
    ['a unit that is two', field({ type: 'size' }), '64 G', /not a size.*64 GiB/],
    ['a size without a unit, which would be 64 bytes', field({ name: 'memory.size', type: 'size' }), '64', /no unit.*"64 GiB"/],
    ['the same of an own field', field({ type: 'size' }), '1.5', /no unit/],
    ['a list with a size without a unit', field({ name: 'disk.sizes', type: 'list' }), '1 TB, 2', /"2" has no unit/],
    ['a list of nothing', field({ name: 'disk.serials', type: 'list' }), ' , ', /names nothing/],
    ['half a MAC', field({ type: 'mac' }), '52:54:00', /no MAC/],
    ['a MAC with a hole', field({ type: 'mac' }), '5254:00ab:cdef', /no MAC/],
    ['an address of five parts', field({ type: 'ip' }), '10.0.0.1.2', /no IP/],
    ['a network without prefix', field({ type: 'cidr' }), '10.0.0.0', /no network/],
    ['a day that is not', field({ type: 'date' }), '2026-02-30', /no date/],
    ['a text of the wrong form', field({ pattern: 'R[0-9]+', help: 'R and a number' }), 'xR12', /right form.*R and a number/],
    ['escapes', field(), 'web\u001b[2J', /cannot be seen/],
    ['a text that runs backwards', field(), 'web\u202egpj', /cannot be seen/],
    ['more than a line', field(), 'x'.repeat(201), /longer than 200/],
  ])('%s', (_what, one, typed, message) => {
    const read = readField(one, typed);
    expect(read.ok ? 'taken' : `${read.failure.message} ${read.failure.next}`).toMatch(message);
  });
  test('whatever is typed: a value or a reason, and the value reads as itself again', () => {
    const fields = [field(), ROLE, field({ type: 'number' }), field({ type: 'size' }), field({ type: 'mac' }), field({ type: 'ip' })];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.string({ unit: 'binary', maxLength: 300 }), (one, typed) => {
        const read = readField(one, typed);
        if (read.ok && typeof read.value === 'string') expect(readField(one, read.value)).toEqual(read);
      }),
    );
  });
  test('a pattern cannot hold up a station', () => {
    expect(readField(field({ pattern: '(a+)+' }), `${'a'.repeat(199)}!`).ok).toBe(false);
  });
});

describe('a definition is refused', () => {
  test.each<[object, RegExp]>([
    [{ name: 'memry.size' }, /no fact "memry.size"/],
    [{ name: 'memory.size', type: 'text' }, /write "type": "size"/],
    [{ name: 'role', type: 'choice' }, /choices go with/],
    [{ name: 'role', choices: ['a'] }, /choices go with/],
    [{ name: 'role', pattern: '(' }, /pattern/],
    [{ name: 'role', pattern: 'a)|(b' }, /pattern/],
    [{ name: 'role', type: 'Choice', choices: ['a'] }, /type: "Choice" is not one of text, .*, did you mean "choice"/],
    [{ name: 'role', type: 'choice', choices: 'a,b' }, /choices: "a,b" is not a list of 1 to 40 texts/],
    [{ name: 'role', type: 'choice', choices: ['Web', 'web'] }, /choices: "web" stands there twice/],
    [{ label: 'Role' }, /name: is missing: the name of a fact/],
    [{ name: 'role', required: 'no' }, /required: "no" is not true or false/],
    [{ name: 'input.n', type: 'number', least: 5, most: 2 }, /least is more than most/],
    [{ name: 'memory.size', type: 'size', least: '1 TiB', most: '64 GiB' }, /least is more than most/],
    [{ name: 'role', pattern: 'a', type: 'date' }, /goes with "type": "text"/],
    [{ name: 'role', least: 1 }, /go with numbers/],
    [{ name: 'input.n', type: 'number', least: 'one' }, /not a quantity/],
    [{ name: 'role', type: 'choice', choices: ['a'], default: 'b' }, /default: .*none of the choices/],
    [{ name: 'role', colour: 'red' }, /colour/],
  ])('%j', (definition, reason) => {
    const read = readFieldFile(JSON.stringify([{ name: 'user' }, definition]), 'fields.json');
    expect(read.ok ? 'taken' : `${read.failure.code} ${read.failure.message}`).toMatch(reason);
  });
  test('one that stands there twice, an empty list, and no JSON', () => {
    for (const text of ['[{"name":"role"},{"name":"role"}]', '[]', '{'])
      expect(readFieldFile(text, 'f').ok ? null : readFieldFile(text, 'f')).toMatchObject({ failure: { code: 'field.file-invalid' } });
  });
});

// A table of planned machines: keys as machines tell them, everything else as facts, errors at their place.
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { comparePlans } from '../../main/plan/compare.ts';
import { matchPlan } from '../../main/plan/match.ts';
import type { RealMachine } from '../../main/plan/match.ts';
import { parsePlan } from '../../main/plan/plan.ts';
import type { Plan } from '../../main/plan/plan.ts';
import { expectBounded } from '../bounded-work.ts';

const plan = (text: string): Plan => {
  const parsed = parsePlan(text, 'plan.csv');
  return parsed.ok ? parsed.value : expect.fail(`${parsed.failure.code}: ${parsed.failure.message}`);
};

describe('a plan', () => {
  test('names of columns and of the file are words, whatever they mean elsewhere or how long they are', () => {
    const parsed = parsePlan('serial,constructor\nSN1,x\n', `${'long'.repeat(29)}.csv`);
    expect(parsed).toMatchObject({ ok: true, value: { entries: [{ facts: [{ name: 'input.constructor', value: 'x' }] }] } });
    const source = parsed.ok ? (parsed.value.entries[0]?.facts[0]?.source ?? '') : '';
    expect(source).toMatch(/^plan:.*long\.csv:2$/);
    expect(source.length).toBeLessThanOrEqual(120);
  });

  test('names machines by serial, MAC or slot; every other column is a fact of its type', () => {
    const { columns, entries } = plan(
      'Serial Number;MAC Address;Slot;Enclosure;Host Name;Role;Rack Position;Memory.Size;image\n' +
        'CZ1;;;;web1;web;R1 U4;64 GiB;debian\n;52-54-00-AB-CD-EF;;;web2;;;;\n;;Slot 05;OA-1;;db;;;\n;5254.00ab.cd01;bay 07;;x;;;;\n',
    );
    expect(columns).toEqual([
      'serial',
      'mac',
      'slot',
      'enclosure',
      'input.hostname',
      'role',
      'rack.position',
      'memory.size',
      'input.image',
    ]);
    expect(entries.map(({ line, keys }) => ({ line, ...keys }))).toEqual([
      { line: 2, serial: 'cz1' },
      { line: 3, mac: '52:54:00:ab:cd:ef' },
      { line: 4, slot: '5', enclosure: 'oa-1' },
      { line: 5, mac: '52:54:00:ab:cd:01', slot: '7' },
    ]);
    expect(entries[0]?.facts).toEqual([
      { name: 'input.hostname', value: 'web1', source: 'plan:plan.csv:2', filler: false },
      { name: 'role', value: 'web', source: 'plan:plan.csv:2', filler: false },
      { name: 'rack.position', value: 'R1 U4', source: 'plan:plan.csv:2', filler: false },
      { name: 'memory.size', value: 64 * 2 ** 30, source: 'plan:plan.csv:2', filler: false },
      { name: 'input.image', value: 'debian', source: 'plan:plan.csv:2', filler: false },
    ]);
  });

  test('of more than 16 rows may lack the delimiters that Excel leaves out behind the last filled column of a block', () => {
    const full = Array.from({ length: 15 }, (_, at) => `A${at + 2};web;x\n`).join('');
    const blocks = `serial;role;user\n${full}B1;web\nB2;\nB3;"db\nlarge"\n`;
    const { entries } = plan(blocks);
    expect(entries.slice(-3).map(({ keys, facts }) => [keys.serial, ...facts.map(({ value }) => value)])).toEqual([
      ['b1', 'web'],
      ['b2'],
      ['b3', 'db large'],
    ]);
    // One row of the block that goes further shows that the short one beside it lost a cell.
    for (const text of [`${blocks}B4;web;x\n`, blocks.replace('A9;web;x', 'A9;web')])
      expect(parsePlan(text, 'p.csv')).toMatchObject({ ok: false });
  });

  test.each([
    ['nothing', '', 'plan.empty', ''],
    ['a header alone', 'serial,role\n', 'plan.empty', ''],
    ['no key column', 'role,hostname\nweb,a\n', 'plan.no-key', 'Line 1, column 1'],
    ['an enclosure alone', 'enclosure,role\nOA,a\n', 'plan.no-key', 'Line 1, column 1'],
    ['a column twice', 'serial,role,Role\nA1,b,c\n', 'plan.column-twice', 'Line 1, column 3'],
    ['a key column twice', 'serial,sn\nA1,b\n', 'plan.column-twice', 'Line 1, column 2'],
    ['a column without a name', 'serial,,role\nA1,b,c\n', 'plan.column-invalid', 'Line 1, column 2'],
    ['a column with an odd name', 'serial,rôle\nA1,b\n', 'plan.column-invalid', 'Line 1, column 2'],
    ['a short row', 'serial,role\nA1,b\nA2\n', 'plan.row-length', 'Line 3, column 2'],
    ['a long row', 'serial,role\nA1,b,c\n', 'plan.row-length', 'Line 2, column 3'],
    ['a row that names nobody', 'serial,mac,role\n,,b\n', 'plan.row-without-key', 'Line 2, column 1'],
    ['a MAC that is none', 'mac,role\n52:54:00:12:34,b\n', 'plan.mac-invalid', 'Line 2, column 1'],
    ['the MAC of nobody', 'mac,role\n00-00-00-00-00-00,b\n', 'plan.mac-invalid', 'Line 2, column 1'],
    ['the MAC of everybody', 'role,mac\nb,FFFFFFFFFFFF\n', 'plan.mac-invalid', 'Line 2, column 2'],
    ['a serial with what cannot be seen', 'serial,role\nSN\u200b1,b\n', 'plan.key-unreadable', 'Line 2, column 1'],
    ['a serial of two lines', 'serial,role\n"SN\n1",b\n', 'plan.key-unreadable', 'Line 2, column 1'],
    ['a serial without end', `serial,role\n${'S1'.repeat(300)},b\n`, 'plan.key-unreadable', 'Line 2, column 1'],
    ['a value without end', `serial,role\nSN1,${'b '.repeat(300)}\n`, 'fact.unreadable', 'Line 2, column 2'],
    ['a serial that many have', 'serial,role\nA1,a\nTo be filled by O.E.M.,b\n', 'plan.key-filler', 'Line 3, column 1'],
    ['a size without unit', 'serial,memory.size\nA1,64 G\n', 'quantity.unreadable', 'Line 2, column 2'],
    ['a size that is but a number', 'serial,memory.size\nA1,64\n', 'quantity.unreadable', '"64" without a unit is bytes'],
    ['a size with a decimal comma', 'serial;memory.size\nA1;1,5 TiB\n', 'quantity.unreadable', 'Line 2, column 2'],
    ['a serial that a spreadsheet made a number', 'serial;role\nA1;a\n1,23457E+12;b\n', 'plan.key-number', 'Line 3, column 1'],
    ['the same in English', 'serial,role\n2.1E+18,b\n', 'plan.key-number', 'Line 2, column 1'],
    ['an enclosure of that kind', 'slot,enclosure\n1,2.1E+18\n', 'plan.key-number', 'Line 2, column 2'],
    ['a serial twice', 'serial,role\nA1,a\nB1,b\na1,c\n', 'plan.machine-twice', 'Line 4, column 1'],
    ['a slot twice', 'slot,enclosure\n5,OA\n05,oa\n', 'plan.machine-twice', 'Line 3, column 1'],
    ['broken quotes', 'serial,role\nA1,"b\n', 'plan.csv-broken', 'Line 2, column 2'],
  ])('with %s is refused at its place', (_what, text, code, place) => {
    const refused = parsePlan(text, 'plan.csv');
    expect(refused.ok ? null : refused.failure.code).toBe(code);
    expect(refused.ok ? '' : refused.failure.message).toContain(place);
  });
  test('as spreadsheets leave it: rows and columns in which nothing stands any more are none', () => {
    const { columns, entries } = plan('sep=;\r\nserial;;role;;\r\nA1;;web;;\r\n;;;;\r\n ;;;; \r\nA2;;db;;\r\n');
    expect(columns).toEqual(['serial', 'role']);
    expect(entries.map(({ line, keys, facts }) => [line, keys.serial, facts[0]?.value])).toEqual([
      [3, 'a1', 'web'],
      [6, 'a2', 'db'],
    ]);
    expect(parsePlan('serial;;role\n;;\n', 'plan.csv')).toMatchObject({ ok: false, failure: { code: 'plan.empty' } });
  });
  test('every wrong row is named at once, with what to do for each; many are counted', () => {
    const refused = parsePlan('serial,mac\nA1,nonsense\nA2,52:54:00:12:34:56\nA3\na2,\n', 'plan.csv');
    if (refused.ok) throw new Error('it was taken');
    expect(refused.failure.code).toBe('plan.rows-invalid');
    const lines = refused.failure.message.split('\n');
    expect(lines.map((line) => line.slice(0, 17))).toEqual(['Line 2, column 2:', 'Line 4, column 2:', 'Line 5, column 1:']);
    expect(lines[2]).toContain('a2 stands on line 3 already');
    const sizes = parsePlan('serial,memory.size\nA1,64\nA2,"1,5 TiB"\n', 'plan.csv');
    expect(sizes.ok ? '' : sizes.failure.message).toContain('"64" without a unit is bytes. Write "64 GiB" or another unit.');
    expect(lines[0]).toContain('Write it like');
    const many = parsePlan(`serial,mac\n${'A,nonsense\n'.repeat(25)}`, 'plan.csv');
    expect(many.ok ? '' : many.failure.message.split('\n').at(-1)).toBe('and 5 more rows.');
  });
});

const machine = (id: string, facts: Readonly<Record<string, Fact['value']>>, bootMac: string | null = null): RealMachine => ({
  id,
  bootMac,
  facts: Object.entries(facts).map(([name, value]) => ({ name, value, source: 'test', filler: false })),
});
const states = (text: string, ...machines: readonly RealMachine[]): string[] =>
  matchPlan(plan(text), machines).matches.map(({ machineId, conflict, differences }) =>
    [machineId ?? (conflict === null ? 'missing' : `conflict: ${conflict}`), ...differences.map(({ fact }) => `!${fact}`)].join(' '),
  );

describe('matching', () => {
  const a = machine('a', {
    'system.serial': 'CZ1',
    'nic.macs': ['52:54:00:00:00:0a'],
    'blade.slot': '5',
    'chassis.enclosure': 'OA-1',
    model: 'R640',
  });
  const b = machine('b', { 'system.serial': 'CZ2', 'nic.macs': ['52:54:00:00:00:0b'], 'blade.slot': '5', 'chassis.enclosure': 'OA-2' });
  const heard = machine('h', {}, '52:54:00:00:00:0c');
  test.each<[string, string, readonly RealMachine[], string[]]>([
    ['by serial, without case', 'serial\ncz1\ncz9\n', [a, b], ['a', 'missing']],
    ['by MAC, also one that was only heard', 'mac\n52:54:00:00:00:0b\n52:54:00:00:00:0c\n', [a, b, heard], ['b', 'h']],
    ['by slot in an enclosure', 'slot,enclosure\n5,OA-2\n5,OA-1\n6,OA-1\n', [a, b], ['b', 'a', 'missing']],
    ['by a slot that two have', 'slot\n5\n', [a, b], ['conflict: 2 machines fit this row.']],
    ['by a slot that one has', 'slot\nSlot 05\n', [a], ['a']],
    ['serial before slot: it sits elsewhere', 'serial,slot,enclosure\nCZ1,6,OA-1\n', [a, b], ['a !slot']],
    ['serial before MAC: another card', 'serial,mac\nCZ1,52:54:00:00:00:99\n', [a], ['a !mac']],
    ['another machine in that slot', 'serial,slot,enclosure\nCZ9,5,OA-1\n', [a, b], ['conflict: Another machine has its slot.']],
    ['another machine with that MAC', 'serial,mac\nCZ9,52:54:00:00:00:0a\n', [a], ['conflict: Another machine has its mac.']],
    ['a serial and the MAC of another', 'serial,mac\nCZ1,52:54:00:00:00:0b\n', [a, b], ['a !mac']],
    [
      'two rows for one machine',
      'serial,mac\nCZ1,\n,52:54:00:00:00:0a\n',
      [a],
      ['conflict: Another row fits the same machine.', 'conflict: Another row fits the same machine.'],
    ],
    ['another model than planned', 'serial,model,role\nCZ1,R740,web\nCZ2,R740,web\n', [a, b], ['a !model', 'b']],
  ])('%s', (_what, text, machines, expected) => {
    expect(states(text, ...machines)).toEqual(expected);
    expect(states(text, ...machines.toReversed())).toEqual(expected);
  });
  test('machines that no row names are told too, and filler names nobody', () => {
    const white = { ...machine('w', {}), facts: [{ name: 'system.serial', value: 'cz1', source: 'test', filler: true }] };
    const found = matchPlan(plan('serial\nCZ1\n'), [white, b]);
    expect(found.matches[0]?.machineId).toBeNull();
    expect(found.unexpected).toEqual(['w', 'b']);
  });
  test('ten thousand rows and machines are matched without comparing each with each', () => {
    const rows = Array.from(
      { length: 10_000 },
      (_, index) => `S${index},52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
    );
    const machines = Array.from({ length: 10_000 }, (_, index) => machine(`m${index}`, { 'system.serial': `s${index}` }));
    expect(expectBounded(5, () => matchPlan(plan(`serial,mac\n${rows.join('\n')}`), machines)).unexpected).toEqual([]);
  });
});

test('what a new plan changes', () => {
  const before = plan('serial,role,hostname\nA1,web,a\nB1,db,b\nC1,,c\n');
  expect(comparePlans(before, plan('serial,role,hostname\nA1,web,a\nB1,web,\nD1,x,d\n'))).toEqual({
    added: ['d1'],
    removed: ['c1'],
    changed: [
      { machine: 'b1', column: 'role', before: 'db', after: 'web' },
      { machine: 'b1', column: 'input.hostname', before: 'b', after: null },
    ],
  });
  expect(comparePlans(before, before)).toEqual({ added: [], removed: [], changed: [] });
});

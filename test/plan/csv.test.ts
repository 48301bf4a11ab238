// CSV as RFC 4180 has it and as spreadsheets write it; what is broken is named by line and column.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../main/plan/csv.ts';
import { expectBounded } from '../bounded-work.ts';

const cells = (text: string): string[][] => {
  const rows = parseCsv(text);
  return rows.ok ? rows.value.map((row) => row.map((cell) => cell.text)) : expect.fail(rows.failure.message);
};

describe('reads', () => {
  test.each<[string, string, string[][]]>([
    [
      'plain rows',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'CRLF, CR and empty lines',
      'a,b\r\n\r\n1,2\r3,4\n\n',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      'a byte-order mark',
      '\ufeffa,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'semicolons',
      'a;b,c;d\n1;2;3',
      [
        ['a', 'b,c', 'd'],
        ['1', '2', '3'],
      ],
    ],
    [
      'tabs',
      'a\tb\n1\t2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'quotes, delimiters and line ends in cells',
      '"a,1","b ""x"""\n"two\r\nlines",""',
      [
        ['a,1', 'b "x"'],
        ['two\r\nlines', ''],
      ],
    ],
    [
      'a quoted header with commas, and semicolons between',
      '"a,b,c,d";x\n1;2',
      [
        ['a,b,c,d', 'x'],
        ['1', '2'],
      ],
    ],
    [
      'empty cells',
      'a,b,c\n,,\n1,,\n,2,',
      [
        ['a', 'b', 'c'],
        ['', '', ''],
        ['1', '', ''],
        ['', '2', ''],
      ],
    ],
    [
      'Excel’s own first line, which says what stands between cells',
      'sep=|\r\na|b;c\r\n1|2',
      [
        ['a', 'b;c'],
        ['1', '2'],
      ],
    ],
    [
      'texts as formulas, which no spreadsheet takes for a number',
      'a,b\n="00123",x\n"=""0;1""","=1+1"\n="a ""b""",=c',
      [
        ['a', 'b'],
        ['00123', 'x'],
        ['0;1', '=1+1'],
        ['a "b"', '=c'],
      ],
    ],
    ['blanks as they are', ' a , b \n', [[' a ', ' b ']]],
    ['one column', 'serial\nABC\n', [['serial'], ['ABC']]],
    ['nothing', '', []],
  ])('%s', (_what, text, expected) => expect(cells(text)).toEqual(expected));

  test('cells keep the line and column where they begin', () => {
    const rows = parseCsv('a,b\n"x\ny",c\nd,e');
    expect(rows.ok && rows.value.map((row) => row.map(({ line, column }) => `${line}:${column}`))).toEqual([
      ['1:1', '1:2'],
      ['2:1', '3:2'],
      ['4:1', '4:2'],
    ]);
  });

  test('lines count from the file’s first, also where that says the delimiter', () => {
    const rows = parseCsv('sep=;\na;b\n1;2');
    expect(rows.ok && rows.value.map((row) => row[0]?.line)).toEqual([2, 3]);
  });

  test('whatever is quoted comes back', () => {
    const cell = fc.string({ maxLength: 12, unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', 'ä') });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(cells(text)).toEqual(rows);
      }),
    );
  });
  test('any text gives rows or a reason, in bounded work', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => void parseCsv(text)),
      { numRuns: 2000 },
    );
    const hostile = ['"'.repeat(500_000), '",'.repeat(300_000), ','.repeat(500_000), '"a\n'.repeat(200_000)];
    expectBounded(3, () => hostile.forEach((text) => void parseCsv(text)));
  });
});

test.each([
  ['a quote that is not closed', 'a,b\n1,"2\n3', 'Line 2, column 2: the quote that begins here is never closed.'],
  ['a formula that is not closed', 'a,b\n1,="2', 'Line 2, column 2: the quote that begins here is never closed.'],
  ['text after a closing quote', 'a,b\n"1"x,2', 'Line 2, column 1: "x" follows a closing quote.'],
  ['a quote inside a plain cell', 'a,b\n1,2"3', 'Line 2, column 2: a quote stands inside a cell that does not begin with one.'],
])('%s is refused at its place', (_what, text, message) => {
  const rows = parseCsv(text);
  expect(rows.ok ? null : rows.failure).toMatchObject({ code: 'plan.csv-broken', message });
});

// The report as files: an HTML document that nothing in it can break out of, and a CSV that no spreadsheet takes for formulas.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { escapeHtml, html } from '../../main/reports/html.ts';
import { csvCell, reportCsv } from '../../main/reports/report-csv.ts';
import { reportFileName } from '../../main/reports/report-handlers.ts';
import { reportHtml } from '../../main/reports/report-html.ts';
import { parseCsv } from '../../main/plan/csv.ts';
import type { SiteReport } from '../../preload/contract/report.ts';
import { value } from '../journey/rig.ts';
import { startLivedIn, visit } from './lived-in.ts';
import type { LivedIn } from './lived-in.ts';

let lived: LivedIn;
let report: SiteReport;
beforeAll(() => {
  lived = startLivedIn();
  visit(lived);
  report = lived.make();
});
afterAll(() => lived.close());

const NASTY = `</style><script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e&amp;\u0000`;
/** Every string of it is replaced, but for those of a fixed vocabulary. */
const withStrings = <T>(value_: T, text: string): T => {
  if (typeof value_ === 'string') return text as T;
  if (Array.isArray(value_)) return value_.map((one: unknown) => withStrings(one, text)) as T;
  if (typeof value_ !== 'object' || value_ === null) return value_;
  const fixed = new Set(['kind', 'state', 'plan', 'firmware', 'trust', 'givenBy']);
  return Object.fromEntries(
    Object.entries(value_).map(([key, one]) => [
      key,
      fixed.has(key) && typeof one === 'string' ? (one as unknown) : withStrings(one, text),
    ]),
  ) as T;
};

describe('HTML', () => {
  test('stands by itself: no scripts, nothing fetched, and a policy that allows its one style sheet alone', () => {
    const text = reportHtml(report);
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|\bon\w+=/i);
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(text).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${createHash('sha256').update(style).digest('base64')}&#39;`);
    for (const said of [
      'Riverside &lt;row&gt; &amp; 4',
      'SERIAL-1',
      'DISK-1',
      'web-2',
      'The disk gave an error.',
      'vendor-key',
      'a'.repeat(64),
    ])
      expect(text).toContain(said);
  });
  test('no text, from whatever machine, becomes markup', () => {
    const text = reportHtml(withStrings(report, NASTY));
    const plain = reportHtml(withStrings(report, 'plain'));
    const tags = (of: string): readonly string[] => [...of.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, ''));
    expect(tags(text)).toEqual(tags(plain));
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toContain('\u202e');
    expect(text).not.toContain('\u0000');
  });
  test('escaping leaves no character that could begin markup, and loses none of the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'&<>"\'amp;#39', '\u0000', '\ud800', '\u202e', '\n', 'é', '東', '𝕏')), (parts) => {
        const text = parts.join('');
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
        expect(escaped.isWellFormed()).toBe(true);
      }),
    );
    expect(escapeHtml('Grüße — 東京 & "x"')).toBe('Grüße — 東京 &amp; &quot;x&quot;');
    expect(String(html`<b>${'<i>'}</b>${null}${[html`<u>${1}</u>`, 'a<']}`)).toBe('<b>&lt;i&gt;</b><u>1</u>a&lt;');
  });
  test('five hundred machines stay below a megabyte', () => {
    const many = <T>(list: readonly T[], most = 500): T[] => Array.from({ length: most }, (_, index) => list[index % list.length] as T);
    const large = {
      ...report,
      machines: many(report.machines),
      work: many(report.work),
      open: many(report.open, 100),
      overrides: many(report.overrides, 20),
    };
    expect(Buffer.byteLength(reportHtml(large))).toBeLessThan(1_000_000);
  });
  test('an empty site is a report too', () => {
    lived.at('Nowhere', 'Ada');
    expect(reportHtml(lived.make({ sinceMs: lived.rig.clock.atMs + 1 }))).toContain('No machine was started from here in this period.');
  });
});

describe('CSV', () => {
  test('a row for each machine, read back as it was written', () => {
    const text = reportCsv(report);
    const [head, ...rows] = value(parseCsv(text)).map((row) => row.map((cell) => cell.text));
    const at = (name: string): number => head?.indexOf(name) ?? -1;
    expect(rows).toHaveLength(report.machines.length);
    const first = rows.find((row) => row[at('machine')] === 'web-1');
    expect([first?.[at('serial')], first?.[at('osoid')], first?.[at('disk-serial')], first?.[at('state')], first?.[at('plan')]]).toEqual([
      'SERIAL-1',
      'a'.repeat(64),
      'DISK-1',
      'provisioned',
      'planned',
    ]);
    expect(text.endsWith('\r\n')).toBe(true);
  });
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '＠x'])('%j is no formula', (text) => {
    expect(csvCell(text)).toMatch(/^"?'/);
  });
  test('whatever a machine says, it stays one cell, and no cell begins as a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), (cells) => {
        const rows = value(parseCsv(`x,${cells.map(csvCell).join(',')}\r\n`));
        const read = rows[0]?.slice(1).map((cell) => cell.text) ?? [];
        expect(read).toHaveLength(cells.length);
        read.forEach((text, index) => {
          expect([cells[index], `'${cells[index] ?? ''}`]).toContain(text);
          expect(text).not.toMatch(/^\s*[=+\-@]/);
        });
      }),
    );
  });
});

test('a file is named after the site and the day, whatever the site is called', () => {
  const madeAtMs = new Date(2026, 10, 30, 12).getTime();
  expect(reportFileName({ siteName: 'Riverside row 4', madeAtMs }, 'html')).toBe('hand-over-riverside-row-4-2026-11-30.html');
  expect(reportFileName({ siteName: '../..\\東京: "1"', madeAtMs }, 'csv')).toBe('hand-over-東京-1-2026-11-30.csv');
  expect(reportFileName({ siteName: '///', madeAtMs }, 'json')).toBe('hand-over-2026-11-30.json');
});

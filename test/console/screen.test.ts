import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIRST_SCREEN, LOG_LINES, renderScreen, sizeText } from '../../agent/console/screen.ts';
import type { ScreenState } from '../../agent/console/screen.ts';

const COLUMNS = 80;
const render = (change: Partial<ScreenState>, columns = COLUMNS): readonly string[] =>
  renderScreen({ ...FIRST_SCREEN, ...change }, columns);
const ESCAPES = '\u001b[2J\u009b2J\r\n\u0007\u0000\u007f\u0085';
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

describe('the screen of a target', () => {
  test('says who, where, what and what is asked', () => {
    const lines = render({
      machine: 'r1-07',
      identity: 'Dell Inc. PowerEdge R740 ABC123',
      station: 'bench (Site A)',
      phase: 'Waiting',
      waitingFor: 'a person at the laptop',
    });
    expect(lines).toContain('r1-07  -  Dell Inc. PowerEdge R740 ABC123');
    expect(lines).toContain('Station: bench (Site A)');
    expect(lines).toContain('Waiting for: a person at the laptop');
    expect(render({})).toContain('Station: not reached yet');
    expect(render({ station: 'bench', link: 'lost' })).toContain('Station: bench  (link lost, trying again)');
  });

  test('text from vendors and stations stays text, and no line is wider than the screen', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => `${ESCAPES}${text}`);
    fc.assert(
      fc.property(hostile, hostile, fc.integer({ min: 20, max: 200 }), (one, other, columns) => {
        const failure = { code: 'a.b', message: one, next: other };
        const lines = render(
          { machine: one, identity: other, station: one, phase: other, waitingFor: one, failure, log: [one, other] },
          columns,
        );
        for (const line of lines) {
          expect(line).not.toMatch(CONTROL);
          expect(line.length).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  test('a failure is shown whole, however long its words are', () => {
    const message = `${'/dev/sda SAMSUNG is smaller than the image '.repeat(4)}and ${'x'.repeat(170)} ends`;
    const next = `${'Put in a larger disk, '.repeat(8)}or choose another image.`;
    const lines = render({ failure: { code: 'disk.too-small', message, next } });
    const letters = (text: string): string => text.replaceAll(' ', '');
    const shown = letters(lines.join(''));
    expect(shown).toContain(letters(`PROBLEM: ${message}`));
    expect(shown).toContain(letters(`What to do: ${next}`));
    expect(lines).toContain('(disk.too-small)');
    // Words are not torn where a line can end between them.
    expect(lines).toContain('PROBLEM: /dev/sda SAMSUNG is smaller than the image /dev/sda SAMSUNG is smaller');
  });

  test('progress shows per cent, sizes, rate, time left and a bar that fits', () => {
    const progress = { step: 'Writing the image', bytesDone: 2.5e9, bytesTotal: 10e9, bytesPerSecond: 100e6 };
    const lines = render({ progress });
    expect(lines).toContain('Writing the image: 25 %  2.5 GB of 10.0 GB, 100 MB/s, 75 s left');
    expect(lines).toContain(`[${'#'.repeat(15)}${'.'.repeat(45)}]`);
    expect(render({ progress: { ...progress, bytesPerSecond: 0 } }).join('\n')).not.toMatch(/left|Infinity|NaN/);
    expect(render({ progress: { ...progress, bytesTotal: 0, bytesDone: 0 } }).join('\n')).toContain('100 %');
    expect(render({ progress }, 24)).toContain(`[${'#'.repeat(5)}${'.'.repeat(15)}]`);
  });

  test('only the last lines of the log are shown', () => {
    const lines = render({ log: Array.from({ length: 50 }, (_, index) => `line ${index}`) });
    expect(lines.filter((line) => line.startsWith('  line'))).toHaveLength(LOG_LINES);
    expect(lines.at(-1)).toBe('  line 49');
  });
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [4_100_000_000, '4.1 GB'],
  [480e9, '480 GB'],
  [2e15, '2000 TB'],
])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

// What a script or a builder prints, cut anywhere into pieces.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutputLines } from '../../agent/protocol/output-lines.ts';

const linesOf = (pieces: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  const output = createOutputLines((line) => void lines.push(line));
  for (const piece of pieces) output.add(piece);
  output.end();
  return lines;
};

test('its lines are the same, however it was cut', () => {
  const text = fc.array(fc.constantFrom('a', 'ß', '\n', '\r', '\r\n'), { maxLength: 30 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(30), { maxLength: 6 }), (whole, places) => {
      const cuts = [0, ...places.map((place) => Math.min(place, whole.length)), whole.length].toSorted((left, right) => left - right);
      const pieces = cuts.slice(1).map((end, index) => whole.slice(cuts[index], end));
      const expected = whole.split(/\r\n|\r|\n/);
      expect(linesOf(pieces)).toEqual(expected.at(-1) === '' ? expected.slice(0, -1) : expected);
    }),
  );
});

test('a line that never ends is kept up to a bound, and the next one is whole', () => {
  const endless = Array.from({ length: 50 }, () => 'x'.repeat(64 * 1024));
  expect(linesOf([...endless, '\nnext', ' line\n']).map((line) => [line.length, line.slice(0, 9)])).toEqual([
    [4096, 'xxxxxxxxx'],
    [9, 'next line'],
  ]);
});

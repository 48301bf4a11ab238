// The rows that are drawn are those in the window, for any list and any scrolling.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEIGHTS, placeRows, rowsInWindow, scrollToShow } from '../../renderer/screens/rack/row-window.ts';
import type { RackRow } from '../../renderer/store/rack-order.ts';

const row: fc.Arbitrary<RackRow> = fc
  .boolean()
  .map((group) => (group ? { kind: 'group', key: 'g', title: 'sw' } : { kind: 'empty', key: 'e', label: '1' }));

test('every row that touches the window is drawn', () => {
  const holds = fc.property(
    fc.array(row, { maxLength: 300 }),
    fc.nat(20_000),
    fc.integer({ min: 0, max: 2000 }),
    (rows, scrollTop, height) => {
      const places = placeRows(rows, HEIGHTS);
      const [from, to] = rowsInWindow(places, scrollTop, height);
      return places.tops.every((top, index) => {
        const bottom = top + (rows[index]?.kind === 'group' ? HEIGHTS.group : HEIGHTS.slab);
        return bottom < scrollTop || top > scrollTop + height || (index >= from && index < to);
      });
    },
  );
  expect(() => fc.assert(holds)).not.toThrow();
});

test('a long list is drawn in part', () => {
  const rows = Array.from({ length: 500 }, (): RackRow => ({ kind: 'empty', key: 'e', label: '1' }));
  const [from, to] = rowsInWindow(placeRows(rows, HEIGHTS), 10_000, 640);
  expect(to - from).toBeLessThan(40);
});

test('scrolling to a row moves as little as possible', () => {
  expect(scrollToShow(100, 46, 50, 600)).toBe(50);
  expect(scrollToShow(20, 46, 50, 600)).toBe(20);
  expect(scrollToShow(1000, 46, 50, 600)).toBe(446);
});

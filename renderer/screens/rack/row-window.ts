// Which rows of a long list are near enough to its window to be drawn. Pure: heights in, places and range out.
import type { RackRow } from '../../store/rack-order.ts';

export type RowHeights = { readonly slab: number; readonly group: number; readonly gap: number };

/** Pixels; the style sheet draws slabs and headings to the same measures. */
export const HEIGHTS: RowHeights = { slab: 46, group: 24, gap: 4 };
export const DENSE_HEIGHTS: RowHeights = { slab: 32, group: 24, gap: 2 };
export const TOUCH_HEIGHTS: RowHeights = { slab: 54, group: 24, gap: 4 };

/** Pixels above and below the window that are drawn too, so that a quick scroll shows no holes. */
const MARGIN = 500;

export type RowPlaces = {
  /** Top of each row, px from the list's first. */
  readonly tops: readonly number[];
  readonly total: number;
};

export const placeRows = (rows: readonly RackRow[], heights: RowHeights): RowPlaces => {
  const tops: number[] = [];
  let top = 0;
  for (const row of rows) {
    tops.push(top);
    top += (row.kind === 'group' ? heights.group : heights.slab) + heights.gap;
  }
  return { tops, total: Math.max(0, top - heights.gap) };
};

/** Index of the last row that begins at or above `y`; 0 when none does. */
const rowAt = (tops: readonly number[], y: number): number => {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** First row to draw, and the one after the last. */
export const rowsInWindow = (places: RowPlaces, scrollTop: number, height: number): readonly [number, number] =>
  places.tops.length === 0 ? [0, 0] : [rowAt(places.tops, scrollTop - MARGIN), rowAt(places.tops, scrollTop + height + MARGIN) + 1];

/** Where to scroll so that a row of `height` at `top` is seen whole, moving as little as possible. */
export const scrollToShow = (top: number, height: number, scrollTop: number, windowHeight: number): number =>
  top < scrollTop ? top : top + height > scrollTop + windowHeight ? top + height - windowHeight : scrollTop;

// Watches the scrolling of the list and says which of its rows to draw; changes only when the range does.
import { useEffect, useLayoutEffect, useState } from 'react';
import { rowsInWindow } from './row-window.ts';
import type { RefObject } from 'react';
import type { RowPlaces } from './row-window.ts';

const SOME = 30;

export const useRowWindow = (list: RefObject<HTMLElement | null>, places: RowPlaces): readonly [number, number] => {
  const [[from, to], setRange] = useState<readonly [number, number]>([0, SOME]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const look = (): void => {
      const next = rowsInWindow(places, element.scrollTop, element.clientHeight);
      setRange((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [list, places]);
  return [Math.min(from, places.tops.length), Math.min(to, places.tops.length)];
};

/** True on a small touch screen, where slabs are taller. */
export const useSmall = (): boolean => {
  const [small, setSmall] = useState(() => matchMedia('(max-width: 560px)').matches);
  useEffect(() => {
    const query = matchMedia('(max-width: 560px)');
    const changed = (): void => setSmall(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return small;
};

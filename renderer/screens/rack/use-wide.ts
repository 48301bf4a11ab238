// Whether there is room for the rack and a machine side by side.
import { useSyncExternalStore } from 'react';

const query = matchMedia('(min-width: 1080px)');

const subscribe = (changed: () => void): (() => void) => {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
};

export const useWide = (): boolean => useSyncExternalStore(subscribe, () => query.matches);

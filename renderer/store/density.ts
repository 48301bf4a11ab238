// Tall or dense rows in the rack: kept by this browser. Dense shows half as many machines again, for long racks.
import { create } from 'zustand';

const KEY = 'rackside.dense';

const read = (): boolean => {
  try {
    return localStorage.getItem(KEY) === 'yes';
  } catch {
    return false;
  }
};

export const useDensity = create<{ readonly dense: boolean }>(() => ({ dense: read() }));

export const setDense = (dense: boolean): void => {
  useDensity.setState({ dense });
  try {
    localStorage.setItem(KEY, dense ? 'yes' : 'no');
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the window.
  }
};

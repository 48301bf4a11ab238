// Request counters of one session: each may be used once. Requests run in parallel and overtake each other, so a window of
// recent counters is remembered instead of the highest alone (as RFC 4303 section 3.4.3 does for packets).

export type CounterWindow = {
  /** True when `accept` would accept it; uses nothing up. */
  isFresh(counter: number): boolean;
  /** True when `counter` was not used before and is not too old. */
  accept(counter: number): boolean;
  highest(): number;
};

const WINDOW = 1024;
/** @param start the highest counter of earlier runs of the station: it and everything below is refused. */
export const createCounterWindow = (start: number): CounterWindow => {
  const seen = new Set<number>();
  let highest = start;
  const floor = start;
  const isFresh = (counter: number): boolean =>
    Number.isSafeInteger(counter) && counter > floor && counter > highest - WINDOW && !seen.has(counter);
  return {
    isFresh,
    accept: (counter) => {
      if (!isFresh(counter)) return false;
      seen.add(counter);
      if (counter > highest) {
        highest = counter;
        if (seen.size > WINDOW * 2) for (const old of seen) if (old <= highest - WINDOW) seen.delete(old);
      }
      return true;
    },
    highest: () => highest,
  };
};

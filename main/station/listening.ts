// Listening: whether boot requests are answered. Switched on by a person, for a time if wished, for all machines or for listed ones;
// off after every start of the station.

export type Listening = {
  set(wish: { readonly on: boolean; readonly minutes: number | null; readonly macs: readonly string[] }): void;
  /** Whether this machine's boot request is answered now. */
  answers(mac: string): boolean;
  view(): { on: boolean; untilMs: number | null; macs?: string[] };
  stop(): void;
};

/** setTimeout counts in 31 bits: 24 days; what is longer is waited for in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Off at first. `onChange` after every change, also when the time is up. */
export const createListening = (options: { readonly now: () => number; readonly onChange: () => void }): Listening => {
  let on = false;
  let untilMs: number | null = null;
  let only: ReadonlySet<string> = new Set();
  let timer: NodeJS.Timeout | undefined;
  const isOn = (): boolean => on && (untilMs === null || options.now() < untilMs);
  const wait = (leftMs: number): void => {
    timer = setTimeout(end, Math.min(LONGEST_TIMER_MS, leftMs));
  };
  const end = (): void => {
    const leftMs = (untilMs ?? 0) - options.now();
    if (leftMs > 0) return wait(leftMs);
    on = false;
    untilMs = null;
    options.onChange();
  };
  return {
    set: (wish) => {
      clearTimeout(timer);
      on = wish.on;
      untilMs = wish.on && wish.minutes !== null ? options.now() + wish.minutes * 60_000 : null;
      only = new Set(wish.macs);
      if (untilMs !== null) wait(untilMs - options.now());
      options.onChange();
    },
    answers: (mac) => isOn() && (only.size === 0 || only.has(mac)),
    view: () => ({ on: isOn(), untilMs: isOn() ? untilMs : null, ...(isOn() && only.size > 0 ? { macs: [...only].toSorted() } : {}) }),
    stop: () => clearTimeout(timer),
  };
};

// Listening: whether boot requests are answered. Switched on by a person, for a time if wished, for all machines or for listed ones, by
// their MACs or the switch ports that they hang on; off after every start of the station.

export type ListeningWish = {
  readonly on: boolean;
  readonly minutes: number | null;
  readonly macs: readonly string[];
  readonly ports: readonly string[];
};

export type Listening = {
  set(wish: ListeningWish): void;
  /** A switch has said in a request where this machine hangs (main/dhcp/relay-port.ts). */
  hung(mac: string, ports: readonly string[]): void;
  /** Whether this machine's boot request is answered now. */
  answers(mac: string): boolean;
  view(): { on: boolean; untilMs: number | null; macs?: string[]; ports?: string[] };
  stop(): void;
};

/** setTimeout counts in 31 bits: 24 days; what is longer is waited for in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Who asks on a large network; the oldest are forgotten, and heard again at their next request. */
const MOST_HUNG = 10_000;

/** Capitals and blanks are as people happen to type them. */
const spelt = (port: string): string => port.trim().replaceAll(/\s+/g, ' ').toLowerCase();

export type ListeningOptions = {
  readonly now: () => number;
  /** After every change, also when the time is up. */
  readonly onChange: () => void;
  /** The ports at which this machine was seen before, by LLDP: each as `PORT` and as `SWITCH PORT`. */
  readonly portsOf?: (mac: string) => readonly string[];
};

/** Off at first. */
export const createListening = (options: ListeningOptions): Listening => {
  let on = false;
  let untilMs: number | null = null;
  let only: ReadonlySet<string> = new Set();
  /** As people wrote them, by how they are compared. */
  let ports: ReadonlyMap<string, string> = new Map();
  const hung = new Map<string, readonly string[]>();
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
  const isListed = (mac: string): boolean =>
    (only.size === 0 && ports.size === 0) ||
    only.has(mac) ||
    // What the switch says at this boot counts before what was read at an earlier one: a machine may have been moved.
    (ports.size > 0 && (hung.get(mac) ?? options.portsOf?.(mac) ?? []).some((port) => ports.has(spelt(port))));
  return {
    set: (wish) => {
      clearTimeout(timer);
      on = wish.on;
      untilMs = wish.on && wish.minutes !== null ? options.now() + wish.minutes * 60_000 : null;
      only = new Set(wish.macs);
      ports = new Map(wish.ports.map((port) => [spelt(port), port.trim()]));
      if (untilMs !== null) wait(untilMs - options.now());
      options.onChange();
    },
    hung: (mac, names) => {
      if (names.length === 0) return;
      hung.delete(mac);
      hung.set(mac, names);
      const [oldest] = hung.keys();
      if (hung.size > MOST_HUNG && oldest !== undefined) hung.delete(oldest);
    },
    answers: (mac) => isOn() && isListed(mac),
    view: () => ({
      on: isOn(),
      untilMs: isOn() ? untilMs : null,
      ...(isOn() && only.size > 0 ? { macs: [...only].toSorted() } : {}),
      ...(isOn() && ports.size > 0 ? { ports: [...ports.values()].toSorted() } : {}),
    }),
    stop: () => clearTimeout(timer),
  };
};

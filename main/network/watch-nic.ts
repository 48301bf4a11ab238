// Notices when the chosen interface is unplugged, comes back, loses its link or changes its address. Polling: rtnetlink is out of
// Node's reach, and one read of /sys a second costs nothing.
import { listNics, type Nic } from './nics.ts';

export type NicChange = {
  /** `replaced`: the same name on a new device (a USB adapter replugged between two looks): sockets bound to it are dead. */
  readonly what: 'unplugged' | 'plugged-in' | 'replaced' | 'link-up' | 'link-down' | 'address';
  /** As it is now; null when gone. */
  readonly nic: Nic | null;
};

export type NicWatch = { current(): Nic | null; stop(): void };

export type NicWatchOptions = {
  readonly intervalMs?: number;
  readonly read?: (name: string) => Nic | null;
  /** Calls `tick` every `intervalMs`; returns what ends that. */
  readonly every?: (tick: () => void, intervalMs: number) => () => void;
};

const readNic = (name: string): Nic | null => listNics().find((nic) => nic.name === name) ?? null;

const everyInterval = (tick: () => void, intervalMs: number): (() => void) => {
  const timer = setInterval(tick, intervalMs);
  return () => clearInterval(timer);
};

export const watchNic = (
  name: string,
  onChange: (change: NicChange) => void,
  { intervalMs = 1000, read = readNic, every = everyInterval }: NicWatchOptions = {},
): NicWatch => {
  let current = read(name);
  const stop = every(() => {
    const before = current;
    current = read(name);
    for (const what of changesBetween(before, current)) onChange({ what, nic: current });
  }, intervalMs);
  return { current: () => current, stop };
};

/** What happened between two looks, in the order in which it should be handled. Pure. */
export const changesBetween = (before: Nic | null, after: Nic | null): readonly NicChange['what'][] => {
  if (before === null) return after === null ? [] : ['plugged-in'];
  if (after === null) return ['unplugged'];
  if (before.index !== after.index) return ['replaced'];
  const link = (nic: Nic): boolean => nic.up && nic.carrier !== false;
  const changes: NicChange['what'][] = [];
  if (link(before) !== link(after)) changes.push(link(after) ? 'link-up' : 'link-down');
  // Node lists no addresses while the link is down, so their absence then says nothing.
  if (link(before) && link(after) && JSON.stringify(before.addresses) !== JSON.stringify(after.addresses)) changes.push('address');
  return changes;
};

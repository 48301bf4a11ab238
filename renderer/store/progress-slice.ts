// Fast progress by machine, in its own slice: four times a second a machine must not redraw the lists. Who shows one machine
// subscribes to that one, so a round of 500 machines calls only the few that are on the screen.
import { useCallback, useSyncExternalStore } from 'react';
import type { Progress } from '../../preload/contract/views.ts';

export type ProgressByMachine = ReadonlyMap<string, Progress>;

let byMachine: ProgressByMachine = new Map();
const listeners = new Map<string, Set<() => void>>();

export const currentProgress = (): ProgressByMachine => byMachine;

export const replaceProgress = (next: ProgressByMachine): void => {
  const before = byMachine;
  byMachine = next;
  for (const [machineId, interested] of listeners)
    if (before.get(machineId) !== next.get(machineId)) interested.forEach((listener) => listener());
};

export const onProgressOf = (machineId: string, listener: () => void): (() => void) => {
  const interested = listeners.get(machineId) ?? new Set();
  listeners.set(machineId, interested.add(listener));
  return () => {
    interested.delete(listener);
    if (interested.size === 0 && listeners.get(machineId) === interested) listeners.delete(machineId);
  };
};

export const useProgress = (machineId: string): Progress | undefined =>
  useSyncExternalStore(
    useCallback((changed: () => void) => onProgressOf(machineId, changed), [machineId]),
    () => byMachine.get(machineId),
  );

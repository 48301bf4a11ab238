// The window's copy of the station. The station is the truth; this file only says what shape the copy has, and who may
// change it: apply-events.ts, through subscription.ts.
import { create } from 'zustand';
import type { LinkState } from '../../preload/contract/pipe.ts';
import type { EventView, ImageView, JobView, MachineView, PolicyView, Progress, StationView } from '../../preload/contract/views.ts';

export type Link = LinkState | { readonly kind: 'no-key' };
export type ImportProgress = { readonly name: string; readonly bytesDone: number; readonly bytesTotal: number | null };

export type StationState = {
  readonly link: Link;
  /** Null until the first snapshot. */
  readonly station: StationView | null;
  readonly machines: ReadonlyMap<string, MachineView>;
  readonly images: ReadonlyMap<string, ImageView>;
  readonly policies: readonly PolicyView[];
  readonly jobs: ReadonlyMap<string, JobView>;
  readonly imports: ReadonlyMap<string, ImportProgress>;
  /** The latest, oldest first; at most `EVENTS_KEPT`. */
  readonly events: readonly EventView[];
};

export const EVENTS_KEPT = 2000;

export const emptyStation: StationState = {
  link: { kind: 'connecting', attempt: 1 },
  station: null,
  machines: new Map(),
  images: new Map(),
  policies: [],
  jobs: new Map(),
  imports: new Map(),
  events: [],
};

export const useStation = create<StationState>(() => emptyStation);

/** Fast progress by machine id, in its own slice: four times a second a machine must not redraw the lists. */
export const useProgressSlice = create<{ readonly byMachine: ReadonlyMap<string, Progress> }>(() => ({ byMachine: new Map() }));

export const useProgress = (machineId: string): Progress | undefined => useProgressSlice((state) => state.byMachine.get(machineId));

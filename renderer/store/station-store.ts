// The window's copy of the station. The station is the truth; this file only says what shape the copy has, and who may
// change it: apply-events.ts, through connection.ts. Fast progress is apart, in progress-slice.ts.
import { create } from 'zustand';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { FieldView } from '../../preload/contract/fields.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import type { LibraryProgress } from '../../preload/contract/library-views.ts';
import type { LinkState } from '../../preload/contract/pipe.ts';
import type { EventView, ImageView, JobView, MachineView, PolicyView, StationView } from '../../preload/contract/views.ts';

export type Link = LinkState | { readonly kind: 'no-key' };
export type ImportProgress = { readonly name: string; readonly bytesDone: number; readonly bytesTotal: number | null };

export type StationState = {
  readonly link: Link;
  /** Why the station's picture of itself did not come; null while it does. */
  readonly refused: Failure | null;
  /** Null until the first snapshot. */
  readonly station: StationView | null;
  readonly machines: ReadonlyMap<string, MachineView>;
  readonly images: ReadonlyMap<string, ImageView>;
  readonly policies: readonly PolicyView[];
  readonly fields: readonly FieldView[];
  readonly sets: readonly SetView[];
  readonly jobs: ReadonlyMap<string, JobView>;
  /** Work on the library that goes on, whoever started it; null while there is none. */
  readonly libraryProgress: LibraryProgress | null;
  readonly imports: ReadonlyMap<string, ImportProgress>;
  /** The latest, oldest first; at most `EVENTS_KEPT`. */
  readonly events: readonly EventView[];
};

export const EVENTS_KEPT = 2000;

export const emptyStation: StationState = {
  link: { kind: 'connecting', attempt: 1 },
  refused: null,
  station: null,
  machines: new Map(),
  images: new Map(),
  policies: [],
  fields: [],
  sets: [],
  jobs: new Map(),
  libraryProgress: null,
  imports: new Map(),
  events: [],
};

export const useStation = create<StationState>(() => emptyStation);

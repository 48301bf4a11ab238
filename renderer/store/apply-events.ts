// What a batch of station events makes of the window's copy. Pure: old state and events in, new state out; what no event
// touched keeps its identity, so that rows that did not change do not draw again.
import { EVENTS_KEPT } from './station-store.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { EventView, Progress } from '../../preload/contract/views.ts';
import type { StationState } from './station-store.ts';

export type Copy = { readonly state: StationState; readonly progress: ReadonlyMap<string, Progress> };

const byKey = <T>(items: readonly T[], key: (item: T) => string): Map<string, T> => new Map(items.map((item) => [key(item), item]));

const withEvent = (events: readonly EventView[], event: EventView): readonly EventView[] => {
  if (event.id <= (events.at(-1)?.id ?? -1)) return events;
  return events.length < EVENTS_KEPT ? [...events, event] : [...events.slice(1 - EVENTS_KEPT), event];
};

const isNews = (old: Progress | undefined, next: Progress): boolean =>
  old === undefined || old.jobId !== next.jobId || next.number > old.number;

/** Older progress than what is shown is dropped; a machine's progress ends with its job. */
export const applyEvents = (copy: Copy, events: readonly StationEvent[]): Copy => {
  let state = copy.state;
  let progress = copy.progress;
  // A map is copied once a batch, at its first change.
  const owned = new Set<unknown>();
  const own = <K, V>(map: ReadonlyMap<K, V>): Map<K, V> => {
    if (owned.has(map)) return map as Map<K, V>;
    const fresh = new Map(map);
    owned.add(fresh);
    return fresh;
  };
  for (const event of events) {
    switch (event.name) {
      case 'snapshot': {
        const { station, machines, images, policies, fields, sets, jobs } = event.payload;
        state = {
          ...state,
          refused: null,
          station,
          machines: byKey(machines, (machine) => machine.id),
          images: byKey(images, (image) => image.osoid),
          policies,
          fields,
          sets,
          jobs: byKey(jobs, (job) => job.id),
          imports: new Map(),
          libraryProgress: null,
        };
        progress = byKey(event.payload.progress, (one) => one.machineId);
        break;
      }
      case 'station.changed':
        state = { ...state, station: event.payload };
        break;
      case 'machine.changed': {
        const machines = own(state.machines).set(event.payload.id, event.payload);
        state = { ...state, machines };
        if (event.payload.state !== 'working' && progress.has(event.payload.id)) {
          const next = own(progress);
          next.delete(event.payload.id);
          progress = next;
        }
        break;
      }
      case 'machine.removed': {
        const machines = own(state.machines);
        machines.delete(event.payload.id);
        state = { ...state, machines };
        break;
      }
      case 'job.changed':
        state = { ...state, jobs: own(state.jobs).set(event.payload.id, event.payload) };
        break;
      case 'progress.changed':
        for (const one of event.payload) {
          if (isNews(progress.get(one.machineId), one)) progress = own(progress).set(one.machineId, one);
        }
        break;
      case 'images.changed':
        state = { ...state, images: byKey(event.payload, (image) => image.osoid) };
        break;
      case 'policies.changed':
        state = { ...state, policies: event.payload };
        break;
      case 'fields.changed':
        state = { ...state, fields: event.payload };
        break;
      case 'sets.changed':
        state = { ...state, sets: event.payload };
        break;
      case 'import.progressed': {
        const imports = own(state.imports).set(event.payload.name, event.payload);
        state = { ...state, imports };
        break;
      }
      case 'library.progressed':
        state = { ...state, libraryProgress: event.payload };
        break;
      case 'recipes.changed':
      case 'construction.changed':
        break;
      case 'event.logged':
        state = { ...state, events: withEvent(state.events, event.payload) };
        // How the work ended is told as such a line, and by nothing else.
        if (event.payload.kind.startsWith('library.')) state = { ...state, libraryProgress: null };
        break;
    }
  }
  return { state, progress };
};

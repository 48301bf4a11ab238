// Every event the station pushes to its windows. A window starts from `snapshot` and applies what comes after it.
import { z } from 'zod';
import { fieldViewSchema } from './fields.ts';
import { setViewSchema } from './image-set.ts';
import { libraryProgressSchema } from './library-views.ts';
import { constructionViewSchema, recipeViewSchema } from './recipe.ts';
import {
  eventViewSchema,
  imageViewSchema,
  jobViewSchema,
  machineViewSchema,
  policyViewSchema,
  progressSchema,
  stationViewSchema,
} from './views.ts';

export const snapshotSchema = z.object({
  station: stationViewSchema,
  machines: z.array(machineViewSchema),
  images: z.array(imageViewSchema),
  policies: z.array(policyViewSchema),
  fields: z.array(fieldViewSchema),
  sets: z.array(setViewSchema),
  jobs: z.array(jobViewSchema),
  progress: z.array(progressSchema),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export const EVENTS = {
  snapshot: snapshotSchema,
  'station.changed': stationViewSchema,
  'machine.changed': machineViewSchema,
  'machine.removed': z.object({ id: z.string() }),
  'job.changed': jobViewSchema,
  /** The newest of every job that moved on since the last time; comes in frames of its own (pipe.ts), at most four times a second. */
  'progress.changed': z.array(progressSchema),
  'images.changed': z.array(imageViewSchema),
  'policies.changed': z.array(policyViewSchema),
  /** In the order in which they are asked. */
  'fields.changed': z.array(fieldViewSchema),
  'sets.changed': z.array(setViewSchema),
  /** As `recipes.list` gives them. */
  'recipes.changed': z.array(recipeViewSchema),
  'construction.changed': constructionViewSchema,
  'import.progressed': z.object({ name: z.string(), bytesDone: z.number(), bytesTotal: z.number().nullable() }),
  'library.progressed': libraryProgressSchema,
  'event.logged': eventViewSchema,
} as const;

export type Events = typeof EVENTS;
export type EventName = keyof Events;
export type EventPayload<N extends EventName> = z.output<Events[N]>;
export type StationEvent = { [N in EventName]: { readonly name: N; readonly payload: EventPayload<N> } }[EventName];

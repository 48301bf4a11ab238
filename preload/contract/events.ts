// Every event the station pushes to its windows. A window starts from `snapshot` and applies what comes after it.
import { z } from 'zod';
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
  'progress.changed': progressSchema,
  'images.changed': z.array(imageViewSchema),
  'policies.changed': z.array(policyViewSchema),
  'import.progressed': z.object({ name: z.string(), bytesDone: z.number(), bytesTotal: z.number().nullable() }),
  'event.logged': eventViewSchema,
} as const;

export type Events = typeof EVENTS;
export type EventName = keyof Events;
export type EventPayload<N extends EventName> = z.output<Events[N]>;
export type StationEvent = { [N in EventName]: { readonly name: N; readonly payload: EventPayload<N> } }[EventName];

// Every call of the contract (preload/contract/calls.ts) as one line to the part that does it. Windows, browsers and `rackside` all
// come through here.
import { success } from '../agent/protocol/failure.ts';
import type { StationEvent } from '../preload/contract/events.ts';
import type { StationView } from '../preload/contract/views.ts';
import type { Events } from './database/events.ts';
import type { Policies } from './database/policies.ts';
import type { Sites } from './database/sites.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Catalogue } from './library/catalogue.ts';
import type { Listening } from './listening.ts';
import type { Journey } from './machines/journey.ts';
import type { Machines } from './machines/machines.ts';
import type { CallHandlers } from './pipe/pipe-server.ts';
import { placeOf, preflightFor } from './station-preflight.ts';
import type { WireOptions } from './wire-options.ts';

export type HandlerParts = {
  readonly journey: Journey;
  readonly machines: Machines;
  readonly jobs: Jobs;
  readonly policies: Policies;
  readonly events: Events;
  readonly sites: Sites;
  readonly catalogue: Catalogue;
  readonly listening: Listening;
  readonly wire: WireOptions;
  readonly libraryFolder: string;
  readonly kitFolder: string;
  view(): StationView;
  /** Tells windows that the station itself changed. */
  changed(): void;
  publish(event: StationEvent): void;
};

const later = <T>(value: T): Promise<T> => Promise.resolve(value);

export const createStationHandlers = (parts: HandlerParts): CallHandlers => {
  const { journey, machines, jobs, policies, events, sites, catalogue, listening } = parts;
  return {
    'station.get': () => later(success(parts.view())),
    'station.describe': (names) => {
      const place = sites.describe(names);
      events.log({ kind: 'station.described', text: `The site is ${place.siteName}, the operator ${place.operator}.` });
      parts.changed();
      return later(success(parts.view()));
    },
    'preflight.run': async () =>
      success(
        await preflightFor({
          ...placeOf(parts.wire),
          libraryFolder: parts.libraryFolder,
          kitFolder: parts.kitFolder,
          serving: parts.view().wire.problem === null,
        }),
      ),
    'listening.set': (wish) => {
      listening.set(wish);
      events.log({
        kind: 'listening.changed',
        text: `Listening was switched ${wish.on ? 'on' : 'off'}${wish.on && wish.minutes !== null ? ` for ${wish.minutes} minutes` : ''}.`,
      });
      return later(success(parts.view()));
    },
    'machines.list': () => later(success([...machines.list()])),
    'machines.get': ({ machineId }) => later(journey.detail(machineId)),
    'machines.approve': ({ machineId, eraseSerial, consentHash }) => later(journey.onApprove(machineId, { eraseSerial, consentHash })),
    'machines.deploy': ({ machineId, ...wish }) => later(journey.onDeployRequest(machineId, wish)),
    'machines.bootLocal': ({ machineId }) => later(journey.onBootLocal(machineId)),
    'machines.hold': ({ machineId }) => later(journey.onHold(machineId)),
    'machines.retry': ({ machineId }) => later(journey.onRetry(machineId)),
    'machines.rename': ({ machineId, name }) => later(machines.rename(machineId, name)),
    'machines.setFact': ({ machineId, fact, value }) => later(journey.onFact(machineId, fact, value)),
    'images.list': () => later(success([...catalogue.images()])),
    'images.get': ({ osoid }) => {
      const image = catalogue.find(osoid);
      return later(
        image === null
          ? {
              ok: false as const,
              failure: {
                code: 'image.unknown',
                message: `The library has no image ${osoid.slice(0, 16)}.`,
                next: 'Look at the list of images.',
              },
            }
          : success(image),
      );
    },
    'images.import': async ({ path, name, labels, notes }, { signal }) => {
      const imported = await catalogue.import({
        path,
        name,
        labels,
        notes,
        signal,
        onProgress: ({ doneBytes, totalBytes }) =>
          parts.publish({ name: 'import.progressed', payload: { name, bytesDone: doneBytes, bytesTotal: totalBytes } }),
      });
      events.log(
        imported.ok
          ? {
              kind: 'image.imported',
              text: `"${imported.value.name}" revision ${imported.value.revision} was imported: ${imported.value.osoid.slice(0, 16)}.`,
            }
          : { kind: 'image.import-failed', text: `${name}: ${imported.failure.message} (${imported.failure.code})`, level: 'warn' },
      );
      parts.changed();
      return imported;
    },
    'policies.list': () => later(success([...policies.list()])),
    'policies.add': ({ policy }) => later(policies.add(policy)),
    'policies.remove': ({ name }) => {
      const rest = policies.remove(name);
      return later(rest.ok ? success([...rest.value]) : rest);
    },
    'policies.enable': ({ name, enabled }) => later(policies.enable(name, enabled)),
    'policies.explain': ({ machineId }) => later(journey.explain(machineId)),
    'jobs.list': () => later(success([...jobs.list()])),
    'jobs.cancel': ({ jobId }) => later(journey.onCancel(jobId)),
    'events.list': (query) => later(success([...events.list(query)])),
  };
};

// Every call of the contract (preload/contract/calls.ts) as one line to the part that does it. Windows, browsers and `rackside` all
// come through here.
import { resolve } from 'node:path';
import { success } from '../../agent/protocol/failure.ts';
import type { StationView } from '../../preload/contract/views.ts';
import type { Policies } from '../database/policies.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { createFieldHandlers } from '../fields/field-handlers.ts';
import type { StationFields } from '../fields/fields.ts';
import { createLibraryHandlers } from './library-handlers.ts';
import type { LibraryParts } from './library-handlers.ts';
import type { Keeping } from '../station/kept.ts';
import type { Listening } from '../station/listening.ts';
import type { Arming } from '../journey/arming.ts';
import type { FromPeople } from '../journey/from-people.ts';
import type { Machines } from '../machines/machines.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import { readPlan } from '../plan/read-plan.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import { createPolicyHandlers } from './policy-handlers.ts';
import { readyFor } from '../ready/ready.ts';
import type { ReadyParts } from '../ready/ready.ts';
import { createRecipeHandlers } from '../recipes/recipe-handlers.ts';
import { createReportHandlers } from '../reports/report-handlers.ts';
import type { SiteReports } from '../reports/site-report.ts';
import { createArrivalHandlers } from '../travel/arrival-handlers.ts';
import type { ArrivalParts } from '../travel/arrival-handlers.ts';
import type { Constructions } from '../recipes/constructions.ts';
import type { Recipes } from '../recipes/recipes.ts';
import { createSetHandlers } from '../sets/set-handlers.ts';
import type { ImageSets } from '../sets/sets.ts';
import type { SetRuns } from '../journey/set-runs.ts';
import { placeOf, preflightFor } from '../station/preflight.ts';
import { createWireHandlers } from './wire-handlers.ts';
import type { WireHandlerParts } from './wire-handlers.ts';
import type { WireLog } from '../wire-log/wire-log.ts';
import type { WireOptions } from '../wire/options.ts';

export type HandlerParts = LibraryParts & {
  readonly journey: FromPeople;
  readonly machines: Machines;
  readonly jobs: Jobs;
  readonly policies: Policies;
  readonly recipes: Recipes;
  readonly rows: ArrivalParts['rows'];
  readonly ownKeyId: string;
  readonly reading: ReadyParts['reading'];
  readonly fields: StationFields;
  readonly constructions: Constructions;
  readonly sets: ImageSets;
  readonly setRuns: SetRuns;
  readonly listening: Listening;
  readonly arming: Arming;
  readonly wireLog: WireLog;
  readonly plan: SitePlan;
  readonly reports: SiteReports;
  wire(): WireOptions;
  serveOn: WireHandlerParts['serveOn'];
  readonly keeping: Keeping;
  readonly libraryFolder: string;
  readonly kitFolder: string;
  view(): StationView;
  /** Tells windows that the station itself changed. */
  changed(): void;
};

const later = <T>(value: T): Promise<T> => Promise.resolve(value);

export const createStationHandlers = (parts: HandlerParts): CallHandlers => {
  const { journey, machines, jobs, events, sites, catalogue, listening, arming, wireLog, plan } = parts;
  return {
    ...createLibraryHandlers(parts),
    ...createFieldHandlers(parts),
    ...createRecipeHandlers(parts),
    ...createArrivalHandlers(parts),
    'library.ready': async ({ site, path, verify }, { signal }) => {
      await parts.settled();
      let shownAtMs = 0;
      const answer = await readyFor(
        { ...parts, images: catalogue.images, kit: () => parts.view().kit },
        {
          site,
          path: path === null ? null : resolve(path),
          verify,
          signal,
          onProgress: (donePacks, totalPacks) => {
            // At most 4 times a second, and the last.
            if (parts.now() - shownAtMs < 250 && donePacks < totalPacks) return;
            shownAtMs = parts.now();
            parts.publish({ name: 'library.progressed', payload: { operation: 'verify', donePacks, totalPacks } });
          },
        },
      );
      // Windows that were shown how far it is hear by this that it has ended.
      if (verify)
        events.log(
          answer.ok
            ? { kind: 'library.looked-through', text: `Every byte for ${answer.value.siteName} was looked for: ${answer.value.verdict}.` }
            : { kind: 'library.looked-through-failed', text: `${answer.failure.message} (${answer.failure.code})`, level: 'warn' },
        );
      return answer;
    },
    ...createSetHandlers(parts),
    ...createReportHandlers(parts),
    ...createWireHandlers(parts),
    ...createPolicyHandlers(parts),
    'station.get': () => later(success(parts.view())),
    'station.describe': (names) => {
      const place = sites.describe(names);
      arming.check();
      plan.apply();
      events.log({ kind: 'station.described', text: `The site is ${place.siteName}, the operator ${place.operator}.` });
      parts.changed();
      return later(success(parts.view()));
    },
    'preflight.run': async () =>
      success(
        await preflightFor({
          ...placeOf(parts.wire()),
          libraryFolder: parts.libraryFolder,
          dataFolder: null,
          kitFolder: parts.kitFolder,
          serving: parts.view().wire.problem === null,
        }),
      ),
    'listening.set': (wish) => {
      listening.set(wish);
      const alone = [...wish.macs, ...wish.ports.map((port) => `port ${port}`)].join(', ');
      events.log({
        kind: 'listening.changed',
        text: `Listening was switched ${wish.on ? 'on' : 'off'}${wish.on && wish.minutes !== null ? ` for ${wish.minutes} minutes` : ''}${wish.on && alone !== '' ? `, for ${alone} alone` : ''}.`,
      });
      return later(success(parts.view()));
    },
    'arming.preview': () => later(success(journey.previewArming())),
    'arming.arm': (wish) => {
      const armed = journey.onArm(wish);
      return later(armed.ok ? success(parts.view()) : armed);
    },
    'arming.disarm': () => {
      arming.end(`${sites.current().operator} disarmed it`);
      return later(success(parts.view()));
    },
    'machines.list': () => later(success([...machines.list()])),
    'machines.get': ({ machineId }) => later(journey.detail(machineId)),
    'machines.approve': ({ machineId, eraseSerial, consentHash }) => later(journey.onApprove(machineId, { eraseSerial, consentHash })),
    'machines.deploy': ({ machineId, ...wish }) => later(journey.onDeployRequest(machineId, wish)),
    'machines.outlook': ({ machineId, wish }) => later(journey.outlook(machineId, wish)),
    'machines.capture': ({ machineId, ...wish }) => later(journey.onCaptureRequest(machineId, wish)),
    'machines.verify': ({ machineId, ...wish }) => later(journey.onVerifyRequest(machineId, wish)),
    'machines.bootLocal': ({ machineId }) => later(journey.onBootLocal(machineId)),
    'machines.hold': ({ machineId }) => later(journey.onHold(machineId)),
    'machines.retry': ({ machineId }) => later(journey.onRetry(machineId)),
    'machines.rename': ({ machineId, name }) => later(machines.rename(machineId, name)),
    'machines.answer': ({ machineId, values }) => later(journey.onAnswer(machineId, values)),
    'machines.setFact': ({ machineId, fact, value }) => later(journey.onFact(machineId, fact, value)),
    'machines.merge': ({ machineId, otherId }) => later(journey.onRecordChange({ kind: 'merge', machineId, otherId })),
    'machines.split': ({ machineId, values }) => later(journey.onRecordChange({ kind: 'split', machineId, values })),
    'machines.undo': ({ changeId }) => later(journey.onRecordChange({ kind: 'undo', changeId })),
    'machines.changes': () => later(success([...machines.changes.all()])),
    'plan.get': () => later(success(plan.view())),
    'plan.import': async ({ name, replace, ...file }) => {
      const read = 'text' in file ? success(file) : await readPlan(file.path);
      return read.ok ? plan.import({ name, replace, text: read.value.text }) : read;
    },
    'plan.clear': () => later(plan.clear()),
    'machines.facts': ({ machineId }) => later(machines.allFacts(machineId)),
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
    'jobs.list': () => later(success([...jobs.list()])),
    'jobs.cancel': ({ jobId }) => later(journey.onCancel(jobId)),
    'wire.list': () => later(success([...wireLog.list()])),
    'wire.get': ({ macs }) => later(success(wireLog.latest(macs))),
    'events.list': (query) => later(success([...events.list(query)])),
  };
};

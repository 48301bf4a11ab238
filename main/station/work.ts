// What machines and the station itself work at: jobs, what their agents bring to the library (captures, builds, chunks that heal it), and
// the recipes that are built here.
import { sourceOf } from '../journey/source-facts.ts';
import type { Machines } from '../machines/machines.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { createCaptures } from '../library/captures.ts';
import type { Captures } from '../library/captures.ts';
import { createHeals } from '../library/heals.ts';
import type { Heals } from '../library/heals.ts';
import { baseHasCome, constructWork } from '../recipes/construct.ts';
import { createConstructions } from '../recipes/constructions.ts';
import type { Constructions } from '../recipes/constructions.ts';
import type { Holdings } from './holdings.ts';
import type { StationOptions } from './options.ts';
import type { Rules } from './rules.ts';

export type Work = {
  readonly jobs: Jobs;
  readonly captures: Captures;
  readonly heals: Heals;
  readonly constructions: Constructions;
  /** Opens again what the last run of the station left half way. */
  resume(): Promise<void>;
  /** Before the library closes. */
  stop(): Promise<void>;
};

export type WorkOptions = Pick<StationOptions, 'publish' | 'onBug' | 'dataFolder'> &
  Pick<Holdings, 'database' | 'sites' | 'events' | 'library' | 'catalogue'> &
  Pick<Rules, 'recipes'> & {
    readonly machines: Machines;
    readonly now: () => number;
    /** A construction has ended, well or not. */
    readonly onConstructed: () => void;
  };

export const createWork = (options: WorkOptions): Work => {
  const { machines, library, catalogue, sites, events, now, publish, onBug } = options;
  const shared = { database: options.database, now, sites, events, machineName: machines.nameOf };
  const captures = createCaptures({
    library,
    catalogue,
    now,
    onBug: (error) => onBug(error, 'capture'),
    sourceOf: (job, boot) => sourceOf(machines, job, boot),
  });
  const heals = createHeals({ library, now, onBug: (error) => onBug(error, 'heal') });
  const jobs = createJobs({
    ...shared,
    onChange: (job) => {
      publish({ name: 'job.changed', payload: job });
      captures.onJob(job);
      heals.onJob(job);
    },
    onProgress: (progress) => publish({ name: 'progress.changed', payload: [progress] }),
  });
  const constructions = createConstructions({
    ...shared,
    operator: () => sites.current().operator,
    work: constructWork({ library, catalogue, scratchFolder: options.dataFolder, now }),
    mayTryAgain: baseHasCome(catalogue, options.recipes),
    onChange: (view) => publish({ name: 'construction.changed', payload: view }),
    onSettled: options.onConstructed,
    onBug: (error) => onBug(error, 'construction'),
  });
  return {
    jobs,
    captures,
    heals,
    constructions,
    resume: () => captures.resume(jobs.unfinishedImaging()),
    stop: async () => {
      await constructions.stop();
      await captures.stop();
      await heals.stop();
    },
  };
};

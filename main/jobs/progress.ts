// From the bytes of one step to the progress of a whole job, and no more often than a window can use. Pure but for the clock.
import type { JobStepName } from '../../agent/protocol/messages.ts';
import type { JobView } from '../../preload/contract/views.ts';

type Weights = readonly (readonly [JobStepName, number])[];

/** Share of a whole job that a step usually takes; compare, writing and reading back move all the bytes, and so does a capture's reading. */
const WEIGHTS: Readonly<Record<JobView['kind'], Weights>> = {
  deploy: [
    ['check', 1],
    ['void-record', 1],
    ['compare', 18],
    ['fetch-write', 50],
    ['wipe', 2],
    ['read-back', 22],
    ['settings', 1],
    ['table', 1],
    ['grow', 3],
    ['boot-entry', 1],
    ['record', 1],
  ],
  build: [
    ['check', 5],
    ['void-record', 1],
    ['script', 48],
    ['install', 48],
    ['survey', 1],
    ['identity', 1],
    ['read-send', 40],
    ['publish', 2],
    ['boot-entry', 1],
    ['record', 1],
  ],
  verify: [
    ['check', 1],
    // Only where the library is to be healed; of two lost chunks nothing, of all of them as much as the comparison.
    ['heal', 9],
    ['compare', 90],
  ],
  capture: [
    ['check', 1],
    ['survey', 3],
    ['identity', 2],
    ['read-send', 92],
    ['publish', 2],
  ],
};

/** 0 to 1 over the whole job, while `step` has done `bytesDone` of `bytesTotal`. */
export const overallFraction = (kind: JobView['kind'], step: JobStepName, bytesDone: number, bytesTotal: number): number => {
  const weights = WEIGHTS[kind];
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const index = weights.findIndex(([name]) => name === step);
  const before = weights.slice(0, Math.max(0, index)).reduce((sum, [, weight]) => sum + weight, 0);
  const within = bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : 0;
  return (before + within * (weights[index]?.[1] ?? 0)) / total;
};

/** At most four a second reach the windows (STYLE of every long call). */
export const PROGRESS_EVERY_MS = 250;

// From the bytes of one step to the progress of a whole job, and no more often than a window can use. Pure but for the clock.
import type { JobStepName } from '../../agent/protocol/messages.ts';

/** Share of a whole deploy that a step usually takes; compare, writing and reading back move all the bytes. */
const WEIGHTS: readonly (readonly [JobStepName, number])[] = [
  ['check', 1],
  ['void-record', 1],
  ['compare', 18],
  ['fetch-write', 50],
  ['wipe', 2],
  ['read-back', 22],
  ['table', 1],
  ['grow', 3],
  ['boot-entry', 1],
  ['record', 1],
];
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);

/** 0 to 1 over the whole job, while `step` has done `bytesDone` of `bytesTotal`. */
export const overallFraction = (step: JobStepName, bytesDone: number, bytesTotal: number): number => {
  const index = WEIGHTS.findIndex(([name]) => name === step);
  const before = WEIGHTS.slice(0, index).reduce((sum, [, weight]) => sum + weight, 0);
  const within = bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : 0;
  return (before + within * (WEIGHTS[index]?.[1] ?? 0)) / TOTAL;
};

/** At most four a second reach the windows (STYLE of every long call). */
export const PROGRESS_EVERY_MS = 250;

// A guard against work that grows without bound (a hostile text, a pattern that backtracks): not a measure of speed. It counts the time that
// this thread had the processor, so that what else the computer does is not counted.
import { expect } from 'vitest';

/** Runs `work`; fails when it took more than `mostSeconds`: far above what it takes, far below what it would take without a bound. */
export const expectBounded = <T>(mostSeconds: number, work: () => T): T => {
  const before = process.threadCpuUsage();
  const result = work();
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(mostSeconds);
  return result;
};

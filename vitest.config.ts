// Projects: `unit` runs anywhere; `wire` needs Linux, root and Debian's clients; `browser` needs Chromium; `electron` its runtime.
// scripts/test.ts decides which of them this machine can run and says what it skips.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const wire = ['test/wire/**/*.test.ts'];
const browser = ['test/e2e/**/*.test.ts'];
const electron = ['test/e2e/electron-real.test.ts'];
/** What boots the kit, or judges one that was built: `npm test` builds it before this suite. */
const vm = ['test/rack/vm/**/*.test.ts', 'test/bootkit/kit-drivers.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A browser on a busy computer needs more than the second that a poll has by default.
    expect: { poll: { timeout: 15_000 } },
    // One core is left free by default: on two cores that is half of the time.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...wire, ...browser, ...vm],
          // A limit for what hangs, not for what a busy computer does slowly.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      { test: { name: 'wire', include: wire, testTimeout: 180_000, hookTimeout: 60_000, fileParallelism: false } },
      {
        test: { name: 'browser', include: browser, exclude: electron, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
      },
      { test: { name: 'electron', include: electron, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      // An emulated machine has one processor: two test files at a time.
      { test: { name: 'vm', include: vm, testTimeout: 1_200_000, hookTimeout: 600_000, maxWorkers: 2 } },
    ],
  },
});

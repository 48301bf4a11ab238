// Projects: `unit` runs anywhere; `wire` needs Linux, root and Debian's clients; `browser` needs Chromium; `electron` its runtime.
// scripts/test.ts decides which of them this machine can run and says what it skips.
import { defineConfig } from 'vitest/config';

const wire = ['test/wire/**/*.test.ts'];
const browser = ['test/e2e/**/*.test.ts'];
const electron = ['test/e2e/electron-real.test.ts'];
const vm = ['test/rack/vm/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...wire, ...browser, ...vm],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'wire', include: wire, testTimeout: 180_000, hookTimeout: 60_000, fileParallelism: false } },
      {
        test: { name: 'browser', include: browser, exclude: electron, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
      },
      { test: { name: 'electron', include: electron, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'vm', include: vm, testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false } },
    ],
  },
});

// `npm test`: installs what the suites need, runs every suite that this machine can run, names those it cannot, and ends with
// one line `N passed, N failed, N skipped`. Arguments name the suites to run; none means all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWindow } from './build.ts';
import { CHECK_COUNT, runChecks } from './checks.ts';
import { canInstall, hasProgram, installPackages, isRoot, missingPackages, TEST_PACKAGES } from './host.ts';
import { KIT_PACKAGES, VM_PACKAGES } from './bootkit/host-packages.ts';
import { findElectron } from './electron-runtime.ts';

const root = join(import.meta.dirname, '..');
type Tally = { passed: number; failed: number; skipped: number };
type Suite = { readonly name: string; readonly needs: () => string | null; readonly run: () => Tally | Promise<Tally> };

const runProgram = (args: readonly string[]): boolean =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

const runVitest = (project: string): Tally => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-test-'));
  const report = join(folder, 'report.json');
  try {
    const ok = runProgram([
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
    const counts = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
      numTodoTests: number;
    };
    // A suite that ended badly without a failed test (a file that does not load, an unhandled error) is a failure too.
    const failed = counts.numFailedTests === 0 && !ok ? 1 : counts.numFailedTests;
    return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests + counts.numTodoTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const linuxRoot = (): string | null =>
  process.platform !== 'linux' ? 'needs Linux' : isRoot() ? null : 'needs root for network namespaces: run it with sudo';

const SUITES: readonly Suite[] = [
  {
    name: 'check',
    needs: () => null,
    run: () => {
      const failures = runChecks();
      return { passed: CHECK_COUNT - failures.length, failed: failures.length, skipped: 0 };
    },
  },
  {
    name: 'unit',
    needs: () => null,
    run: async () => {
      // Stations of the software rack serve the window: it is built once, before tests that run side by side.
      await buildWindow();
      return runVitest('unit');
    },
  },
  { name: 'wire', needs: linuxRoot, run: () => runVitest('wire') },
  {
    name: 'browser',
    needs: () => (hasProgram('chromium') || process.env['CHROMIUM'] ? null : 'needs Chromium'),
    run: () => runVitest('browser'),
  },
  {
    name: 'electron',
    needs: () => (findElectron() !== null ? null : 'no Electron runtime here: `npx install-electron` fetches it where the network allows'),
    run: () => runVitest('electron'),
  },
  {
    name: 'vm',
    needs: () => linuxRoot() ?? (hasProgram('qemu-system-x86_64') ? null : 'needs QEMU'),
    run: () => {
      if (!runProgram([join(root, 'scripts', 'bootkit', 'build.ts')])) return { passed: 0, failed: 1, skipped: 0 };
      return runVitest('vm');
    },
  },
];

const install = (): void => {
  if (process.platform !== 'linux') return;
  const names = [...new Set(missingPackages([...TEST_PACKAGES, ...KIT_PACKAGES, ...VM_PACKAGES]).map((entry) => entry.name))];
  if (names.length === 0) return;
  if (!canInstall()) {
    console.log(`test: not installed, and no way to install them here: ${names.join(' ')}`);
    return;
  }
  console.log(`test: installing ${names.join(' ')}`);
  if (!installPackages(names)) console.log('test: apt could not install them all; suites that need them are skipped or fail by name');
};

const main = async (): Promise<number> => {
  const wanted = process.argv.slice(2);
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  const times: string[] = [];
  install();
  for (const suite of SUITES) {
    if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
    const why = suite.needs();
    if (why !== null) {
      console.log(`\nsuite ${suite.name}: SKIPPED, ${why}`);
      total.skipped += 1;
      times.push(`${suite.name} skipped`);
      continue;
    }
    console.log(`\nsuite ${suite.name}`);
    const startedAtMs = performance.now();
    const tally = await suite.run();
    const seconds = (performance.now() - startedAtMs) / 1000;
    times.push(`${suite.name} ${seconds.toFixed(0)} s`);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
    console.log(`suite ${suite.name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds.toFixed(1)} s`);
  }
  console.log(`\ntimes: ${times.join(', ')}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};

process.exit(await main());

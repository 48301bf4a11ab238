// `npm test`: installs what the suites need, runs every suite that this machine can run, names those it cannot, and ends with
// one line `N passed, N failed, N skipped`. Arguments name the suites to run; none means all.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildWindow } from './build.ts';
import { CHECK_COUNT, runChecks } from './checks.ts';
import { canInstall, findBrowser, hasProgram, installPackages, isRoot, missingPackages, TEST_PACKAGES } from './host.ts';
import { KIT_PACKAGES, VM_PACKAGES } from './bootkit/host-packages.ts';
import { findElectron } from './electron-runtime.ts';

const root = join(import.meta.dirname, '..');
/** Counts of tests; `failures` are the names of those that failed, for the end of a long output. */
type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number; readonly failures?: readonly string[] };
/** Takes what a suite prints. */
type Print = (text: string) => void;
type Suite = { readonly name: string; readonly needs: () => string | null; readonly run: (print: Print) => Promise<Tally> };

const runProgram = (args: readonly string[], print: Print): Promise<boolean> =>
  new Promise((resolve) => {
    const program = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [program.stdout, program.stderr]) stream.setEncoding('utf8').on('data', print);
    program.on('error', () => resolve(false));
    program.on('close', (code) => resolve(code === 0));
  });

/** What is read of vitest's JSON report. */
type VitestReport = {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly VitestFile[];
};
type VitestFile = {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }[];
};

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';

/** One line a failed test, and one for a file that did not load. */
const failuresOf = (project: string, file: VitestFile): string[] => {
  const place = `${project}: ${relative(root, file.name)}`;
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && file.status === 'failed') return [`${place}: ${firstLine(file.message)}`];
  return failed.map((test) => `${place} > ${test.fullName}: ${firstLine(test.failureMessages[0] ?? '')}`);
};

const runVitest = async (project: string, print: Print): Promise<Tally> => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-test-'));
  const report = join(folder, 'report.json');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const ok = await runProgram(
      [vitest, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      print,
    );
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, failures: [`${project}: no report was written`] };
    const counts = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    const skipped = counts.numPendingTests + counts.numTodoTests;
    const failures = counts.testResults.flatMap((file) => failuresOf(project, file));
    // A suite that ended badly without a failed test (an unhandled error) is a failure too.
    if (failures.length === 0 && !ok) failures.push(`${project}: ended with an error outside its tests`);
    return { passed: counts.numPassedTests, failed: failures.length, skipped, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const linuxRoot = (): string | null =>
  process.platform !== 'linux' ? 'needs Linux' : isRoot() ? null : 'needs root for network namespaces: run it with sudo';

const check: Suite = {
  name: 'check',
  needs: () => null,
  run: () => {
    const failures = runChecks();
    return Promise.resolve({
      passed: CHECK_COUNT - failures.length,
      failed: failures.length,
      skipped: 0,
      failures: failures.map((name) => `check: ${name}`),
    });
  },
};
const unit: Suite = {
  name: 'unit',
  needs: () => null,
  run: async (print) => {
    // Stations of the software rack serve the window: it is built once, before tests that run side by side.
    await buildWindow();
    return runVitest('unit', print);
  },
};
const wire: Suite = { name: 'wire', needs: linuxRoot, run: (print) => runVitest('wire', print) };
const browser: Suite = {
  name: 'browser',
  needs: () => (findBrowser() !== null ? null : 'needs Chromium'),
  run: async (print) => {
    await buildWindow();
    return runVitest('browser', print);
  },
};
const electron: Suite = {
  name: 'electron',
  needs: () => (findElectron() !== null ? null : 'no Electron runtime here: `npx install-electron` fetches it where the network allows'),
  run: (print) => runVitest('electron', print),
};
const vm: Suite = {
  name: 'vm',
  needs: () => linuxRoot() ?? (hasProgram('qemu-system-x86_64') ? null : 'needs QEMU'),
  run: async (print) => {
    if (!(await runProgram([join(root, 'scripts', 'bootkit', 'build.ts')], print))) return { passed: 0, failed: 1, skipped: 0 };
    return runVitest('vm', print);
  },
};

/** One turn after the other; suites of one turn, which mostly wait, side by side. */
const TURNS: readonly (readonly Suite[])[] = [[check], [unit], [wire, browser], [electron], [vm]];

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

type Ended = { readonly name: string; readonly seconds: number; readonly tally: Tally };

/** Null where the suite cannot run here. */
const runSuite = async ({ name, needs, run }: Suite, print: Print): Promise<Ended | null> => {
  const why = needs();
  if (why !== null) {
    print(`\nsuite ${name}: SKIPPED, ${why}\n`);
    return null;
  }
  print(`\nsuite ${name}\n`);
  const startedAtMs = performance.now();
  const tally = await run(print);
  const seconds = (performance.now() - startedAtMs) / 1000;
  print(`suite ${name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds.toFixed(1)} s\n`);
  return { name, seconds, tally };
};

/** The first suite of a turn is read as it runs, the others once it has ended. */
const runTurn = async (suites: readonly Suite[]): Promise<readonly (Ended | null)[]> => {
  const kept = suites.map((): string[] => []);
  const ended = await Promise.all(
    suites.map((suite, index) => runSuite(suite, (text) => void (index === 0 ? process.stdout.write(text) : kept[index]?.push(text)))),
  );
  for (const texts of kept) process.stdout.write(texts.join(''));
  return ended;
};

const main = async (): Promise<number> => {
  const wanted = process.argv.slice(2);
  const names = TURNS.flat().map(({ name }) => name);
  const strange = wanted.filter((name) => !names.includes(name));
  if (strange.length > 0) {
    console.error(`test: there is no suite ${strange.join(', ')}; there are ${names.join(', ')}`);
    return 2;
  }
  install();
  const startedAtMs = performance.now();
  const times: string[] = [];
  const tallies: Tally[] = [];
  for (const turn of TURNS) {
    const suites = turn.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    for (const [index, ended] of (await runTurn(suites)).entries()) {
      times.push(ended === null ? `${suites[index]?.name} skipped` : `${ended.name} ${ended.seconds.toFixed(0)} s`);
      tallies.push(ended === null ? { passed: 0, failed: 0, skipped: 1 } : ended.tally);
    }
  }
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  const [passed, failed, skipped] = [sum((tally) => tally.passed), sum((tally) => tally.failed), sum((tally) => tally.skipped)];
  const failures = tallies.flatMap((tally) => tally.failures ?? []);
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((line) => `  ${line}`).join('\n')}`);
  console.log(`\ntimes: ${times.join(', ')}; all ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
};

process.exit(await main());

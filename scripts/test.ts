// `npm test`: installs what the suites need, runs every suite that this machine can run, names those it cannot, and ends with
// one line `N passed, N failed, N skipped`. Arguments name the suites to run; none means all.
import { join } from 'node:path';
import { buildWindow } from './build.ts';
import { CHECK_COUNT, runChecks } from './checks.ts';
import { canInstall, findBrowser, hasProgram, installPackages, isRoot, missingPackages, TEST_PACKAGES } from './host.ts';
import { KIT_PACKAGES, VM_PACKAGES } from './bootkit/host-packages.ts';
import { findElectron } from './electron-runtime.ts';
import { againAlone, root, runProgram, runVitest } from './run-vitest.ts';
import type { Failure, Print, Tally } from './run-vitest.ts';

type Suite = { readonly name: string; readonly needs: () => string | null; readonly run: (print: Print) => Promise<Tally> };

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
      failures: failures.map((name) => ({ line: `check: ${name}`, project: 'check', file: null })),
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

const tell = (head: string, failures: readonly Failure[]): void => {
  if (failures.length > 0) console.log(`\n${head}:\n${failures.map(({ line }) => `  ${line}`).join('\n')}`);
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
  const failures = tallies.flatMap((tally) => tally.failures ?? []);
  const unsteady = await againAlone(failures, (text) => void process.stdout.write(text));
  const passed = sum((tally) => tally.passed) + unsteady.length;
  const [failed, skipped] = [sum((tally) => tally.failed) - unsteady.length, sum((tally) => tally.skipped)];
  tell(
    'failed',
    failures.filter((failure) => !unsteady.includes(failure)),
  );
  tell('unsteady: failed, and passed when the file was run again alone', unsteady);
  console.log(`\ntimes: ${times.join(', ')}; all ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
};

process.exit(await main());

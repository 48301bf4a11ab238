// One project of vitest as a process of its own: what it prints goes on as it comes, what it counted is read from its report.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..');
/** Takes what a suite prints. */
export type Print = (text: string) => void;
/** `line` is for the end of a long output; `file` is null where no test file can be named. */
export type Failure = { readonly line: string; readonly project: string; readonly file: string | null };
/** Counts of tests. */
export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number; readonly failures?: readonly Failure[] };

/** True where it ended with 0. */
export const runProgram = (args: readonly string[], print: Print): Promise<boolean> =>
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

/** One a failed test, and one for a file that did not load. */
const failuresOf = (project: string, { name, status, message, assertionResults }: VitestFile): Failure[] => {
  const file = relative(root, name);
  const place = `${project}: ${file}`;
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && status === 'failed') return [{ line: `${place}: ${firstLine(message)}`, project, file: null }];
  return failed.map((test) => ({ line: `${place} > ${test.fullName}: ${firstLine(test.failureMessages[0] ?? '')}`, project, file }));
};

/** Without files: all of the project. */
export const runVitest = async (project: string, print: Print, files: readonly string[] = []): Promise<Tally> => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-test-'));
  const report = join(folder, 'report.json');
  const nameless = (why: string): Failure => ({ line: `${project}: ${why}`, project, file: null });
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const said: string[] = [];
    const ok = await runProgram(
      [vitest, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
      (text) => {
        said.push(text);
        print(text);
      },
    );
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, failures: [nameless('no report was written')] };
    const counts = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    const skipped = counts.numPendingTests + counts.numTodoTests;
    const failures = counts.testResults.flatMap((file) => failuresOf(project, file));
    // The report knows of no error outside the tests, and such an error is a failure of its own.
    if ((failures.length === 0 && !ok) || /caught \d+ unhandled error/.test(said.join('')))
      failures.push(nameless('ended with an error outside its tests'));
    return { passed: counts.numPassedTests, failed: failures.length, skipped, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** More than these are no accident of a busy computer. */
const UNSTEADY_MOST = 2;

/**
 * Those of a run's few failures whose file passes when it is run once more with nothing beside it (ADR 0033). What fails again, more
 * failures than a few, and what no test file can be named for stay failed.
 */
export const againAlone = async (failures: readonly Failure[], print: Print): Promise<readonly Failure[]> => {
  if (failures.length > UNSTEADY_MOST) return [];
  const unsteady: Failure[] = [];
  for (const failure of failures) {
    if (failure.file === null) continue;
    print(`\nonce more, alone: ${failure.line}\n`);
    const { passed, failed } = await runVitest(failure.project, print, [failure.file]);
    if (failed === 0 && passed > 0) unsteady.push(failure);
  }
  return unsteady;
};

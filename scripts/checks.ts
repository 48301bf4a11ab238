// Types, lint with types, format, dead code. Prints the time of each and stops at nothing, so that one run shows every complaint.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['tsc', '-b', '--pretty']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['oxfmt', '--check', '.']],
  ['dead code', ['knip']],
];

export const CHECK_COUNT = CHECKS.length;

/** Runs every check; the names of those that failed. */
export const runChecks = (): readonly string[] => {
  const failures: string[] = [];
  for (const [name, [program = '', ...args]] of CHECKS) {
    const startedAtMs = performance.now();
    const result = spawnSync(join(root, 'node_modules', '.bin', program), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (result.status !== 0) failures.push(name);
    console.log(
      `check: ${name} ${result.status === 0 ? 'passed' : 'FAILED'} in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`,
    );
  }
  return failures;
};
